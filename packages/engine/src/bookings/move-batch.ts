import type pg from 'pg'
import sql, { type Sql } from 'sql-template-tag'
import { plainArray } from '../database/array-literal.ts'
import { accessArray } from '../database/booking-access-sql.ts'
import { prepared } from '../database/prepared.ts'
import { type Announce, announceDoctor } from '../model/committed.ts'
import { clinicNoOf } from '../model/id.ts'
import type { MoveOutcome, MoveRequest } from '../model/settle.ts'
import type { ItemResult } from '../queue/batch-queue.ts'
import { announceBatch, slotAfter, type Written, writtenUnread } from './announce-batch.ts'
import { type BookingRow, bookingOf } from './booking-row.ts'
import { slotClosedWhy } from './claim-batch.ts'
import { knownByArray, patientBooked } from './patient-booked.ts'

/**
 * The columns about slots are null unless there are such slots, as they are for `done`. `from_slot_id` and the like are
 * of the slot before the booking's last move, if it is `unchanged`.
 */
export type MoveRow = BookingRow & {
  ord: number
  outcome: string
  tx: string | null
  capacity: number
  available: number
  lapses_in_ms: number | null
  from_slot_id: string | null
  from_resource_id: string | null
  from_starts_at: Date | null
  from_available: number
  from_lapses_in_ms: number | null
  snapshot: string
  added: number | null
}

/**
 * Runs one batch of moves in one transaction, and announces it. Safe to run again: a repeated move is `unchanged`, if
 * it has a key.
 */
export async function runMoveBatch(
  pool: pg.Pool,
  requests: readonly MoveRequest[],
  announce: Announce = () => undefined,
): Promise<ItemResult<MoveOutcome>[]> {
  const startedAt = performance.now()
  const { rows } = await pool.query<MoveRow>(prepared('move_bookings', movesOf(requests)))
  return moveResults(rows, requests, startedAt, announce)
}

/**
 * The statement that moves the bookings.
 *
 * @param isJudged `slot_for_move` has judged the slots
 * @param patients what the bookings say of their patients from then on; null: as before
 */
export function movesOf(requests: readonly MoveRequest[], isJudged = false, patients: object[] | null = null): Sql {
  return sql`
    select * from holdfast.move_bookings(
      ${plainArray(requests, ({ bookingId }) => clinicNoOf(bookingId))}::integer[],
      ${plainArray(requests, ({ bookingId }) => bookingId)}::uuid[],
      ${plainArray(requests, ({ slotId }) => slotId)}::uuid[],
      ${plainArray(requests, ({ actorId }) => actorId)}::uuid[],
      ${plainArray(requests, ({ onBehalf }) => onBehalf)}::boolean[],
      ${plainArray(requests, ({ key }) => key ?? null)}::uuid[],
      ${knownByArray(requests)}::text[],
      ${addsPlacesArray(requests)}::boolean[],
      ${accessArray(requests)}::jsonb[],
      ${isJudged}::boolean,
      ${patients?.map((patient) => JSON.stringify(patient)) ?? null}::jsonb[])`
}

/** What became of each request, which is announced. @param startedAt by `performance.now()`, of the statement */
export function moveResults(
  rows: readonly MoveRow[],
  requests: readonly MoveRequest[],
  startedAt: number,
  announce: Announce,
): ItemResult<MoveOutcome>[] {
  const results = new Array<ItemResult<MoveOutcome>>(requests.length).fill({ kind: 'retry' })
  const tookMs = performance.now() - startedAt
  const position = rows.find(({ outcome }) => outcome === 'done')?.tx
  const written: Written[] = []
  const grown: Written[] = []
  for (const row of rows) {
    if (row.outcome === 'retry') continue
    const outcome = outcomeOf(row, requests[row.ord - 1]?.addsPlaces ?? false)
    results[row.ord - 1] = { kind: 'completed', outcome }
    // If this batch has moved the booking, that is announced.
    if (outcome.kind !== 'done' && (outcome.kind !== 'unchanged' || outcome.position === position)) continue
    const item = outcome.kind === 'done' ? writtenBy(row, outcome, tookMs) : foundDone(row, outcome)
    written.push(item)
    if (outcome.added !== undefined) grown.push(item)
  }
  announceBatch(announce, written)
  for (const { doctorIds, position } of grown)
    for (const id of new Set(doctorIds)) announceDoctor(announce, id, position)
  return results
}

/** null: no request adds places. */
function addsPlacesArray(requests: readonly MoveRequest[]): string | null {
  return requests.some(({ addsPlaces }) => addsPlaces)
    ? plainArray(requests, ({ addsPlaces }) => addsPlaces ?? false)
    : null
}

function outcomeOf(row: MoveRow, addsPlaces: boolean): MoveOutcome {
  switch (row.outcome) {
    case 'done':
    case 'unchanged': {
      const changed = { booking: bookingOf(row), position: row.tx ?? '' }
      if (row.outcome === 'done') return { kind: 'done', ...changed, ...(row.added ? { added: capacityOf(row) } : {}) }
      return { kind: 'unchanged', ...changed, ...(addsPlaces && row.added === null ? { added: 'unknown' } : {}) }
    }
    case 'hold_expired':
    case 'offer_open':
    case 'invalid_transition':
    case 'past_deadline':
      return { kind: row.outcome, booking: bookingOf(row) }
    case 'booking_missing':
    case 'booking_erased':
    case 'slot_missing':
    case 'slot_full':
    case 'appointment_type_not_offered':
    case 'time_not_offered':
    case 'approval_required':
      return { kind: row.outcome }
    case 'units_over_capacity':
      return { kind: 'units_over_capacity', ...capacityOf(row) }
    default:
      return patientBooked(row.outcome) ?? { kind: 'slot_closed', why: slotClosedWhy(row.outcome) }
  }
}

const capacityOf = ({ capacity }: MoveRow) => ({ capacity })

/** @param tookMs how long the batch took until now, milliseconds */
function writtenBy(row: MoveRow, { booking, position }: MoveOutcome & { kind: 'done' }, tookMs: number): Written {
  const { doctorId, slotId, startsAt } = booking
  const slot = { slotId, doctorId, startsAt }
  const entered = slotAfter(slot, { available: row.available, lapsesInMs: row.lapses_in_ms }, tookMs)
  const fromSlot = slotLeft(row)
  if (fromSlot === null) throw new Error(`Booking ${booking.id} was moved, and the result lacks the slot it left.`)
  const left = slotAfter(fromSlot, { available: row.from_available, lapsesInMs: row.from_lapses_in_ms }, tookMs)
  return { position, doctorIds: [doctorId, left.doctorId], slots: [entered, left], snapshot: row.snapshot }
}

function slotLeft({ from_slot_id: slotId, from_resource_id: doctorId, from_starts_at: startsAt }: MoveRow) {
  return slotId === null || doctorId === null || startsAt === null ? null : { slotId, doctorId, startsAt }
}

function foundDone(row: MoveRow, { booking }: MoveOutcome & { kind: 'unchanged' }): Written {
  const left = slotLeft(row)
  return writtenUnread(null, left === null ? [booking] : [booking, left])
}
