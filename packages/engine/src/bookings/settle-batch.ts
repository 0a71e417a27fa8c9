import type pg from 'pg'
import { jsonArray, plainArray, textArray } from '../database/array-literal.ts'
import { clinicNoOf } from '../model/id.ts'
import type { SettleOutcome, SettleRequest } from '../model/settle.ts'
import type { ItemResult } from '../queue/batch-queue.ts'
import { type BookingRow, bookingOf } from './booking-row.ts'

type SettleRow = BookingRow & { ord: number; outcome: SettleOutcome['kind'] | 'retry'; tx: string | null }

const settleBookings = `select * from holdfast.settle_bookings($1::integer[], $2::uuid[], $3::text[], $4::uuid[], $5::boolean[], $6::uuid[], $7::text[], $8::jsonb[])`

/** Runs one batch of changes of state in one transaction. Safe to run again: a change already made is `unchanged`. */
export async function runSettleBatch(
  pool: pg.Pool,
  requests: readonly SettleRequest[],
): Promise<ItemResult<SettleOutcome>[]> {
  const { rows } = await pool.query<SettleRow>({
    name: 'settle_bookings',
    text: settleBookings,
    values: [
      plainArray(requests, ({ bookingId }) => clinicNoOf(bookingId)),
      plainArray(requests, ({ bookingId }) => bookingId),
      plainArray(requests, ({ action }) => action),
      plainArray(requests, ({ actorId }) => actorId),
      plainArray(requests, ({ onBehalf }) => onBehalf),
      plainArray(requests, ({ key }) => key),
      textArray(requests, ({ reason }) => reason),
      jsonArray(requests, ({ patient }) => patient ?? null),
    ],
  })
  const answers = new Array<ItemResult<SettleOutcome>>(requests.length).fill({ kind: 'retry' })
  for (const row of rows) {
    if (row.outcome !== 'retry') answers[row.ord - 1] = { kind: 'completed', outcome: outcomeOf(row, row.outcome) }
  }
  return answers
}

function outcomeOf(row: SettleRow, kind: SettleOutcome['kind']): SettleOutcome {
  switch (kind) {
    case 'done':
      return { kind, booking: bookingOf(row), position: row.tx ?? '' }
    case 'unchanged':
    case 'hold_expired':
    case 'invalid_transition':
    case 'already_extended':
    case 'past_deadline':
    case 'too_early':
      return { kind, booking: bookingOf(row) }
    case 'booking_missing':
    case 'booking_has_account':
      return { kind }
    case 'overloaded':
      throw new Error('The database does not know of queues.')
  }
}
