import type pg from 'pg'
import sql from 'sql-template-tag'
import { answerRefused } from '../bookings/answer-refused.ts'
import { locksOf } from '../bookings/find-locked.ts'
import { type MoveRow, moveResults, movesOf } from '../bookings/move-batch.ts'
import { visitRefusal } from '../bookings/time-refusal.ts'
import { accessJson } from '../database/booking-access-sql.ts'
import { inTransactionUnlessUndone } from '../database/undone.ts'
import type { Announce } from '../model/committed.ts'
import { clinicNoOf, newId } from '../model/id.ts'
import type { TimeMoveOutcome, TimeMoveRequest } from '../model/settle.ts'
import type { BatchQueue, BatchQueueSettings, ItemResult } from '../queue/batch-queue.ts'
import { findLockedVisits, visitQueue } from './visit-queue.ts'

type FoundSlot = {
  outcome: string | null
  slot_id: string | null
  judged_version: number | null
  patient: object | null
}

/**
 * Moves one booking to a time of an open session, and announces it. Safe to run again: a repeated move is `unchanged`,
 * if it has a key.
 */
export async function moveToTime(
  pool: pg.Pool,
  request: TimeMoveRequest,
  announce: Announce = () => undefined,
): Promise<ItemResult<TimeMoveOutcome>> {
  const startedAt = performance.now()
  const moved = await inTransactionUnlessUndone<Moved>(pool, (client, undo) => moveWithSlot(client, request, undo))
  if (!Array.isArray(moved)) return moved
  const [result = { kind: 'retry' as const }] = moveResults(moved, [{ ...request, slotId: '' }], startedAt, announce)
  return result
}

/** The rows of `move_bookings`, or why they were not read. */
type Moved = MoveRow[] | ItemResult<TimeMoveOutcome>

/** @param undo called if nothing was moved */
async function moveWithSlot(
  client: pg.PoolClient,
  request: TimeMoveRequest,
  undo: (moved: Moved) => never,
): Promise<Moved> {
  const { bookingId, sessionId, startsAt, visitTypeId, actorId, onBehalf, ...more } = request
  const { key = null, knownBy = null, access, answers } = more
  const clinicNo = clinicNoOf(bookingId)
  const found = await client.query<FoundSlot>(sql`
    select outcome, slot_id, judged_version, patient from holdfast.slot_for_move(
      ${clinicNo}::integer, ${bookingId}::uuid, ${sessionId}::uuid, ${startsAt}::timestamptz, ${visitTypeId}::uuid,
      ${newId(clinicNo)}::uuid, ${actorId}::uuid, ${onBehalf}::boolean, ${key}::uuid, ${knownBy}::text,
      ${accessJson(access)}, ${answers === undefined ? null : JSON.stringify(answers)}::jsonb)`)
  const { outcome = null, slot_id: slotId = null, judged_version: judged = null, patient = null } = found.rows[0] ?? {}
  if (outcome === 'retry') return { kind: 'retry' }
  if (slotId === null) return undo(refusalOf(outcome ?? ''))
  const { rows } = await client.query<MoveRow>(movesOf([{ ...request, slotId }], true, patient && [patient]))
  const [row] = rows
  if (row?.outcome !== 'done') return undo(rows)
  // It was confirmed, or its answers were changed, after they were judged.
  if (judged !== null && row.version !== judged + 1) return undo({ kind: 'retry' })
  return rows
}

function refusalOf(outcome: string): ItemResult<TimeMoveOutcome> {
  if (outcome === 'booking_missing' || outcome === 'approval_required') {
    return { kind: 'completed', outcome: { kind: outcome } }
  }
  return { kind: 'completed', outcome: answerRefused(outcome) ?? visitRefusal(outcome) }
}

/** The queue of moves to times. */
export function timeMoveQueue(
  pool: pg.Pool,
  announce: Announce,
  settings: Partial<BatchQueueSettings<TimeMoveRequest, TimeMoveOutcome>>,
): BatchQueue<TimeMoveRequest, TimeMoveOutcome> {
  const run = (request: TimeMoveRequest) => moveToTime(pool, request, announce)
  return visitQueue('time_move', run, (requests) => findLockedMoves(pool, requests), settings)
}

/** findLockedVisits */
export async function findLockedMoves(pool: pg.Pool, requests: readonly TimeMoveRequest[]): Promise<boolean[]> {
  const bookings = requests.map((request) => locksOf.move({ ...request, slotId: null }))
  return findLockedVisits(pool, requests, bookings)
}
