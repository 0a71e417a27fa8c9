import type { HoldfastClient } from '@holdfast/contract/client'
import pMap from 'p-map'
import { CommandRefusal } from '../command.ts'
import type { Progress } from '../progress.ts'
import { callTimeout, httpOutcome } from '../target/http-outcome.ts'
import { pages } from '../target/pages.ts'
import { callUntilOk, describeStop, sleeper, type TargetServer } from '../target/target-server.ts'
import type { Appointment } from './appointment.ts'
import { type BookAllResult, bookAll, createLatencyRecorder, type LatencyMs } from './book-all.ts'
import { appointmentIdOf, bookAppointment, type EarlierBooking, type RowToBook } from './book-appointment.ts'
import type { BookingApi } from './booking-api.ts'
import type { CapacityFactor } from './capacity-factor.ts'
import { dayKey, firstDayOf, planReplay, type ReplayPlan, type ReplayPlanOutcome, weeksToMove } from './plan-replay.ts'
import { hasPlannedSlots, localDateOf, prepareClinics, type SlotIds, type UnitOnServer } from './prepare-clinics.ts'
import type { ReplaySummary } from './replay-summary.ts'
import { verifyClinics } from './verify-clinics.ts'

/** Bookings of earlier replays by appointment id, oldest first. */
type EarlierBookings = ReadonlyMap<string, readonly EarlierBooking[]>

const clinicsAtOnce = 8
/** The API lists the bookings of at most 366 days at a time. */
const daysPerListMax = 366

/**
 * What earlier replays have booked in these units. A row that is among them requests the slot it already has, and so
 * gets its booking again; one that was booked longer ago than servers store idempotency keys is not sent at all.
 */
async function listEarlierBookings(
  server: TargetServer,
  units: readonly UnitOnServer[],
  firstDate: string,
  lastDate: string,
): Promise<EarlierBookings> {
  const earlier = new Map<string, EarlierBooking[]>()
  const listOfUnit = async (unit: UnitOnServer) => {
    for (
      let from = Temporal.PlainDate.from(firstDate);
      from.toString() <= lastDate;
      from = from.add({ days: daysPerListMax })
    ) {
      const to = from.add({ days: daysPerListMax - 1 })
      await collect(server, unit.clinicId, from.toString(), to.toString(), earlier)
    }
  }
  await pMap(units, listOfUnit, { concurrency: clinicsAtOnce, signal: server.signal })
  for (const bookings of earlier.values()) {
    bookings.sort((one, other) => Temporal.Instant.compare(one.createdAt, other.createdAt))
  }
  return earlier
}

async function collect(
  server: TargetServer,
  clinicId: string,
  from: string,
  to: string,
  earlier: Map<string, EarlierBooking[]>,
): Promise<void> {
  const bookings = pages((page) =>
    callUntilOk(server, 'listing bookings', () =>
      server.admin.listClinicBookings({ path: { clinicId }, query: { from, to, ...page }, ...callTimeout() }),
    ),
  )
  for await (const booking of bookings) {
    const appointmentId = appointmentIdOf(booking.reason)
    if (appointmentId === null) continue
    const confirmed = booking.status !== 'PENDING' && booking.status !== 'FAILED' && booking.status !== 'CANCELLED'
    const one = { slotId: booking.slotId, confirmed, createdAt: Temporal.Instant.from(booking.createdAt) }
    const others = earlier.get(appointmentId)
    if (others === undefined) earlier.set(appointmentId, [one])
    else others.push(one)
  }
}

export type ReplayRequest = {
  appointments: readonly Appointment[]
  factor: CapacityFactor
  concurrency: number
  /** Today's date in the health units' time zone. */
  today: Temporal.PlainDate
}

export type ReplayResult = {
  summary: ReplaySummary
  failures: BookAllResult['failures']
  findings: string[]
}

/**
 * Plans, creates the clinics, books every row and verifies. Can be repeated against the same server: it finds what
 * earlier runs created, and books nothing twice.
 *
 * @throws CommandRefusal when the file, the server or its limits do not allow it
 */
export async function replayAppointments(
  server: TargetServer,
  request: ReplayRequest,
  progress: Progress,
): Promise<ReplayResult> {
  const plan = await choosePlan(server, request)
  progress.begin('clinics', plan.units.length)
  let prepared = 0
  const { units, slotIds } = await prepareClinics(server, plan.units, () => progress.step(++prepared))
  const known = units.filter((unit) => unit.existedBefore)
  const earlier = await listEarlierBookings(server, known, plan.firstDate, plan.lastDate)
  progress.end()

  const latency = createLatencyRecorder()
  const rows = rowsOf(plan, slotIds)
  progress.begin('bookings', rows.length)
  const book = (someRows: readonly RowToBook[], known: EarlierBookings, onRow: (done: number) => void) =>
    bookRows(server, someRows, { units, earlier: known, concurrency: request.concurrency }, latency.record, onRow)
  const result = await book(rows, earlier, progress.step)
  progress.end()
  endUnlessDone(server, result, rows.length)
  if (result.refusedFull.length > 0) {
    const retried = await retryRefused(server, plan, units, result.refusedFull, (refused, known) =>
      book(refused, known, () => {}),
    )
    endUnlessDone(server, retried, rows.length)
    result.replayed += retried.replayed
    result.confirmed += retried.confirmed
    result.failed += retried.failed
    result.failures.push(...retried.failures)
    result.refusedFull = retried.refusedFull
  }

  const { verify, findings } = await verifyClinics(server, units)
  return {
    summary: summaryOf(rows.length, result, latency.percentiles(), verify),
    failures: result.failures,
    findings,
  }
}

/**
 * The plan, with the days moved to a week ahead. If a recent run moved them by one week less, and all of them are still
 * in the future, it uses that number of weeks, so that this run finds those bookings.
 */
async function choosePlan(server: TargetServer, request: ReplayRequest): Promise<ReplayPlan> {
  const { appointments, factor, today } = request
  const first = firstDayOf(appointments)
  if (first === null) throw new CommandRefusal('there are no appointments to book')
  const weeks = weeksToMove(first, today)
  if (Temporal.PlainDate.compare(first.add({ weeks: weeks - 1 }), today) > 0) {
    const earlierPlan = plannedOrRefused(planReplay(appointments, factor, weeks - 1, today))
    const firstUnit = earlierPlan.units[0]
    if (firstUnit !== undefined && (await hasPlannedSlots(server, firstUnit))) return earlierPlan
  }
  return plannedOrRefused(planReplay(appointments, factor, weeks, today))
}

function plannedOrRefused(outcome: ReplayPlanOutcome): ReplayPlan {
  switch (outcome.kind) {
    case 'planned':
      return outcome.plan
    case 'too_long':
      throw new CommandRefusal(
        `the file's last day would be ${outcome.days} days ahead; a clinic can be booked at most ` +
          `${outcome.daysMax} days ` +
          'ahead. Split the file',
      )
    case 'too_many_units':
      throw new CommandRefusal(
        `${outcome.unit} would need ${outcome.units} units on ${outcome.date}; its 40 slots can have ` +
          `${outcome.unitsMax}. Use a smaller --capacity`,
      )
  }
}

function rowsOf(plan: ReplayPlan, slotIds: SlotIds): RowToBook[] {
  return plan.bookings.map(({ appointmentId, patientId, unit, date, firstChoice }) => {
    const slotId = slotIds.get(dayKey(unit, date))?.[firstChoice]
    if (slotId === undefined) throw new Error(`No slot ${firstChoice} of ${unit} on ${date}.`)
    return { appointmentId, patientId, unit, date, slotId }
  })
}

/**
 * A row that found its day full may be booked there nevertheless, by another run at the same time: full slots are
 * refused before keys are looked up. A full day no longer changes, so listing its bookings once afterwards is enough.
 * These rows request the slot that they already have.
 */
async function retryRefused(
  server: TargetServer,
  plan: ReplayPlan,
  units: readonly UnitOnServer[],
  refused: readonly RowToBook[],
  book: (rows: readonly RowToBook[], known: EarlierBookings) => Promise<BookAllResult>,
): Promise<BookAllResult> {
  const known = await listEarlierBookings(server, units, plan.firstDate, plan.lastDate)
  const result = await book(
    refused.filter((row) => known.has(row.appointmentId)),
    known,
  )
  result.refusedFull.push(...refused.filter((row) => !known.has(row.appointmentId)))
  return result
}

/** @throws the abort's reason, or CommandRefusal when the server or its limits ended the replay before its last row */
function endUnlessDone(server: TargetServer, result: BookAllResult, rows: number): void {
  server.signal.throwIfAborted()
  if (result.stop === null) return
  const done = result.booked + result.replayed + result.refusedFull.length + result.failed
  throw new CommandRefusal(`after ${done} of ${rows} rows ${describeStop(result.stop)}`)
}

function bookRows(
  server: TargetServer,
  rows: readonly RowToBook[],
  { units, earlier, concurrency }: { units: readonly UnitOnServer[]; earlier: EarlierBookings; concurrency: number },
  onLatency: (milliseconds: number) => void,
  onRow: (done: number) => void,
): Promise<BookAllResult> {
  const unitByName = new Map(units.map((unit) => [unit.name, unit]))
  const api = createHttpBookingApi(server.guest, onLatency)
  const book = (row: RowToBook) =>
    bookAppointment(row, {
      api,
      earlier: earlier.get(row.appointmentId) ?? [],
      findEarlier: async () => {
        const unit = unitByName.get(row.unit)
        if (unit === undefined) return []
        const found = await listEarlierBookings(server, [unit], row.date, row.date)
        return found.get(row.appointmentId) ?? []
      },
      isOnDay: ({ unit, date }, slot) =>
        slot.doctorId === unitByName.get(unit)?.doctorId && localDateOf(slot.startsAt) === date,
      now: () => Temporal.Now.instant(),
      sleep: sleeper(server.signal),
    })
  return bookAll(rows, concurrency, book, onRow, server.signal)
}

function summaryOf(
  rows: number,
  result: BookAllResult,
  latencyMs: LatencyMs,
  verify: ReplaySummary['verify'],
): ReplaySummary {
  const { booked, replayed, confirmed, failed } = result
  const round = (value: number) => Math.round(value * 1000) / 1000
  return {
    rows,
    booked,
    replayed,
    confirmed,
    refusedFull: result.refusedFull.length,
    failed,
    seconds: round(result.seconds),
    bookingsPerSecond: result.seconds === 0 ? 0 : round(booked / result.seconds),
    latencyMs: { p50: round(latencyMs.p50), p95: round(latencyMs.p95), p99: round(latencyMs.p99) },
    verify,
  }
}

/**
 * Books and confirms over HTTP as a guest: without an account, confirming with the booking's manage token. `onLatency`
 * receives how many milliseconds each booking request took.
 */
function createHttpBookingApi(guest: HoldfastClient, onLatency: (milliseconds: number) => void): BookingApi {
  return {
    async book({ slotId, key, patientName, reason }) {
      const startedAt = performance.now()
      const outcome = await httpOutcome(
        guest.createBooking({
          body: { slotId, patient: { name: patientName }, reason },
          headers: { 'Idempotency-Key': key },
          ...callTimeout(),
        }),
      )
      if (outcome.kind === 'ok') {
        onLatency(performance.now() - startedAt)
        const { id, manageToken } = outcome.data
        if (manageToken === null) throw new Error('The server issued no manage token for a booking of a guest.')
        return { kind: outcome.status === 201 ? 'booked' : 'replayed', bookingId: id, manageToken }
      }
      if (outcome.kind !== 'problem') return outcome
      onLatency(performance.now() - startedAt)
      if (outcome.code === 'slot_full') return { kind: 'slot_full', alternatives: outcome.alternatives ?? [] }
      if (outcome.code === 'idempotency_key_reused') return { kind: 'key_reused' }
      return { kind: 'refused', why: outcome.detail }
    },

    async confirm({ bookingId, manageToken }) {
      const outcome = await httpOutcome(
        guest.confirmBooking({
          path: { bookingId },
          auth: (scheme) => (scheme.type === 'http' ? manageToken : undefined),
          ...callTimeout(),
        }),
      )
      if (outcome.kind === 'ok') return { kind: 'confirmed' }
      if (outcome.kind !== 'problem') return outcome
      return outcome.code === 'hold_expired' ? { kind: 'hold_expired' } : { kind: 'refused', why: outcome.detail }
    },
  }
}
