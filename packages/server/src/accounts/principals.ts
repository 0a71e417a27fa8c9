import type { Membership, Role } from '@holdfast/engine'
import { LRUCache } from 'lru-cache'
import type { Pool } from 'pg'
import type { AccountPrincipal } from '../edge/principal.ts'

export type Principals = {
  /** Who a session token speaks for; null: expired, revoked or never made. */
  bySession(token: string): Promise<AccountPrincipal | null>
  /** Who an account is now; null: no such account. */
  byAccount(accountId: string): Promise<AccountPrincipal | null>
  /** An account's memberships, name or sessions were changed through this process: the next request asks anew. */
  forget(accountId: string): void
  /** A session was ended through this process. */
  forgetSession(token: string): void
}

/**
 * How long an answer is believed. What is revoked in this process counts at once; what another process revoked (a
 * session, a role) counts here after at most this long.
 */
const principalCacheMs = 3_000
const cachedMax = 20_000

type Found = { principal: AccountPrincipal; expiresAtMs: number | null }
type Entry = { found: Promise<Found | null>; askedNo: number }

const accountColumns = `
  u.id::text as account_id, u.email, u.name,
  exists (select from holdfast.site_administrator a where a.account_id = u.id) as site_administrator,
  coalesce((
    select json_agg(json_build_object(
      'clinicNo', m.clinic_no, 'clinicId', c.id, 'accountId', m.account_id, 'role', m.role, 'doctorId', m.doctor_id)
      order by m.clinic_no)
    from holdfast.membership m join holdfast.clinic c on c.no = m.clinic_no
    where m.account_id = u.id), '[]'::json) as memberships`

type Row = {
  account_id: string
  email: string
  name: string
  site_administrator: boolean
  memberships: { clinicNo: number; clinicId: string; accountId: string; role: Role; doctorId: string | null }[]
  expires_at: Date | null
}

/**
 * Turns session tokens and account ids into principals with one prepared query each, remembered for
 * {@link principalCacheMs}; simultaneous misses share a query.
 *
 * @param pool connected with `search_path=auth`
 */
export function createPrincipals(pool: Pool): Principals {
  const cache = new LRUCache<string, Entry>({ max: cachedMax, ttl: principalCacheMs })
  // Questions are numbered: an answer to one asked before its account was forgotten is not believed.
  let askedNo = 0
  const forgottenNo = new LRUCache<string, number>({ max: cachedMax, ttl: 60_000 })

  function entryOf(key: string, load: () => Promise<Found | null>): Entry {
    const cached = cache.get(key)
    if (cached !== undefined) return cached
    askedNo += 1
    const entry = { found: load(), askedNo }
    cache.set(key, entry)
    // A lost database is not an answer to remember.
    entry.found.catch(() => cache.peek(key) === entry && cache.delete(key))
    return entry
  }

  async function remembered(key: string, load: () => Promise<Found | null>): Promise<AccountPrincipal | null> {
    let entry = entryOf(key, load)
    let found = await entry.found
    if (found !== null && (forgottenNo.get(found.principal.accountId) ?? 0) >= entry.askedNo) {
      if (cache.peek(key) === entry) cache.delete(key)
      entry = entryOf(key, load)
      found = await entry.found
    }
    if (found === null || (found.expiresAtMs !== null && found.expiresAtMs <= Date.now())) return null
    return found.principal
  }

  return {
    bySession: (token) =>
      remembered(`session:${token}`, () =>
        ask(
          pool,
          'principal_by_session',
          `select ${accountColumns}, s."expiresAt" as expires_at
           from session s join "user" u on u.id = s."userId" where s.token = $1 and s."expiresAt" > now()`,
          token,
        ),
      ),
    byAccount: (accountId) =>
      remembered(`account:${accountId}`, () =>
        ask(
          pool,
          'principal_by_account',
          `select ${accountColumns}, null::timestamptz as expires_at from "user" u where u.id = $1`,
          accountId,
        ),
      ),
    forget(accountId) {
      forgottenNo.set(accountId, askedNo)
    },
    forgetSession(token) {
      cache.delete(`session:${token}`)
    },
  }
}

async function ask(pool: Pool, name: string, text: string, value: string): Promise<Found | null> {
  const { rows } = await pool.query<Row>({ name, text, values: [value] })
  const row = rows[0]
  if (row === undefined) return null
  const memberships: Membership[] = row.memberships
  return {
    principal: {
      kind: 'account',
      accountId: row.account_id,
      email: row.email,
      name: row.name,
      siteAdministrator: row.site_administrator,
      memberships,
    },
    expiresAtMs: row.expires_at?.getTime() ?? null,
  }
}
