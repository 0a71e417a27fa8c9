import {
  accountClinics,
  isConnectionLost,
  isShardMoved,
  promptly,
  pruneAccountClinic,
  rolesInPlace,
  secondFactorClinics,
} from '@holdfast/engine'
import type { Pool } from 'pg'
import sql from 'sql-template-tag'
import { accountOfStatement, type Rights, type RightsRow, type RightsSource } from './rights-source.ts'

/** What reads the roles of some clinics. */
type RolePlace = { pools: { general: Pool }; rest: { freshness: { breaker: { check(): void } } } }

export type RolePlaces = {
  all(): readonly RolePlace[]
  of(clinicNo: number): RolePlace
}

type Found = RightsRow & { clinic_nos: number[] }

/**
 * On Citus, the coordinator knows in which clinics an account may have a role, and the places of these clinics know
 * which. So an account without roles is read from the coordinator alone, and a place that does not respond concerns the
 * rights in its own clinics: they are unread, and nobody has them until they are read.
 *
 * @param coordinator where the accounts are
 */
export function rightsInPlaces(coordinator: Pool, places: RolePlaces): RightsSource<Found> {
  /** @returns null: the place does not respond */
  async function readIn<Result>(place: RolePlace, read: (pool: Pool) => Promise<Result>): Promise<Result | null> {
    try {
      // At once while the place is known to be away.
      place.rest.freshness.breaker.check()
      return await promptly(read(place.pools.general))
    } catch (error) {
      if (isConnectionLost(error) || isShardMoved(error)) return null
      throw error
    }
  }

  /** @returns the roles, and those of these places that do not respond */
  async function rolesIn(accountId: string, clinicNos: readonly number[]) {
    const unread = new Set<RolePlace>()
    const roles = await Promise.all(
      Array.from(Map.groupBy(clinicNos, places.of), async ([place, known]) => {
        const found = await readIn(place, (pool) => rolesInPlace(pool, accountId, known))
        if (found === null) unread.add(place)
        else prune(accountId, place, new Set(known).difference(new Set(found.map(({ clinicNo }) => clinicNo))))
        return found ?? []
      }),
    )
    return { roles: roles.flat().toSorted((one, other) => one.clinicNo - other.clinicNo), unread }
  }

  /** Not awaited: it is repeated when the account is read again. */
  function prune(accountId: string, { pools }: RolePlace, clinicNos: Iterable<number>): void {
    for (const clinicNo of clinicNos) {
      pruneAccountClinic(coordinator, pools.general, { accountId, clinicNo }).catch(() => undefined)
    }
  }

  async function needingIn(all: readonly RolePlace[]) {
    const unread = new Set<RolePlace>()
    const found = await Promise.all(
      all.map(async (place) => {
        const clinicNos = await readIn(place, secondFactorClinics)
        if (clinicNos === null) unread.add(place)
        return clinicNos ?? []
      }),
    )
    return { clinicNos: found.flat(), unread }
  }

  async function rightsIn({ account_id, site_administrator, clinic_nos }: Found): Promise<Rights> {
    const [held, needing] = await Promise.all([
      rolesIn(account_id, clinic_nos),
      needingIn(site_administrator ? places.all() : []),
    ])
    const unread = held.unread.union(needing.unread)
    const mayBeHeld = new Set(clinic_nos)
    const isUnread = (clinicNo: number) =>
      (site_administrator || mayBeHeld.has(clinicNo)) && unread.has(places.of(clinicNo))
    return {
      memberships: held.roles.filter(({ clinicNo }) => !isUnread(clinicNo)),
      secondFactorClinicNos: needing.clinicNos,
      isUnread: unread.size === 0 ? null : isUnread,
    }
  }

  return {
    name: 'placed_principal',
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
      const { roles, unread } = await rolesIn(accountId, found.clinic_nos)
      return roles.length > 0 || unread.size > 0
    },
  }
}
