import { verify } from '@holdfast/engine'
import { checkHistory, until } from '@holdfast/testkit'
import { runHoldfast } from '../cluster/holdfast-process.ts'
import type { Journal } from './shards-load.ts'
import { placeOf, type ShardsStage } from './shards-stage.ts'

export type ShardsFaults = {
  /** Acknowledged changes and waitlist entries. */
  acknowledged: number
  /** Acknowledged changes and entries that are not in the database that has the clinic. */
  lost: number
  /** Changes and waitlist entries that nobody had acknowledged, or that are there or were received again. */
  duplicated: number
  verify: { mismatches: number; overbooked: number }
  faults: string[]
}

type Row = { id: string; clinicNo: number; type: string }

const receivedMsMax = 60_000

/** Compares what was acknowledged with all databases, once every request has its response and no clinic moves. */
export async function shardsFaults(stage: ShardsStage, journal: Journal): Promise<ShardsFaults> {
  const faults: string[] = []
  const found = { mismatches: 0, overbooked: 0 }
  const logged = new Map<string, string[]>()
  const entries: string[] = []
  const places = new Map<number, number>()
  for (const { no } of stage.clinics) places.set(no, (await placeOf(stage, no)).no)
  for (const { no, name, cluster } of stage.shards) {
    const { ownerPool } = cluster
    const { mismatches, overbooked, details } = await verify(ownerPool, { clinicNo: null, detailsMax: 10 })
    found.mismatches += mismatches
    found.overbooked += overbooked
    faults.push(...details.map((detail) => `verify of ${name}: ${JSON.stringify(detail)}`))
    faults.push(...(await checkHistory(cluster)).slice(0, 10).map((fault) => `history of ${name}: ${fault}`))
    const events = await ownerPool.query<Row>(
      `select booking_id as id, clinic_no as "clinicNo", type from holdfast.booking_event order by seq`,
    )
    const joined = await ownerPool.query<Row>(
      `select id, clinic_no as "clinicNo", '' as type from holdfast.waitlist_entry`,
    )
    for (const { id, type } of events.rows.filter(isHere)) {
      logged.set(id, [...(logged.get(id) ?? []), type])
    }
    entries.push(...joined.rows.filter(isHere).map(({ id }) => id))
    function isHere({ id, clinicNo }: Row): boolean {
      if (places.get(clinicNo) !== no) faults.push(`${name} has ${id} of the clinic ${clinicNo}, which is elsewhere`)
      return places.get(clinicNo) === no
    }
  }
  const compared = compare(journal, logged, entries)
  faults.push(...(await placesFaults(stage)), ...(await receivedFaults(stage, journal)))
  return { ...compared, verify: found, faults }
}

/** How much is missing, and how much is there that was not acknowledged. */
function compare({ bookings, entryIds }: Journal, logged: ReadonlyMap<string, string[]>, entries: readonly string[]) {
  let [lost, expected, found] = [0, 0, 0]
  for (const { id, events } of bookings) {
    const there = logged.get(id) ?? []
    expected += events.length
    lost += events.filter((type, at) => there[at] !== type).length
  }
  for (const types of logged.values()) found += types.length
  const known = new Set(entries)
  const lostEntries = entryIds.filter((id) => !known.has(id)).length
  return {
    acknowledged: expected + entryIds.length,
    lost: lost + lostEntries,
    // What is there, less what is due and there.
    duplicated: found - (expected - lost) + entries.length - (entryIds.length - lostEntries),
  }
}

/** `holdfast shards`: every clinic is where the directory says, and none is being moved. */
async function placesFaults({ settings }: ShardsStage): Promise<string[]> {
  const { stdout } = await runHoldfast(['shards', '--json'], settings)
  const { misplaced, moving } = JSON.parse(stdout) as { misplaced: unknown[]; moving: unknown[] }
  return [...misplaced, ...moving].map((one) => `holdfast shards: ${JSON.stringify(one)}`)
}

/** The receivers of the logs have got each event once, and those of a booking in their order. */
async function receivedFaults({ received }: ShardsStage, { bookings }: Journal): Promise<string[]> {
  const due = bookings.reduce((sum, { events }) => sum + events.length, 0)
  await until(async () => received.length >= due, 'all events', receivedMsMax).catch(() => undefined)
  const versions = Map.groupBy(received, ({ bookingId }) => bookingId)
  return bookings.flatMap(({ id, events }) => {
    const came = (versions.get(id) ?? []).map(({ version }) => version)
    const isRight = came.join() === events.map((_, at) => at + 1).join()
    return isRight ? [] : [`of the ${events.length} events of ${id}, these were received: ${came.join()}`]
  })
}
