import { createHash, randomBytes } from 'node:crypto'
import { inTransaction, normalizedEmail } from '@holdfast/engine'
import type { MessageLanguage } from '@holdfast/vocabulary'
import type { Pool, PoolClient } from 'pg'
import sql, { type Sql } from 'sql-template-tag'
import { isUniqueViolation } from '../is-unique-violation.ts'
import { undoHours } from '../notices/long-proven-address.ts'
import { secondFactorsRemoved } from '../second-factors/second-factors.ts'
import type { Principals } from '../sessions/principals.ts'
import type { RightsSource } from '../sessions/rights-source.ts'
import {
  addressConfirmed,
  addressProven,
  endingSignIns,
  endSessions,
  isLiveSession,
  mailedResetsVoided,
  passwordRemoved,
  passwordResetsVoided,
} from '../sessions/sessions.ts'
import { unprovenPause } from './unproven-pause.ts'

/** A link, and the address that it proves. */
export type EmailLink = { email: string; token: string }

export type EmailLinkOutcome =
  | ({ kind: 'created' } & EmailLink)
  /** The account has confirmed its address already. */
  | { kind: 'confirmed' }
  | { kind: 'too_soon'; retryAfterSeconds: number }
  /** The caller's session has ended meanwhile. */
  | { kind: 'ended' }

/**
 * `sessionId`: of the caller, which must not have ended; null: the request needs none. `network`: of the request; null:
 * unknown.
 */
export type EmailLinkRequest = {
  newEmail: string | null
  language: MessageLanguage
  sessionId: string | null
  network: string | null
}

export type EmailLinkUse =
  | { kind: 'link_used' }
  /** The caller's session has ended meanwhile. */
  | { kind: 'ended' }
  | { kind: 'confirmed'; email: string }
  | ({ kind: 'changed' } & EmailChange)

/** What the earlier address may do about a change. */
export type EmailUndo =
  | { kind: 'link'; token: string }
  /** A link to an address before that one is valid, and now for {@link undoHours} again: it takes the account back. */
  | { kind: 'earlier_address' }
  /** A new account had it, and nobody had proven it. */
  | { kind: 'none' }

export type EmailChange = { email: string; previous: string; undo: EmailUndo; language: MessageLanguage }

/** Links with which an account's person proves that they have an e-mail address, once. */
export type EmailLinks = {
  emailStatus(accountId: string): Promise<{ email: string; isConfirmed: boolean }>
  /**
   * A link for an e-mail to `newEmail`, or, if that is null, to the address that the account has. At most five are sent
   * in a day, with growing pauses, and to an address that nobody has proven, as many as `unprovenPause` allows; to a
   * `newEmail`, three in a day, then the first of each other account up to ten, and the first of each other network up
   * to thirty. `store` stores the e-mail in the same transaction.
   */
  createEmailLink(
    accountId: string,
    request: EmailLinkRequest,
    store: (transaction: PoolClient, link: EmailLink) => Promise<void>,
  ): Promise<EmailLinkOutcome>
  /**
   * Confirms the account's address, or changes it to the one that the link was sent to. Only for the account that asked
   * for the link: somebody who only reads the mailbox confirms nothing for a stranger, who knows the password. `store`
   * stores the notice to the earlier address in the same transaction.
   */
  useEmailLink(
    caller: { accountId: string; sessionId: string },
    token: string,
    store: (transaction: PoolClient, change: EmailChange) => Promise<void>,
  ): Promise<EmailLinkUse>
  /**
   * The account has its earlier address again, and nothing that somebody with its password may have set up: its
   * sessions and calendar feeds end, the password becomes invalid, and second factors are removed; of an account with a
   * role, those of the three days before. Links of later changes become void, and never those of earlier ones. false:
   * the link is not valid any more.
   *
   * @param accountId see {@link EmailLinks.byEmailUndo}
   */
  undoEmailChange(accountId: string, token: string): Promise<boolean>
  /** The account that a link takes its earlier address back for; null: the link is not known any more. */
  byEmailUndo(token: string): Promise<{ accountId: string; isValid: boolean } | null>
  /** Whether somebody may still take the address back. Nobody else may have it meanwhile. */
  isEmailReserved(email: string): Promise<boolean>
}

type Purpose = 'confirm' | 'change' | 'undo'

export const emailLinkHours = 24
const hourMs = 3_600_000
/** The pauses after one mail, after two, and so on. */
const pauseMinutes = [1, 5, 60, 240]
const mailsMax = pauseMinutes.length + 1
/** A person with many accounts must not fill a stranger's mailbox, or keep its owner from getting a link. */
const changesToAddressMax = { inAll: 3, firstOfAccount: 10, firstOfNetwork: 30 }

/** @param pool connected with `search_path=auth` */
export function createEmailLinks(
  pool: Pool,
  principals: Pick<Principals, 'forget'>,
  { hasRole }: Pick<RightsSource, 'hasRole'>,
): EmailLinks {
  return {
    async emailStatus(accountId) {
      const { rows } = await pool.query<{ email: string; isConfirmed: boolean }>(
        sql`select email, "emailVerified" as "isConfirmed" from "user" where id = ${accountId}`,
      )
      return rows[0] ?? { email: '', isConfirmed: false }
    },
    createEmailLink: (accountId, request, store) =>
      inTransaction(pool, async (transaction) => {
        const link = await create(transaction, accountId, request)
        if (link.kind === 'created') await store(transaction, link)
        return link
      }),
    async useEmailLink({ accountId, sessionId }, token, store) {
      const use = await inTransaction(pool, async (transaction) => {
        const use = await used(transaction, { accountId, sessionId, token, hasRole })
        if (use.kind !== 'changed') return use
        // Nobody had proven the earlier address.
        const isLimited = use.undo.kind === 'none'
        if (!isLimited || (await unprovenPause(transaction, { accountId, email: use.previous, network: null })) === 0)
          await store(transaction, use)
        return use
      }).catch(linkUsed)
      await principals.forget(accountId)
      return use
    },
    async undoEmailChange(accountId, token) {
      const isDone = await endingSignIns(pool, accountId, (transaction) =>
        undo(transaction, { accountId, token, hasRole }),
      ).catch((error: unknown) => linkUsed(error).kind !== 'link_used')
      await principals.forget(accountId)
      return isDone
    },
    async byEmailUndo(token) {
      const { rows } = await pool.query<{ accountId: string; isValid: boolean }>(sql`
        select "userId"::text as "accountId", "expiresAt" > now() as "isValid" from "emailLink"
         where "tokenHash" = ${digestOf(token)} and purpose = 'undo'`)
      return rows[0] ?? null
    },
    async isEmailReserved(email) {
      const { rows } = await pool.query<{ found: boolean }>(
        sql`select exists (select from "emailLink" where email = ${normalizedEmail(email)} and purpose = 'undo'
                       and "expiresAt" > now()) as found`,
      )
      return rows[0]?.found ?? false
    },
  }
}

/**
 * Whether a link is still valid. One that changes an address is not while another account has the address, or may take
 * it back.
 *
 * @param pool of the application role
 */
export async function isEmailLinkValid(pool: Pool, token: string): Promise<boolean> {
  const { rowCount } = await pool.query(sql`
    select from auth."emailLink" l
     where l."tokenHash" = ${digestOf(token)} and l."expiresAt" > now()
       and (l.purpose <> 'change' or not exists (
         select from auth."user" u where u.email = l.email
          union all
         select from auth."emailLink" r where r.email = l.email and r.purpose = 'undo' and r."expiresAt" > now()))`)
  return rowCount === 1
}

/** Voids a link that could not be sent. Idempotent. @param pool of the application role */
export async function voidEmailLink(pool: Pool, token: string): Promise<void> {
  await pool.query(sql`delete from auth."emailLink" where "tokenHash" = ${digestOf(token)}`)
}

async function create(
  transaction: PoolClient,
  accountId: string,
  { newEmail, language, sessionId, network }: EmailLinkRequest,
): Promise<EmailLinkOutcome> {
  // If there are two at the same time, the second waits and counts the first.
  const { rows } = await transaction.query<{ email: string; isConfirmed: boolean }>(sql`
    update "user" set language = ${language} where id = ${accountId}
    returning email, "emailVerified" as "isConfirmed"`)
  const [account] = rows
  if (account === undefined || (newEmail === null && account.isConfirmed)) return { kind: 'confirmed' }
  if (sessionId !== null && !(await isLiveSession(transaction, accountId, sessionId))) return { kind: 'ended' }
  const email = newEmail === null ? account.email : normalizedEmail(newEmail)
  const ownPause = await pauseSeconds(transaction, accountId)
  if (ownPause > 0 && newEmail === null) return { kind: 'too_soon', retryAfterSeconds: ownPause }
  const pause =
    newEmail === null
      ? await unprovenPause(transaction, { accountId, email, network })
      : await addressPause(transaction, { accountId, email, network })
  const retryAfterSeconds = Math.max(ownPause, pause)
  if (retryAfterSeconds > 0) return { kind: 'too_soon', retryAfterSeconds }
  const purpose = newEmail === null ? 'confirm' : 'change'
  const token = await stored(transaction, accountId, { email, purpose, network })
  return { kind: 'created', email, token }
}

type Using = Pick<RightsSource, 'hasRole'> & { accountId: string; token: string }

async function used(
  transaction: PoolClient,
  { accountId, sessionId, token, hasRole }: Using & { sessionId: string },
): Promise<EmailLinkUse> {
  await transaction.query(sql`select from "user" where id = ${accountId} for no key update`)
  // Whoever has reset the password has ended the sessions: no change of the address may follow from them.
  if (!(await isLiveSession(transaction, accountId, sessionId))) return { kind: 'ended' }
  const { rows } = await transaction.query<{
    purpose: Purpose
    email: string
    previous: string
    isProven: boolean
    isOwned: boolean
    language: MessageLanguage | null
  }>(sql`
    select l.purpose, l.email, u.email as previous, u.language, u."emailVerified" as "isProven",
           (u."emailVerified" or u."createdAt" < now() - interval '1 day') as "isOwned"
      from "emailLink" l join "user" u on u.id = l."userId"
     where l."tokenHash" = ${digestOf(token)} and l."userId" = ${accountId} and l."expiresAt" > now()
       and l.purpose in ('confirm', 'change')`)
  const [link] = rows
  if (link === undefined) return { kind: 'link_used' }
  const { purpose, email, previous, isProven, isOwned, language } = link
  if (purpose === 'confirm') {
    if (email !== previous) return { kind: 'link_used' }
    await transaction.query(addressConfirmed(accountId))
  } else {
    await transaction.query(sql`select auth.change_address(${digestOf(token)})`)
    // They went to the earlier address.
    await transaction.query(mailedResetsVoided(accountId))
  }
  await transaction.query(voided(accountId))
  await transaction.query(addressProven(accountId))
  if (purpose === 'confirm') return { kind: 'confirmed', email }
  // Somebody who signs up with a typing error in the address must not lose the account to a stranger who has that
  // address.
  const isOfClinic = await hasRole(transaction, accountId)
  const undo =
    isOwned || isOfClinic
      ? await undoFor(transaction, { accountId, previous, isProven, isOfClinic })
      : ({ kind: 'none' } as const)
  return { kind: 'changed', email, previous, undo, language: language ?? 'en' }
}

/**
 * A thief's second change must not give the thief's first address a right like that of the owner's address. An owner
 * who has changed the address, too, has as long as after the first change to take it back; but an address that nobody
 * had proven is reserved once: a stranger who signed up with it must not keep its owner from it for ever.
 */
async function undoFor(
  transaction: PoolClient,
  {
    accountId,
    previous,
    isProven,
    isOfClinic,
  }: Record<'accountId' | 'previous', string> & Record<'isProven' | 'isOfClinic', boolean>,
): Promise<EmailUndo> {
  const { rowCount } = await transaction.query(sql`
    update "emailLink"
       set "expiresAt" = case when "isProven" or ${isOfClinic} then now() + make_interval(hours => ${undoHours})
                              else "expiresAt" end
     where "userId" = ${accountId} and purpose = 'undo' and "expiresAt" > now()`)
  if (rowCount !== 0) return { kind: 'earlier_address' }
  return { kind: 'link', token: await stored(transaction, accountId, { email: previous, purpose: 'undo', isProven }) }
}

/** A link of an earlier change, whose token only its mail has. */
export type EmailUndoLink = { id: string; accountId: string; isProven: boolean }

/** @returns the token of a second link that does the same as this one, for as long */
export async function copyEmailUndo(transaction: PoolClient, { id }: EmailUndoLink): Promise<string> {
  const token = newToken()
  await transaction.query(sql`
    insert into "emailLink" ("userId", "tokenHash", email, purpose, "sentAt", "expiresAt", "isProven")
    select "userId", ${digestOf(token)}, email, purpose, "sentAt", "expiresAt", "isProven" from "emailLink"
     where id = ${id}`)
  return token
}

/** @returns false: the link was used meanwhile */
async function undo(transaction: PoolClient, { accountId, token, hasRole }: Using): Promise<boolean> {
  const { rows } = await transaction.query<{ sentAt: Date }>(sql`
    select l."sentAt" from "emailLink" l
     where l."tokenHash" = ${digestOf(token)} and l.purpose = 'undo' and l."expiresAt" > now()
       and l."userId" = ${accountId}`)
  const [link] = rows
  if (link === undefined) return false
  await transaction.query(sql`select auth.change_address(${digestOf(token)})`)
  await transaction.query(voided(accountId))
  await transaction.query(sql`
    delete from "emailLink" l using "emailLink" this
     where this."tokenHash" = ${digestOf(token)} and l."userId" = this."userId" and l.purpose = 'undo'
       and l."sentAt" >= this."sentAt"`)
  await transaction.query(passwordResetsVoided(accountId))
  await transaction.query(passwordRemoved(accountId))
  // Second factors that a clinic's member set up before are kept: access to the mailbox alone must not remove them.
  const isOfClinic = await hasRole(transaction, accountId)
  const since = isOfClinic ? new Date(link.sentAt.getTime() - undoHours * hourMs) : undefined
  await secondFactorsRemoved(transaction, accountId, since)
  await endSessions(transaction, accountId)
  return true
}

/** How long until the account may get another mail; 0: it may. */
async function pauseSeconds(transaction: PoolClient, accountId: string): Promise<number> {
  const { rows } = await transaction.query<{ count: number; seconds: number; secondsOfFirst: number }>(sql`
    select count(*)::integer as count, coalesce(extract(epoch from now() - max("sentAt")), 0)::float8 as seconds,
           coalesce(extract(epoch from now() - min("sentAt")), 0)::float8 as "secondsOfFirst"
      from "emailLink"
     where "userId" = ${accountId} and purpose <> 'undo' and "expiresAt" > now() and "tokenHash" not like 'void:%'`)
  const { count = 0, seconds = 0, secondsOfFirst = 0 } = rows[0] ?? {}
  if (count === 0) return 0
  if (count >= mailsMax) return Math.ceil(emailLinkHours * 3600 - secondsOfFirst)
  return Math.max(0, Math.ceil((pauseMinutes[count - 1] ?? 0) * 60 - seconds))
}

/** How long until a mail about a change may go to an address that somebody else may have; 0: it may. */
async function addressPause(
  transaction: PoolClient,
  { accountId, email, network }: { accountId: string; email: string; network: string | null },
): Promise<number> {
  // Accounts that ask at the same time count each other.
  await transaction.query(sql`select pg_advisory_xact_lock(hashtextextended(${`holdfast.email ${email}`}, 0))`)
  const { rows } = await transaction.query<{ count: number; own: number; ofNetwork: number; seconds: number }>(sql`
    select count(*)::integer as count, (count(*) filter (where "userId" = ${accountId}))::integer as own,
           (count(*) filter (where network = ${network}))::integer as "ofNetwork",
           coalesce(extract(epoch from now() - min("sentAt")), 0)::float8 as seconds
      from "emailLink" where email = ${email} and purpose = 'change' and "expiresAt" > now()`)
  const { count = 0, own = 0, ofNetwork = 0, seconds = 0 } = rows[0] ?? {}
  const { inAll, firstOfAccount, firstOfNetwork } = changesToAddressMax
  const isFirstOfNetwork = network !== null && ofNetwork === 0
  const max = own > 0 ? inAll : isFirstOfNetwork ? firstOfNetwork : firstOfAccount
  return count < max ? 0 : Math.ceil(emailLinkHours * 3600 - seconds)
}

/** The account's links work no more. Links of changes stay until they expire: mails to an address are counted. */
function voided(accountId: string): Sql {
  return sql`
    with deleted as (delete from "emailLink" where "userId" = ${accountId} and purpose = 'confirm')
    update "emailLink" set "tokenHash" = 'void:' || id where "userId" = ${accountId} and purpose = 'change'`
}

type NewEmailLink = { email: string; purpose: Purpose; network?: string | null; isProven?: boolean | null }

async function stored(
  transaction: PoolClient,
  accountId: string,
  { email, purpose, network = null, isProven = null }: NewEmailLink,
): Promise<string> {
  const token = newToken()
  const hours = purpose === 'undo' ? undoHours : emailLinkHours
  await transaction.query(sql`
    insert into "emailLink" ("userId", "tokenHash", email, purpose, "sentAt", "expiresAt", network, "isProven")
    values (${accountId}, ${digestOf(token)}, ${email}, ${purpose}, now(), now() + make_interval(hours => ${hours}),
      ${network}, ${isProven})`)
  return token
}

function newToken(): string {
  return randomBytes(24).toString('base64url')
}

function digestOf(token: string): string {
  return createHash('sha256').update(`email-link:${token}`).digest('base64url')
}

/** Meanwhile another account has the address. */
function linkUsed(error: unknown): { kind: 'link_used' } {
  if (isUniqueViolation(error)) return { kind: 'link_used' }
  throw error
}
