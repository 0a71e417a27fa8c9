import type pg from 'pg'
import sql from 'sql-template-tag'
import { plainArray } from '../database/array-literal.ts'
import { prepared } from '../database/prepared.ts'
import type { Announce } from '../model/committed.ts'
import { clinicNoOf } from '../model/id.ts'
import type { MoveOutcome, MoveRequest } from '../model/settle.ts'
import type { ItemResult } from '../queue/batch-queue.ts'
import { announceBatch, type Written } from './announce-batch.ts'
import { type BookingRow, bookingOf } from './booking-row.ts'
import { slotClosedWhy } from './claim-batch.ts'

type MoveRow = BookingRow & {
  ord: number
  outcome: string
  tx: string | null
  capacity: number
  from_resource_id: string
}

/** Runs one batch of moves in one transaction, and announces it. Safe to run again: a booking already there is `unchanged`. */
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
  const { rows } = await pool.query<MoveRow>(prepared('move_bookings', statement))
  const results = new Array<ItemResult<MoveOutcome>>(requests.length).fill({ kind: 'retry' })
  const written: Written[] = []
  for (const row of rows) {
    if (row.outcome === 'retry') continue
    const outcome = outcomeOf(row)
    results[row.ord - 1] = { kind: 'completed', outcome }
    if (outcome.kind === 'done') written.push(writtenBy(outcome))
  }
  announceBatch(announce, written)
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

function writtenBy({ booking, position, fromDoctorId }: MoveOutcome & { kind: 'done' }): Written {
  const { doctorId, slotId, startsAt } = booking
  const slot = { slotId, doctorId, startsAt, available: null, lapsesInMs: null }
  return { position, doctorIds: [doctorId, fromDoctorId], slots: [slot], snapshot: null }
}
