import { createHash, randomBytes } from 'node:crypto'
import { inTransaction, normalizedEmail } from '@holdfast/engine'
import type { BetterAuthPlugin } from 'better-auth'
import type { Pool, PoolClient } from 'pg'
import sql from 'sql-template-tag'
import type { SignInMark } from '../marked-account.ts'
import type { ChangeNotices, StoreChangeNotice } from '../notices/change-notices.ts'
import { areRecentRemovable, isLongProven, recentSince } from '../notices/long-proven-address.ts'
import { listPasskeys } from '../second-factors/passkeys.ts'
import { secondFactorsRemoved } from '../second-factors/second-factors.ts'
import type { Principals } from '../sessions/principals.ts'
import type { RightsSource } from '../sessions/rights-source.ts'
import {
  type AlsoWrite,
  addressConfirmed,
  addressProven,
  endingSignIns,
  endSessions,
  passwordRemoved,
  passwordResetsVoided,
} from '../sessions/sessions.ts'
import type { Passwords } from './passwords.ts'
import { storePassword } from './stored-passwords.ts'

export type PasswordLink = { token: string; expiresAt: Date }

/** `email`: the address of the account, whose row is locked. */
export type MailedPasswordLink = PasswordLink & { accountId: string; email: string }

export type StorePasswordMail = (transaction: PoolClient, link: MailedPasswordLink) => Promise<void>

/** Links with which an account's person can choose a new password once, within 24 hours. */
export type PasswordLinks = {
  /**
   * Creates a link for the operator to pass on. Whoever has the account loses it: its sessions end, its password
   * becomes invalid, and earlier links are void. The link is void after another one, after the use of any, and when a
   * change of the address is undone.
   */
  createPasswordReset(accountId: string, alsoWrite?: AlsoWrite): Promise<PasswordLink>
  /**
   * Creates a link for an e-mail to an address. Anybody can ask for one, so it voids no other. null: no account has the
   * address, or it has three links that are valid, or the last one is too recent. The pause grows with each. `store`
   * stores the e-mail in the same transaction.
   *
   * Locks: the row of `user`. If the account gets another address meanwhile, the request is none of its person's.
   */
  createMailedPasswordReset(email: string, store: StorePasswordMail): Promise<MailedPasswordLink | null>
  /** The account of a link; null: there is no such link any more. */
  byPasswordReset(token: string): Promise<{ id: string; email: string; name: string } | null>
  /**
   * Sets the password, voids the account's links and ends its sessions. A link from an e-mail proves that the person
   * has the address. If nothing did before, a stranger may have signed up: second factors are removed. If the account
   * has had the address for long, those of the last three days are, unless the account has an older one, or had one
   * within these days: whoever knew the password may have added them.
   * `store` stores the notice of the change.
   */
  resetPassword(token: string, newPassword: string, store: StoreChangeNotice): Promise<ResetPasswordOutcome>
}

/** `passkeys`: the names of those that the account has afterwards. `mark`: the account's then. */
export type ResetPasswordOutcome = { kind: 'done'; passkeys: string[]; mark: SignInMark } | { kind: 'link_used' }

/** Tells the links of e-mails from those that the operator passes on, which prove nothing about the address. */
export const passwordLinkColumns = {
  id: 'holdfast-password-links',
  schema: {
    verification: { fields: { mailedAt: { type: 'date', required: false, input: false, returned: false } } },
  },
} satisfies BetterAuthPlugin

const linkHours = 24
const mailedMax = 3
/** The pauses after one mail and after two. */
const pauseMinutes = [2, 60]

/**
 * Keeps links in the accounts library's table of tokens. Only digests of tokens are stored. The library's own reset is
 * not used: it consumes the link, changes the password and ends sessions in separate transactions.
 *
 * @param pool connected with `search_path=auth`
 */
export function createPasswordLinks(
  pool: Pool,
  passwords: Pick<Passwords, 'hash'>,
  principals: Pick<Principals, 'forget'>,
  { hasRole }: Pick<RightsSource, 'hasRole'>,
  notices: ChangeNotices,
): PasswordLinks {
  return {
    async createPasswordReset(accountId, alsoWrite) {
      const link = await endingSignIns(pool, accountId, async (transaction) => {
        await transaction.query(passwordResetsVoided(accountId))
        await transaction.query(passwordRemoved(accountId))
        await endSessions(transaction, accountId)
        await alsoWrite?.(transaction)
        return stored(transaction, accountId, { isMailed: false })
      })
      await principals.forget(accountId)
      return link
    },
    createMailedPasswordReset: (address, store) =>
      inTransaction(pool, async (transaction) => {
        // If there are two at the same time, the second waits and counts the first. After waiting, PostgreSQL compares
        // the address again.
        const { rows } = await transaction.query<{ accountId: string; email: string }>(sql`
          select id::text as "accountId", email from "user"
           where email = ${normalizedEmail(address)} for no key update`)
        const [account] = rows
        if (account === undefined || !(await isDue(transaction, account.accountId))) return null
        const link = { ...account, ...(await stored(transaction, account.accountId, { isMailed: true })) }
        await store(transaction, link)
        return link
      }),
    async byPasswordReset(token) {
      const { rows } = await pool.query<{ id: string; email: string; name: string }>(sql`
        select u.id::text, u.email, u.name from verification v join "user" u on u.id = v.value::uuid
         where v.identifier = ${identifierOf(token)} and v."expiresAt" > now()`)
      return rows[0] ?? null
    },
    async resetPassword(token, newPassword, store) {
      const account = await this.byPasswordReset(token)
      if (account === null) return { kind: 'link_used' }
      const hash = await passwords.hash(newPassword)
      const outcome = await endingSignIns(pool, account.id, async (transaction, mark) => {
        const outcome = await withLink(transaction, { accountId: account.id, token, hash, mark, hasRole })
        if (outcome.kind === 'link_used') return outcome
        const { areFactorsRemoved, ...done } = outcome
        await notices.note(transaction, account.id, { change: 'password', areFactorsRemoved, store })
        return done
      })
      await principals.forget(account.id)
      return outcome
    },
  }
}

/** Whether a link is still valid. @param pool of the application role */
export async function isPasswordResetValid(pool: Pool, token: string): Promise<boolean> {
  const { rowCount } = await pool.query(sql`
    select from auth.verification where identifier = ${identifierOf(token)} and "expiresAt" > now()`)
  return rowCount === 1
}

/** Voids a link that could not be sent. Idempotent. @param pool of the application role */
export async function voidPasswordReset(pool: Pool, token: string): Promise<void> {
  await pool.query(sql`delete from auth.verification where identifier = ${identifierOf(token)}`)
}

type LinkUse = Pick<RightsSource, 'hasRole'> & {
  accountId: string
  token: string
  hash: string
  mark: SignInMark
}

type UsedLink = (ResetPasswordOutcome & { kind: 'done'; areFactorsRemoved: boolean }) | { kind: 'link_used' }

/** `link_used`: meanwhile. */
async function withLink(
  transaction: PoolClient,
  { accountId, token, hash, mark, hasRole }: LinkUse,
): Promise<UsedLink> {
  const { rows } = await transaction.query<{ isMailed: boolean }>(sql`
    delete from verification where identifier = ${identifierOf(token)} and "expiresAt" > now()
    returning "mailedAt" is not null as "isMailed"`)
  const [link] = rows
  if (link === undefined) return { kind: 'link_used' }
  await storePassword(transaction, accountId, hash)
  const areFactorsRemoved = link.isMailed && (await proveAddress(transaction, accountId, hasRole))
  await transaction.query(sql`update "user" set "mustChangePassword" = false where id = ${accountId}`)
  await transaction.query(passwordResetsVoided(accountId))
  await endSessions(transaction, accountId)
  // Read before the commit: nothing may fail between it and the response.
  const passkeys = await listPasskeys(transaction, accountId)
  return { kind: 'done', passkeys: passkeys.map(({ name }) => name), mark, areFactorsRemoved }
}

type Proof = { isConfirmed: boolean; isLongProven: boolean; recentSince: Date; areRecentRemovable: boolean }

/**
 * The person has the mailbox. If nothing had proven that before, a stranger may have owned the account, and what they
 * set up must not outlast them. An account with a role keeps its factors then: the person who was invited has signed in
 * to it, and otherwise somebody who can only read the mailbox would get past the second factor of a clinic's people.
 *
 * From an address that the account has had for long, second factors of the last three days are removed, also of an
 * account with a role: whoever stole the password may have added them, so that the owner cannot sign in any more.
 * Before the first factor, the mailbox was enough. If the account has or had an older factor, it was not, and whoever
 * added the recent ones had shown it: they are kept.
 *
 * docs/decisions/0013-second-factors-beside-the-library.md
 *
 * @returns whether second factors were removed
 */
async function proveAddress(
  transaction: PoolClient,
  accountId: string,
  hasRole: RightsSource['hasRole'],
): Promise<boolean> {
  await transaction.query(addressProven(accountId))
  const { rows } = await transaction.query<Proof>(sql`
    select u."emailVerified" as "isConfirmed", ${isLongProven} as "isLongProven", ${recentSince} as "recentSince",
           ${areRecentRemovable} as "areRecentRemovable"
      from "user" u where u.id = ${accountId}`)
  const [before] = rows
  if (before === undefined) throw new Error('An account was not found while its row was locked.')
  if (before.isLongProven)
    return before.areRecentRemovable && secondFactorsRemoved(transaction, accountId, before.recentSince)
  if (before.isConfirmed) return false
  await transaction.query(addressConfirmed(accountId))
  return !(await hasRole(transaction, accountId)) && secondFactorsRemoved(transaction, accountId)
}

/** Whether the account may get another mail. */
async function isDue(transaction: PoolClient, accountId: string): Promise<boolean> {
  const { rows } = await transaction.query<{ count: number; minutes: number }>(sql`
    select count(*)::integer as count, (extract(epoch from now() - max("mailedAt")) / 60)::float8 as minutes
      from verification where value = ${accountId} and "mailedAt" is not null and "expiresAt" > now()`)
  const { count = 0, minutes = 0 } = rows[0] ?? {}
  return count === 0 || (count < mailedMax && minutes >= (pauseMinutes[count - 1] ?? 0))
}

async function stored(
  transaction: PoolClient,
  accountId: string,
  { isMailed }: { isMailed: boolean },
): Promise<PasswordLink> {
  const token = randomBytes(24).toString('base64url')
  const { rows } = await transaction.query<{ expiresAt: Date }>(sql`
    insert into verification (identifier, value, "expiresAt", "mailedAt", "createdAt", "updatedAt")
    values (${identifierOf(token)}, ${accountId}, now() + make_interval(hours => ${linkHours}),
      case when ${isMailed}::boolean then now() end, now(), now())
    returning "expiresAt"`)
  if (rows[0] === undefined) throw new Error('An insert returned no row.')
  return { token, expiresAt: rows[0].expiresAt }
}

/** The identifier that the accounts library stored, so that links from before an upgrade stay valid. */
function identifierOf(token: string): string {
  return createHash('sha256').update(`reset-password:${token}`).digest('base64url')
}
