import {
  accountClinics,
  DatabaseUnavailable,
  isConnectionLost,
  isLoginRefused,
  promptly,
  pruneAccountClinic,
  rolesInShard,
  secondFactorClinics,
} from '@holdfast/engine'
import type { Pool } from 'pg'
import sql from 'sql-template-tag'
import { accountOfStatement, type Rights, type RightsRow, type RightsSource } from './rights-source.ts'

/** What reads the roles of some clinics. */
type RoleShard = { pools: { general: Pool }; rest: { freshness: { breaker: { check(): void } } } }

export type RoleShards = {
  all(): readonly RoleShard[]
  /** Where a clinic is that may be new. */
  find(clinicNo: number): RoleShard | Promise<RoleShard>
  /** Where a clinic is that a request has named. */
  of(clinicNo: number): RoleShard
}

type Found = RightsRow & { clinic_nos: number[] }

/**
 * The directory knows in which clinics an account may have a role, and the databases of these clinics know which. So an
 * account without roles is read from the directory alone, and a database that does not respond concerns the rights in
 * its own clinics: they are unread, and nobody has them until they are read.
 *
 * @param directory where the accounts are
 */
export function rightsInShards(directory: Pool, shards: RoleShards): RightsSource<Found> {
  /** @returns null: the shard does not respond */
  async function readIn<Result>(shard: RoleShard, read: (pool: Pool) => Promise<Result>): Promise<Result | null> {
    try {
      // At once while the shard is known to be away.
      shard.rest.freshness.breaker.check()
      return await promptly(read(shard.pools.general))
    } catch (error) {
      if (isConnectionLost(error) || isLoginRefused(error)) return null
      throw error
    }
  }

  /** @returns null: the clinic is in a shard that was added since this server started */
  async function shardOf(clinicNo: number): Promise<RoleShard | null> {
    try {
      return await shards.find(clinicNo)
    } catch (error) {
      if (error instanceof DatabaseUnavailable) return null
      throw error
    }
  }

  /** @returns the roles, those of these shards that do not respond, and the clinics whose shard is not known */
  async function rolesIn(accountId: string, clinicNos: readonly number[]) {
    const unread = new Set<RoleShard>()
    const located = await Promise.all(clinicNos.map(async (clinicNo) => ({ clinicNo, shard: await shardOf(clinicNo) })))
    const found = located.flatMap(({ clinicNo, shard }) => (shard === null ? [] : [{ clinicNo, shard }]))
    const unlocated = new Set(located.filter(({ shard }) => shard === null).map(({ clinicNo }) => clinicNo))
    const byShard = Map.groupBy(found, ({ shard }) => shard)
    const roles = await Promise.all(
      Array.from(byShard, async ([shard, ofShard]) => {
        const known = ofShard.map(({ clinicNo }) => clinicNo)
        const held = await readIn(shard, (pool) => rolesInShard(pool, accountId, known))
        if (held === null) unread.add(shard)
        else prune(accountId, shard, new Set(known).difference(new Set(held.map(({ clinicNo }) => clinicNo))))
        return held ?? []
      }),
    )
    return { roles: roles.flat().toSorted((one, other) => one.clinicNo - other.clinicNo), unread, unlocated }
  }

  /** It is not awaited: it is repeated when the account is read again. */
  function prune(accountId: string, { pools }: RoleShard, clinicNos: Iterable<number>): void {
    for (const clinicNo of clinicNos) {
      pruneAccountClinic(directory, pools.general, { accountId, clinicNo }).catch(() => undefined)
    }
  }

  async function needingIn(all: readonly RoleShard[]) {
    const unread = new Set<RoleShard>()
    const found = await Promise.all(
      all.map(async (shard) => {
        const clinicNos = await readIn(shard, secondFactorClinics)
        if (clinicNos === null) unread.add(shard)
        return clinicNos ?? []
      }),
    )
    return { clinicNos: found.flat(), unread }
  }

  async function rightsIn({ account_id, site_administrator, clinic_nos }: Found): Promise<Rights> {
    const [held, needing] = await Promise.all([
      rolesIn(account_id, clinic_nos),
      needingIn(site_administrator ? shards.all() : []),
    ])
    const unread = held.unread.union(needing.unread)
    const mayBeHeld = new Set(clinic_nos)
    const isUnread = (clinicNo: number) =>
      held.unlocated.has(clinicNo) ||
      ((site_administrator || mayBeHeld.has(clinicNo)) && unread.has(shards.of(clinicNo)))
    return {
      memberships: held.roles.filter(({ clinicNo }) => !isUnread(clinicNo)),
      secondFactorClinicNos: needing.clinicNos,
      isUnread: unread.size + held.unlocated.size === 0 ? null : isUnread,
    }
  }

  return {
    name: 'sharded_principal',
    ...accountClinics(accountOfStatement),
    rightsIn,
    async hasRole(transaction, accountId) {
      const { tables, columns } = accountClinics(accountOfStatement)
      const { rows } = await transaction.query<Omit<Found, 'account_id'>>(sql`
        with account as (select ${accountId}::uuid as account_id), ${tables} select ${columns}`)
      const [found] = rows
      if (found === undefined) throw new Error('A query without conditions returned no row.')
      if (found.site_administrator || found.clinic_nos.length === 0) return found.site_administrator
      // A role that cannot be read may be there: second factors of a clinic's people are not removed by mistake.
      const { roles, unread, unlocated } = await rolesIn(accountId, found.clinic_nos)
      return roles.length + unread.size + unlocated.size > 0
    },
  }
}
