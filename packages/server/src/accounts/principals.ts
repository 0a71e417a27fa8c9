import { accountRights, type Membership, prepared } from '@holdfast/engine'
import { LRUCache } from 'lru-cache'
import type { Pool, QueryConfig } from 'pg'
import sql from 'sql-template-tag'

/** A caller who is signed in. */
export type AccountPrincipal = {
  kind: 'account'
  accountId: string
  email: string
  name: string
  siteAdministrator: boolean
  memberships: Membership[]
}

export type Principals = {
  /** The account of a session token; null if the session is unknown, expired or revoked. */
  bySession(token: string): Promise<AccountPrincipal | null>
  /** The current state of an account; null if there is none. */
  byAccount(accountId: string): Promise<AccountPrincipal | null>
  /**
   * Call this after this process changed an account's memberships, name or sessions. The next request reads them
   * again.
   */
  forget(accountId: string): void
  /** Call this after this process ended a session. */
  forgetSession(token: string): void
}

/**
 * How long a principal is cached. A session or role that this process revokes ends at once; one that another process
 * revokes ends here after at most this time.
 */
const principalCacheMs = 3_000
const cachedMax = 20_000

type Found = { principal: AccountPrincipal; expiresAtMs: number | null }
type Entry = { found: Promise<Found | null>; queryNo: number }

type Row = {
  account_id: string
  email: string
  name: string
  site_administrator: boolean
  memberships: Membership[]
  expires_at: Date | null
}

/**
 * Resolves session tokens and account ids to principals with one prepared query each, cached for
 * {@link principalCacheMs}. Concurrent misses share a query.
 *
 * @param pool connected with `search_path=auth`
 */
export function createPrincipals(pool: Pool): Principals {
  const cache = new LRUCache<string, Entry>({ max: cachedMax, ttl: principalCacheMs })
  // Queries are numbered: the result of one that began before its account was forgotten is discarded.
  let queryNo = 0
  const forgottenNo = new LRUCache<string, number>({ max: cachedMax, ttl: 60_000 })

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

  async function cached(key: string, load: () => Promise<Found | null>): Promise<AccountPrincipal | null> {
    let entry = entryOf(key, load)
    let found = await entry.found
    if (found !== null && (forgottenNo.get(found.principal.accountId) ?? 0) >= entry.queryNo) {
      if (cache.peek(key) === entry) cache.delete(key)
      entry = entryOf(key, load)
      found = await entry.found
    }
    if (found === null || (found.expiresAtMs !== null && found.expiresAtMs <= Date.now())) return null
    return found.principal
  }

  return {
    bySession: (token) => cached(`session:${token}`, () => queryPrincipal(pool, accountOfSession(token))),
    byAccount: (accountId) => cached(`account:${accountId}`, () => queryPrincipal(pool, accountById(accountId))),
    forget(accountId) {
      forgottenNo.set(accountId, queryNo)
    },
    forgetSession(token) {
      cache.delete(`session:${token}`)
    },
  }
}

const accountColumns = sql`u.id::text as account_id, u.email, u.name, ${accountRights(sql`u.id`)}`

function accountOfSession(token: string): QueryConfig {
  const statement = sql`
    select ${accountColumns}, s."expiresAt" as expires_at
      from session s join "user" u on u.id = s."userId"
     where s.token = ${token} and s."expiresAt" > now()`
  return prepared('principal_by_session', statement)
}

function accountById(accountId: string): QueryConfig {
  const statement = sql`
    select ${accountColumns}, null::timestamptz as expires_at from "user" u where u.id = ${accountId}`
  return prepared('principal_by_account', statement)
}

async function queryPrincipal(pool: Pool, query: QueryConfig): Promise<Found | null> {
  const { rows } = await pool.query<Row>(query)
  const row = rows[0]
  if (row === undefined) return null
  return {
    principal: {
      kind: 'account',
      accountId: row.account_id,
      email: row.email,
      name: row.name,
      siteAdministrator: row.site_administrator,
      memberships: row.memberships,
    },
    expiresAtMs: row.expires_at?.getTime() ?? null,
  }
}
