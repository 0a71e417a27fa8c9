import { type HeldMembership, prepared, promptly } from '@holdfast/engine'
import { LRUCache } from 'lru-cache'
import type { Pool, QueryConfig } from 'pg'
import sql, { type Sql } from 'sql-template-tag'
import { storedSessionToken } from './hashed-session-tokens.ts'
import type { JwtClaims } from './jwt-verifier.ts'
import { type Rights, type RightsRow, type RightsSource, rightsInDatabase } from './rights-source.ts'

/** A caller who is signed in. */
export type AccountPrincipal = {
  kind: 'account'
  accountId: string
  email: string
  name: string
  siteAdministrator: boolean
  memberships: HeldMembership[]
  /** When an authenticator's code, a recovery code or a passkey was last shown in the session; null: never. */
  secondFactorAt: Date | null
  /**
   * Where a site administrator needs one: everywhere, or in the clinics with these numbers, whose roles need one.
   * Nowhere for everybody else.
   */
  administrationNeedsSecondFactor: 'everywhere' | number[]
  /** Whether the account may have rights in a clinic that could not be read; undefined: all were read. */
  isUnread?: (clinicNo: number) => boolean
}

/** A principal, and the session that identified it. */
export type SignedIn = {
  principal: AccountPrincipal
  sessionId: string
  /** Somebody else knows the password, so nothing but changing it is allowed. */
  mustChangePassword: boolean
}

export type Principals = {
  /** null if the session is unknown, expired, idle for too long or revoked. */
  bySession(token: string): Promise<SignedIn | null>
  /** null if the account or the JWT's session is gone, or the account's JWTs were revoked after this one was issued. */
  byJwt(claims: JwtClaims): Promise<SignedIn | null>
  /**
   * Call this after this process changed an account's memberships, name or sessions. The next request reads them
   * again.
   */
  forget(accountId: string): Promise<void> | undefined
  /** Call this after this process ended a session, and {@link Principals.forget} if its account is known. */
  forgetSession(token: string): void
}

/** Tells the other processes which accounts to read again. Accounts are named by digests. */
export type Revocations = {
  digestOf(accountId: string): string
  /** Resolves when the other processes were notified, or after a short time in which they could not be. */
  publish(digest: string): Promise<void>
  /** `onGap`: revocations may have been missed. */
  follow(onRevoked: (digest: string) => void, onGap: () => void): void
}

/** The time without a request after which a session ends. */
export type IdleLimits = {
  patientSeconds: number
  /** The limit for members of clinics and site administrators. */
  staffSeconds: number
}

/**
 * How long a principal is cached. A session or role that this process revokes ends at once. One that another process
 * revokes ends here after at most this time, and at once if it is published.
 */
const principalCacheMs = 3_000
const cachedMax = 20_000
/** Longer than any query. */
const forgottenMs = 60_000

/** The seconds without a request after which an account's sessions end. */
export function idleSecondsMax(
  { siteAdministrator, memberships, isUnread }: AccountPrincipal,
  limits: IdleLimits,
): number {
  const mayHaveRole = siteAdministrator || memberships.length > 0 || isUnread !== undefined
  return mayHaveRole ? limits.staffSeconds : limits.patientSeconds
}

/** How often the last use of a session is written. Idle times are longer by up to this. */
const useWrittenSeconds = 60

type Found = SignedIn & { expiresAtMs: number; tokensValidFrom: number }
type Entry = { found: Promise<Found | null>; queryNo: number; digest?: string }

type Row = RightsRow & {
  email: string
  name: string
  session_id: string
  second_factor_at: Date | null
  expires_at: Date
  idle_seconds: number
  tokens_valid_from: number
  must_change_password: boolean
}

/**
 * Resolves session tokens and JWTs to principals with one prepared query each, and what `rights` reads besides, cached
 * for {@link principalCacheMs}. Concurrent misses share a query. A session that is used is marked so at most once in
 * {@link useWrittenSeconds}.
 *
 * @param pool connected with `search_path=auth`
 */
export function createPrincipals(
  pool: Pool,
  idle: IdleLimits,
  siteAdministratorsNeedSecondFactor: boolean,
  options: { revocations?: Revocations | null; cacheMs?: number; rights?: RightsSource } = {},
): Principals {
  const { revocations = null, cacheMs = principalCacheMs } = options
  const rights: RightsSource = options.rights ?? rightsInDatabase
  const statements = signedInBy(rights)
  const cache = new LRUCache<string, Entry>({ max: cachedMax, ttl: cacheMs })
  // Queries are numbered: the result of one that began before its account was forgotten is discarded.
  let queryNo = 0
  const forgottenNo = new LRUCache<string, number>({ max: cachedMax, ttl: forgottenMs })
  revocations?.follow(
    (digest) => forgottenNo.set(digest, queryNo),
    () => cache.clear(),
  )

  function entryOf(key: string, load: () => Promise<Found | null>): Entry {
    const known = cache.get(key)
    if (known !== undefined) return known
    queryNo += 1
    const entry = { found: load(), queryNo }
    cache.set(key, entry)
    // A failed query is not cached.
    entry.found.catch(() => cache.peek(key) === entry && cache.delete(key))
    return entry
  }

  function isForgotten(accountId: string, entry: Entry): boolean {
    if ((forgottenNo.get(accountId) ?? 0) >= entry.queryNo) return true
    if (revocations === null) return false
    entry.digest ??= revocations.digestOf(accountId)
    return (forgottenNo.get(entry.digest) ?? 0) >= entry.queryNo
  }

  async function cached(key: string, load: () => Promise<Found | null>): Promise<Found | null> {
    let entry = entryOf(key, load)
    let found = await entry.found
    if (found !== null && isForgotten(found.principal.accountId, entry)) {
      if (cache.peek(key) === entry) cache.delete(key)
      entry = entryOf(key, load)
      found = await entry.found
    }
    return found !== null && found.expiresAtMs > Date.now() ? found : null
  }

  async function load(condition: QueryConfig): Promise<Found | null> {
    const { rows } = await promptly(pool.query<Row>(condition))
    const row = rows[0]
    if (row === undefined) return null
    const found = foundIn(row, await rights.rightsIn(row), siteAdministratorsNeedSecondFactor)
    if (row.idle_seconds > idleSecondsMax(found.principal, idle)) return null
    if (row.idle_seconds > useWrittenSeconds) markUsed(pool, row.session_id)
    return found
  }

  return {
    bySession: (token) => cached(`session:${token}`, () => load(statements.byToken(token))),
    async byJwt(claims) {
      const { accountId, sessionId, issuedAt } = claims
      const found = await cached(`jwt:${accountId}:${sessionId}`, () => load(statements.byId(accountId, sessionId)))
      return found !== null && issuedAt >= found.tokensValidFrom ? found : null
    },
    forget(accountId) {
      forgottenNo.set(accountId, queryNo)
      return revocations?.publish(revocations.digestOf(accountId))
    },
    forgetSession(token) {
      cache.delete(`session:${token}`)
    },
  }
}

/** The statements that read the account of a session, with what `rights` needs. */
function signedInBy({ name, tables, columns }: RightsSource) {
  const signedIn = (session: Sql): Sql =>
    // `iat` of a JWT has no fractions of a second, so neither has the time it is compared with.
    sql`
      with account as materialized (
        select u.id as account_id, u.email, u.name,
               s.id::text as session_id, s."secondFactorAt" as second_factor_at, s."expiresAt" as expires_at,
               extract(epoch from now() - s."updatedAt")::float8 as idle_seconds,
               coalesce(floor(extract(epoch from u."tokensValidFrom")), 0)::float8 as tokens_valid_from,
               coalesce(u."mustChangePassword", false) as must_change_password
          from session s join "user" u on u.id = s."userId"
         where s."expiresAt" > now() and ${session}
      ), ${tables}
      select account.*, ${columns} from account`
  return {
    byToken: (token: string): QueryConfig =>
      prepared(`${name}_by_session`, signedIn(sql`s.token = ${storedSessionToken(token)}`)),
    byId: (accountId: string, sessionId: string): QueryConfig =>
      prepared(`${name}_by_jwt`, signedIn(sql`s.id = ${sessionId} and s."userId" = ${accountId}`)),
  }
}

/** This is not awaited: a request must not fail because this did. The next one writes it then. */
function markUsed(pool: Pool, sessionId: string): void {
  const statement = sql`
    update session set "updatedAt" = now()
     where id = ${sessionId} and "updatedAt" < now() - make_interval(secs => ${useWrittenSeconds})`
  pool.query(statement).catch(() => undefined)
}

function foundIn(
  row: Row,
  { memberships, secondFactorClinicNos, isUnread }: Rights,
  siteAdministratorsNeedSecondFactor: boolean,
): Found {
  const isEverywhere = row.site_administrator && siteAdministratorsNeedSecondFactor
  return {
    principal: {
      kind: 'account',
      accountId: row.account_id,
      email: row.email,
      name: row.name,
      siteAdministrator: row.site_administrator,
      memberships,
      secondFactorAt: row.second_factor_at,
      administrationNeedsSecondFactor: isEverywhere ? 'everywhere' : secondFactorClinicNos,
      ...(isUnread === null ? {} : { isUnread }),
    },
    sessionId: row.session_id,
    mustChangePassword: row.must_change_password,
    expiresAtMs: row.expires_at.getTime(),
    tokensValidFrom: row.tokens_valid_from,
  }
}
