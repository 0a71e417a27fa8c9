import { createHash } from 'node:crypto'
import type { PoolClient } from 'pg'
import sql from 'sql-template-tag'

/**
 * Five in a day, then the first of each further account up to ten, and the first of each further network up to thirty:
 * its owner may sign up after strangers have, with as many accounts as they like.
 */
const mailsMax = { inAll: 5, firstOfAccount: 10, firstOfNetwork: 30 }

/** `network`: of the request for the mail; null: unknown, or there was none. */
export type UnprovenMail = { accountId: string; email: string; network: string | null }

/**
 * Counts a mail to an address that an account has and nobody has proven, whichever accounts had it. Accounts and their
 * links may be gone by then, so each mail is a row of `verification`.
 *
 * @returns seconds until one may be sent; 0: now, and it is counted
 */
export async function unprovenPause(
  transaction: PoolClient,
  { accountId, email, network }: UnprovenMail,
): Promise<number> {
  const identifier = `account-mail ${createHash('sha256').update(email).digest('hex')}`
  // Not the account's id alone: links for new passwords have that, and are deleted by it.
  const sender = `account ${accountId}`
  // Accounts that ask at the same time count each other.
  await transaction.query(sql`select pg_advisory_xact_lock(hashtextextended(${`holdfast.email ${email}`}, 0))`)
  await transaction.query(sql`delete from verification where identifier = ${identifier} and "expiresAt" <= now()`)
  const { rows } = await transaction.query<{ count: number; own: number; ofNetwork: number; seconds: number }>(sql`
    select count(*)::integer as count,
           (count(*) filter (where starts_with(value, ${sender})))::integer as own,
           (count(*) filter (where split_part(value, ' from ', 2) = ${network}))::integer as "ofNetwork",
           coalesce(ceil(extract(epoch from min("expiresAt") - now())), 0)::integer as seconds
      from verification where identifier = ${identifier}`)
  const { count = 0, own = 0, ofNetwork = 0, seconds = 0 } = rows[0] ?? {}
  const isFirstOfNetwork = network !== null && ofNetwork === 0
  const { inAll, firstOfAccount, firstOfNetwork } = mailsMax
  const max = own > 0 ? inAll : isFirstOfNetwork ? firstOfNetwork : firstOfAccount
  if (count >= max) return Math.max(1, seconds)
  const asked = network === null ? sender : `${sender} from ${network}`
  await transaction.query(sql`
    insert into verification (identifier, value, "expiresAt", "createdAt", "updatedAt")
    values (${identifier}, ${asked}, now() + interval '1 day', now(), now())`)
  return 0
}
