import type pg from 'pg'
import sql from 'sql-template-tag'
import { plainArray } from '../database/array-literal.ts'
import { prepared } from '../database/prepared.ts'
import type { Announce } from '../model/committed.ts'
import { clinicNoOf } from '../model/id.ts'
import type { MoveOutcome, MoveRequest } from '../model/settle.ts'
import type { ItemResult } from '../queue/batch-queue.ts'
import { announceBatch, slotAfter, type Written } from './announce-batch.ts'
import { type BookingRow, bookingOf } from './booking-row.ts'
import { slotClosedWhy } from './claim-batch.ts'

/** The columns about slots are null unless there are such slots, as they are for `done`. */
type MoveRow = BookingRow & {
  ord: number
  outcome: string
  tx: string | null
  capacity: number
  available: number
  lapses_in_ms: number | null
  from_slot_id: string
  from_resource_id: string
  from_starts_at: Date
  from_available: number
  from_lapses_in_ms: number | null
  snapshot: string
}

/**
 * Runs one batch of moves in one transaction, and announces it. Safe to run again: a booking already there is
 * `unchanged`.
 */
export async function runMoveBatch(
  pool: pg.Pool,
  requests: readonly MoveRequest[],
  announce: Announce = () => undefined,
): Promise<ItemResult<MoveOutcome>[]> {
  const statement = sql`
    select * from holdfast.move_bookings(
      ${plainArray(requests, ({ bookingId }) => clinicNoOf(bookingId))}::integer[],
      ${plainArray(requests, ({ bookingId }) => bookingId)}::uuid[],
      ${plainArray(requests, ({ slotId }) => slotId)}::uuid[],
      ${plainArray(requests, ({ actorId }) => actorId)}::uuid[],
      ${plainArray(requests, ({ onBehalf }) => onBehalf)}::boolean[])`
  const startedAt = performance.now()
  const { rows } = await pool.query<MoveRow>(prepared('move_bookings', statement))
  const results = new Array<ItemResult<MoveOutcome>>(requests.length).fill({ kind: 'retry' })
  const tookMs = performance.now() - startedAt
  const written: Written[] = []
  for (const row of rows) {
    if (row.outcome === 'retry') continue
    const outcome = outcomeOf(row)
    results[row.ord - 1] = { kind: 'completed', outcome }
    if (outcome.kind === 'done') written.push(writtenBy(row, outcome, tookMs))
  }
  announceBatch(announce, written)
  return results
}

function outcomeOf(row: MoveRow): MoveOutcome {
  switch (row.outcome) {
    case 'done':
      return { kind: 'done', booking: bookingOf(row), position: row.tx ?? '' }
    case 'unchanged':
    case 'hold_expired':
    case 'invalid_transition':
    case 'past_deadline':
      return { kind: row.outcome, booking: bookingOf(row) }
    case 'booking_missing':
    case 'slot_missing':
    case 'slot_full':
    case 'appointment_type_not_offered':
      return { kind: row.outcome }
    case 'units_over_capacity':
      return { kind: 'units_over_capacity', capacity: row.capacity }
    default:
      return { kind: 'slot_closed', why: slotClosedWhy(row.outcome) }
  }
}

/** @param tookMs how long the batch took until now, milliseconds */
function writtenBy(row: MoveRow, { booking, position }: MoveOutcome & { kind: 'done' }, tookMs: number): Written {
  const { doctorId, slotId, startsAt } = booking
  const entered = slotAfter(
    { slotId, doctorId, startsAt },
    { available: row.available, lapsesInMs: row.lapses_in_ms },
    tookMs,
  )
  const left = slotAfter(
    { slotId: row.from_slot_id, doctorId: row.from_resource_id, startsAt: row.from_starts_at },
    { available: row.from_available, lapsesInMs: row.from_lapses_in_ms },
    tookMs,
  )
  return { position, doctorIds: [doctorId, left.doctorId], slots: [entered, left], snapshot: row.snapshot }
}
