import type pg from 'pg'
import sql from 'sql-template-tag'
import { plainArray } from '../database/array-literal.ts'
import { prepared } from '../database/prepared.ts'
import { clinicNoOf } from '../model/id.ts'
import type { MoveOutcome, MoveRequest } from '../model/settle.ts'
import type { ItemResult } from '../queue/batch-queue.ts'
import { type BookingRow, bookingOf } from './booking-row.ts'
import { slotClosedWhy } from './claim-batch.ts'

type MoveRow = BookingRow & {
  ord: number
  outcome: string
  tx: string | null
  capacity: number
  from_resource_id: string
}

/** Runs one batch of moves in one transaction. Safe to run again: a booking already there is `unchanged`. */
export async function runMoveBatch(
  pool: pg.Pool,
  requests: readonly MoveRequest[],
): Promise<ItemResult<MoveOutcome>[]> {
  const statement = sql`
    select * from holdfast.move_bookings(
      ${plainArray(requests, ({ bookingId }) => clinicNoOf(bookingId))}::integer[],
      ${plainArray(requests, ({ bookingId }) => bookingId)}::uuid[],
      ${plainArray(requests, ({ slotId }) => slotId)}::uuid[],
      ${plainArray(requests, ({ actorId }) => actorId)}::uuid[],
      ${plainArray(requests, ({ onBehalf }) => onBehalf)}::boolean[])`
  const { rows } = await pool.query<MoveRow>(prepared('move_bookings', statement))
  const results = new Array<ItemResult<MoveOutcome>>(requests.length).fill({ kind: 'retry' })
  for (const row of rows) {
    if (row.outcome !== 'retry') results[row.ord - 1] = { kind: 'completed', outcome: outcomeOf(row) }
  }
  return results
}

function outcomeOf(row: MoveRow): MoveOutcome {
  switch (row.outcome) {
    case 'done':
      return { kind: 'done', booking: bookingOf(row), position: row.tx ?? '', fromDoctorId: row.from_resource_id }
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
