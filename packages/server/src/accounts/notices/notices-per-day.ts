import { createHash } from 'node:crypto'
import type { PoolClient } from 'pg'
import sql from 'sql-template-tag'

/**
 * Counts a notice to an account's person: each is a row of `verification` for a day. For a transaction that has locked
 * the row of `user`, so that two at the same time count each other.
 *
 * @param notice `kind`: with how many of which others it is counted. `about`: what is announced once a day
 * @returns whether it may be sent
 */
export async function countNotice(
  transaction: PoolClient,
  accountId: string,
  { kind, about, perDayMax }: { kind: string; about: string; perDayMax: number },
): Promise<boolean> {
  const value = `${kind} ${accountId}`
  await transaction.query(sql`delete from verification where value = ${value} and "expiresAt" <= now()`)
  const identifier = createHash('sha256').update(`${value} ${about}`).digest('base64url')
  const { rowCount } = await transaction.query(sql`
    insert into verification (identifier, value, "expiresAt", "createdAt", "updatedAt")
    select ${identifier}, ${value}, now() + interval '1 day', now(), now()
     where not exists (select from verification where identifier = ${identifier})
       and (select count(*) from verification where value = ${value}) < ${perDayMax}`)
  return rowCount === 1
}
