import { createPool, type VerifyReport, verify } from '@holdfast/engine'
import { type NotedRole, rolesNotNoted } from '@holdfast/engine/note-account-clinics'
import { type Place, placeUrl } from '@holdfast/engine/places'
import { CommandRefusal } from './command.ts'
import { placesIfDistributed } from './refuse-distributed.ts'
import { withPool } from './with-pool.ts'

type Finding = Omit<VerifyReport['details'][number], 'kind'> & {
  kind: VerifyReport['details'][number]['kind'] | 'role_not_noted'
}

/** `place`: the schema of the clinic's shard, and its node. */
export type PlacedReport = Omit<VerifyReport, 'details'> & {
  details: (Finding & { place: string })[]
  places: { place: string; slots: number; bookings: number; events: number; mismatches: number }[]
}

/**
 * Verifies each place of a database that is distributed over Citus, and sums up.
 *
 * @throws CommandRefusal if a shard is moved or split meanwhile: its copy may have been verified too early
 */
export async function verifyPlaces(
  ownerUrl: string,
  places: readonly Place[],
  detailsMax: number,
): Promise<PlacedReport> {
  const sum: PlacedReport = { slots: 0, bookings: 0, events: 0, overbooked: 0, mismatches: 0, details: [], places: [] }
  for (const place of places) {
    const left = detailsMax - sum.details.length
    const found = await verifyPlace(ownerUrl, place, left).catch(async (error: unknown) => {
      await refuseIfMoved(ownerUrl, places)
      throw error
    })
    const name = nameOf(place)
    for (const figure of ['slots', 'bookings', 'events', 'overbooked', 'mismatches'] as const) {
      sum[figure] += found[figure]
    }
    sum.details.push(...found.details.map((detail) => ({ ...detail, place: name })))
    const { slots, bookings, events, mismatches } = found
    sum.places.push({ place: name, slots, bookings, events, mismatches })
  }
  await refuseIfMoved(ownerUrl, places)
  return sum
}

async function verifyPlace(
  ownerUrl: string,
  place: Place,
  detailsMax: number,
): Promise<Omit<VerifyReport, 'details'> & { details: Finding[] }> {
  const pool = createPool({ url: placeUrl(ownerUrl, place), max: 1, name: 'holdfast verify' })
  try {
    const report = await verify(pool, { clinicNo: null, detailsMax })
    const notNoted = await withPool(ownerUrl, 'holdfast verify', (coordinator) => rolesNotNoted(coordinator, pool))
    const details = [...report.details, ...notNoted.map(findingOf)].slice(0, detailsMax)
    return { ...report, mismatches: report.mismatches + notNoted.length, details }
  } finally {
    await pool.end()
  }
}

function findingOf({ accountId, clinicId }: NotedRole): Finding {
  const message =
    `the account ${accountId} has a role here, but the coordinator does not know of it, so that it has no effect: ` +
    'run `holdfast migrate --citus`'
  return { kind: 'role_not_noted', clinicId, slotId: null, bookingId: null, message }
}

function nameOf({ schema, host, port }: Place): string {
  return `${schema} on ${host}:${port}`
}

async function refuseIfMoved(ownerUrl: string, before: readonly Place[]): Promise<void> {
  const now = await placesIfDistributed(ownerUrl)
  const names = (places: readonly Place[] | null) => (places ?? []).map(nameOf).join()
  if (names(now) === names(before)) return
  throw new CommandRefusal('a shard was moved or split meanwhile: run `holdfast verify` again')
}
