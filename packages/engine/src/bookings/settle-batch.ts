import type { SlotClosedReason } from '@holdfast/vocabulary'
import type pg from 'pg'
import sql from 'sql-template-tag'
import { jsonArray, plainArray, textArray } from '../database/array-literal.ts'
import { accessArray } from '../database/booking-access-sql.ts'
import { prepared } from '../database/prepared.ts'
import type { Booking } from '../model/booking.ts'
import type { NotDone, PatientBooked } from '../model/claim.ts'
import type { Announce } from '../model/committed.ts'
import { clinicNoOf } from '../model/id.ts'
import type { SettleAction, SettledOutcome, SettleRequest } from '../model/settle.ts'
import type { AnswerRefused } from '../model/visit-question.ts'
import type { ItemResult } from '../queue/batch-queue.ts'
import { announceBatch, slotAfter, type Written, writtenUnread } from './announce-batch.ts'
import { answerRefused } from './answer-refused.ts'
import { type BookingRow, bookingOf } from './booking-row.ts'
import { slotClosedWhy } from './claim-batch.ts'
import { knownByArray, patientBooked } from './patient-booked.ts'

/** A change of a queue. `mayFree`: confirm: it may become a request of a type that is `not_holding`. Absent: it may. */
export type QueuedSettle = SettleRequest & { mayFree?: boolean }

/**
 * confirm, which is not done with the others: the clinic's approval of a request that holds nothing has to get its time
 * first; a request of the patient that has to lock its slot is sent again, with `mayFree`.
 */
type SettledApart = { kind: 'holds_nothing' | 'needs_slot'; booking: Booking }

export type BatchSettleOutcome = SettledOutcome | SettledApart

/** The outcomes that the column does not name, or names together with something else. */
type Unlike = NotDone | PatientBooked | AnswerRefused

type SettleRow = BookingRow & {
  ord: number
  outcome:
    | Exclude<BatchSettleOutcome['kind'], Unlike['kind'] | 'slot_closed'>
    | `slot_closed:${SlotClosedReason}`
    | 'retry'
  tx: string | null
  available: number | null
  lapses_in_ms: number | null
  snapshot: string | null
  hold_left_ms: number | null
}

/**
 * Runs one batch of changes of state in one transaction, and announces it. Safe to run again: a repeated change is
 * `unchanged`, if it has a key.
 */
export async function runSettleBatch(
  pool: pg.Pool | pg.PoolClient,
  requests: readonly QueuedSettle[],
  announce: Announce = () => undefined,
): Promise<ItemResult<BatchSettleOutcome>[]> {
  const statement = sql`
    select * from holdfast.settle_bookings(
      ${plainArray(requests, ({ bookingId }) => clinicNoOf(bookingId))}::integer[],
      ${plainArray(requests, ({ bookingId }) => bookingId)}::uuid[],
      ${plainArray(requests, ({ action }) => action)}::text[],
      ${plainArray(requests, ({ actorId }) => actorId)}::uuid[],
      ${plainArray(requests, ({ onBehalf }) => onBehalf)}::boolean[],
      ${plainArray(requests, ({ key }) => key)}::uuid[],
      ${textArray(requests, ({ reason }) => reason)}::text[],
      ${jsonArray(requests, ({ patient }) => patient ?? null)}::jsonb[],
      ${accessArray(requests)}::jsonb[],
      ${plainArray(requests, ({ judgedVersion }) => judgedVersion ?? null)}::integer[],
      ${knownByArray(requests)}::text[],
      ${plainArray(requests, ({ mayFree }) => mayFree ?? true)}::boolean[])`
  const startedAt = performance.now()
  const { rows } = await pool.query<SettleRow>(prepared('settle_bookings', statement))
  const results = new Array<ItemResult<BatchSettleOutcome>>(requests.length).fill({ kind: 'retry' })
  const tookMs = performance.now() - startedAt
  const position = rows.find(({ outcome }) => outcome === 'done')?.tx
  const written: Written[] = []
  for (const row of rows) {
    if (row.outcome === 'retry') continue
    const outcome = outcomeOf(row, row.outcome)
    results[row.ord - 1] = { kind: 'completed', outcome }
    if (outcome.kind === 'done') written.push(writtenBy(row, outcome, tookMs))
    // If this batch has changed the booking, that is announced.
    const action = requests[row.ord - 1]?.action
    if (outcome.kind === 'unchanged' && outcome.position !== position) written.push(foundDone(outcome, action))
  }
  announceBatch(announce, written)
  return results
}

function outcomeOf(row: SettleRow, kind: Exclude<SettleRow['outcome'], 'retry'>): BatchSettleOutcome {
  const refusal = patientBooked(kind) ?? answerRefused(kind)
  if (refusal !== null) return refusal
  switch (kind) {
    case 'done':
    case 'unchanged':
      return { kind, booking: bookingOf(row), position: row.tx ?? '' }
    case 'booking_missing':
    case 'booking_erased':
    case 'booking_changed':
    case 'booking_has_account':
      return { kind }
    default:
      return isClosed(kind) ? { kind: 'slot_closed', why: slotClosedWhy(kind) } : { kind, booking: bookingOf(row) }
  }
}

function isClosed(outcome: string): outcome is `slot_closed:${SlotClosedReason}` {
  return outcome.startsWith('slot_closed:')
}

/** @param tookMs how long the batch took until now, milliseconds */
function writtenBy(row: SettleRow, { booking, position }: SettledOutcome & { kind: 'done' }, tookMs: number): Written {
  const { doctorId, slotId, startsAt } = booking
  const slot = { slotId, doctorId, startsAt }
  const { available, lapses_in_ms, hold_left_ms, snapshot } = row
  const doctorIds = [doctorId]
  if (available !== null) {
    const slots = [slotAfter(slot, { available, lapsesInMs: lapses_in_ms }, tookMs)]
    return { position, doctorIds, slots, snapshot }
  }
  // A hold takes the same units before and after it is confirmed or extended. But if it ended before the commit, reads
  // between the two counted its units as free.
  const mayHaveReadAsFree = hold_left_ms !== null && hold_left_ms <= tookMs
  return mayHaveReadAsFree ? writtenUnread(position, [slot]) : { position, doctorIds, slots: [], snapshot: null }
}

/** Actions after which more or fewer units of the slot may be available: extending a hold counts if it had lapsed. */
const actionsOnUnits: readonly (SettleAction | undefined)[] = ['confirm', 'cancel', 'decline', 'extend']

function foundDone({ booking }: SettledOutcome & { kind: 'unchanged' }, action: SettleAction | undefined): Written {
  if (actionsOnUnits.includes(action)) return writtenUnread(null, [booking])
  return { position: null, doctorIds: [booking.doctorId], slots: [], snapshot: null }
}
