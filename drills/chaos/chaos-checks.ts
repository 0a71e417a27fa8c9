import { setTimeout as delay } from 'node:timers/promises'
import { verify } from '@holdfast/engine'
import { calendarDifferences } from '@holdfast/server/test/calendar-differences'
import { checkHistory, until } from '@holdfast/testkit'
import type { Acknowledged, Ledger } from './chaos-clients.ts'
import { days, type Stage } from './chaos-stage.ts'

type Event = { bookingId: string; version: number; type: string; slotId: string }

/**
 * Everything that is not as it must be once nothing is disturbed any more, as sentences. Empty: all is well.
 *
 * @param withinMs how long subscribers may take to get there
 */
export async function chaosFaults(stage: Stage, ledger: Ledger, withinMs: number): Promise<string[]> {
  const { database } = stage
  await untilHoldsLapsed(stage)
  const report = await verify(database.ownerPool, { clinicNo: null, detailsMax: 10 })
  const { rows: events } = await database.ownerPool.query<Event>(
    `select booking_id as "bookingId", version, type, slot_id as "slotId" from holdfast.booking_event order by seq`,
  )
  return [
    ...ledger.faults,
    ...(report.overbooked > 0 ? [`verify: ${report.overbooked} slots are overbooked`] : []),
    ...(report.mismatches > 0 ? [`verify: ${report.mismatches} mismatches: ${JSON.stringify(report.details)}`] : []),
    ...(await checkHistory(database)).slice(0, 10).map((fault) => `history: ${fault}`),
    ...faultsOfBookings(ledger, events),
    ...(await faultsOfSlots(stage, ledger)),
    ...(await faultsOfNames(stage, ledger)),
    ...(await faultsOfTail(stage, events, withinMs)),
    ...(await faultsOfLists(stage, withinMs)),
  ]
}

async function untilHoldsLapsed({ database }: Stage): Promise<void> {
  const { rows } = await database.ownerPool.query<{ ms: number }>(
    `select coalesce(max(extract(epoch from hold_expires_at - clock_timestamp()) * 1000), 0)::float8 as ms
       from holdfast.booking where status = 'PENDING' and hold_expires_at > clock_timestamp()`,
  )
  await delay(Math.ceil(rows[0]?.ms ?? 0))
}

const eventOf: Partial<Record<Acknowledged['kind'], string>> = {
  confirm: 'confirmed',
  extend: 'extended',
  cancel: 'cancelled',
  arrive: 'arrived',
  complete: 'completed',
  // Reopening leaves a confirmed booking unchanged.
  reopen: 'confirmed',
}

/** Every acknowledged claim and change is in the log, and each key has booked once. */
function faultsOfBookings({ acknowledged }: Ledger, events: Event[]): string[] {
  const faults: string[] = []
  const eventsOf = Map.groupBy(events, ({ bookingId }) => bookingId)
  const byKey = Map.groupBy(
    acknowledged.filter(({ kind }) => kind === 'claim'),
    ({ key }) => key,
  )
  for (const [key, claims] of byKey) {
    const ids = new Set(claims.map(({ id }) => id))
    if (ids.size > 1) faults.push(`key ${key} has booked ${ids.size} times: ${[...ids].join(', ')}`)
  }
  for (const { kind, id, slotId } of acknowledged) {
    if (kind === 'withdraw' || kind === 'create' || kind === 'rename') continue
    const log = eventsOf.get(id) ?? []
    const type = eventOf[kind]
    const isThere =
      kind === 'claim'
        ? log[0]?.slotId === slotId
        : kind === 'reschedule'
          ? log.some((event) => event.slotId === slotId)
          : log.some((event) => event.type === type)
    if (!isThere) faults.push(`an acknowledged ${kind} of booking ${id} is not in its log`)
  }
  return faults
}

async function faultsOfSlots({ database }: Stage, { acknowledged }: Ledger): Promise<string[]> {
  type Row = { id: string; doctorId: string; startsAt: Date; isWithdrawn: boolean }
  const { rows } = await database.ownerPool.query<Row>(
    `select id, resource_id as "doctorId", starts_at as "startsAt", withdrawn_at is not null as "isWithdrawn"
       from holdfast.slot`,
  )
  const withdrawn = new Set(rows.flatMap(({ id, isWithdrawn }) => (isWithdrawn ? [id] : [])))
  const starts = new Set(rows.map(({ doctorId, startsAt }) => `${doctorId} ${startsAt.toISOString()}`))
  return acknowledged.flatMap(({ kind, id, slotId, text }) => {
    if (kind === 'withdraw' && !withdrawn.has(slotId)) return [`slot ${slotId} was not withdrawn`]
    if (kind === 'create' && !starts.has(`${id} ${text}`)) return [`doctor ${id} has no slot at ${text}`]
    return []
  })
}

/** The last of several names is not known, because their requests ran at the same time. */
async function faultsOfNames({ database }: Stage, { acknowledged }: Ledger): Promise<string[]> {
  const names = Map.groupBy(
    acknowledged.filter(({ kind }) => kind === 'rename'),
    ({ id }) => id,
  )
  const { rows } = await database.ownerPool.query<{ id: string; name: string }>(
    'select id, name from holdfast.resource',
  )
  return rows.flatMap(({ id, name }) => {
    const given = names.get(id)
    return given === undefined || given.some(({ text }) => text === name) ? [] : [`doctor ${id} is called ${name}`]
  })
}

/** In each epoch, events are reported once and in order; together, all of them. */
async function faultsOfTail({ reported: { epochs }, tail }: Stage, events: Event[], withinMs: number) {
  const keyOf = ({ bookingId, version }: { bookingId: string; version: number }) => `${bookingId} ${version}`
  const missing = () => {
    const known = new Set(epochs.flat().map(keyOf))
    return events.filter((event) => !known.has(keyOf(event)))
  }
  tail.wake()
  const isComplete = await until(async () => missing().length === 0, 'all events', withinMs).catch(() => false)
  const faults = isComplete ? [] : [`the tail has not reported ${missing().length} of ${events.length} events`]
  for (const [epoch, entries] of epochs.entries()) {
    const versions = new Map<string, number>()
    for (const { bookingId, version } of entries) {
      const before = versions.get(bookingId)
      if (before !== undefined && version !== before + 1) {
        faults.push(`epoch ${epoch}: version ${version} of booking ${bookingId} was reported after ${before}`)
      }
      versions.set(bookingId, version)
    }
  }
  return faults
}

/** Lists and subscribers of both servers show what is booked, slot by slot. */
async function faultsOfLists({ database, servers, doctors }: Stage, withinMs: number): Promise<string[]> {
  const differences = () =>
    calendarDifferences(database, {
      doctors,
      urls: servers.map(({ url }) => url),
      pictures: servers.map(({ picture }) => picture),
      query: days,
    })
  const isSame = await until(
    async () => (await differences()).length === 0,
    'lists as in the database',
    withinMs,
  ).catch(() => false)
  return isSame ? [] : (await differences()).slice(0, 4).map((one) => `list: ${JSON.stringify(one).slice(0, 600)}`)
}
