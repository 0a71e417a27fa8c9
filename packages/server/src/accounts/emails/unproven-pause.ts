import { createHash } from 'node:crypto'
import type { PoolClient } from 'pg'
import sql from 'sql-template-tag'

/** Five in a day, and the first of each further account up to ten: its owner may sign up after a stranger has. */
const mailsMax = { inAll: 5, firstOfAccount: 10 }

/**
 * Counts a mail to an address that an account has and nobody has proven, whichever accounts had it. Accounts and their
 * links may be gone by then, so each mail is a row of `verification`.
 *
 * @returns seconds until one may be sent; 0: now, and it is counted
 */
export async function unprovenPause(transaction: PoolClient, accountId: string, email: string): Promise<number> {
  const identifier = `account-mail ${createHash('sha256').update(email).digest('hex')}`
  // Not the account's id alone: links for new passwords have that, and are deleted by it.
  const sender = `account ${accountId}`
  // Accounts that ask at the same time count each other.
  await transaction.query(sql`select pg_advisory_xact_lock(hashtextextended(${`holdfast.email ${email}`}, 0))`)
  await transaction.query(sql`delete from verification where identifier = ${identifier} and "expiresAt" <= now()`)
  const { rows } = await transaction.query<{ count: number; own: number; seconds: number }>(sql`
    select count(*)::integer as count, (count(*) filter (where value = ${sender}))::integer as own,
           coalesce(ceil(extract(epoch from min("expiresAt") - now())), 0)::integer as seconds
      from verification where identifier = ${identifier}`)
  const { count = 0, own = 0, seconds = 0 } = rows[0] ?? {}
  if (count >= (own === 0 ? mailsMax.firstOfAccount : mailsMax.inAll)) return Math.max(1, seconds)
  await transaction.query(sql`
    insert into verification (identifier, value, "expiresAt", "createdAt", "updatedAt")
    values (${identifier}, ${sender}, now() + interval '1 day', now(), now())`)
  return 0
}
