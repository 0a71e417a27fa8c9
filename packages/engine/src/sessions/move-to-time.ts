import type pg from 'pg'
import sql from 'sql-template-tag'
import { answerRefused } from '../bookings/answer-refused.ts'
import { findLocked, locksOf } from '../bookings/find-locked.ts'
import { type MoveRow, moveResults, movesOf } from '../bookings/move-batch.ts'
import { accessJson } from '../database/booking-access-sql.ts'
import { inTransaction } from '../database/pools.ts'
import type { Announce } from '../model/committed.ts'
import { clinicNoOf, newId } from '../model/id.ts'
import type { TimeMoveOutcome, TimeMoveRequest } from '../model/settle.ts'
import { BatchQueue, type BatchQueueSettings, type ItemResult } from '../queue/batch-queue.ts'
import { findLockedDoctors } from './claim-times.ts'
import { visitRefusal } from './time-refusal.ts'

type FoundSlot = {
  outcome: string | null
  slot_id: string | null
  judged_version: number | null
  patient: object | null
}

/** Undoes what was prepared for a move that was refused. */
class MoveUndone extends Error {
  readonly found: MoveRow[] | ItemResult<TimeMoveOutcome>

  constructor(found: MoveRow[] | ItemResult<TimeMoveOutcome>) {
    super('A move was refused, and what was prepared for it is not needed.')
    this.found = found
  }
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
  const moved = await inTransaction(pool, (client) => moveWithSlot(client, request)).catch((error: unknown) => {
    if (error instanceof MoveUndone) return error.found
    throw error
  })
  if (!Array.isArray(moved)) return moved
  const [result = { kind: 'retry' as const }] = moveResults(moved, [{ ...request, slotId: '' }], startedAt, announce)
  return result
}

/** The rows of `move_bookings`, or a retry. @throws MoveUndone if nothing was moved */
async function moveWithSlot(
  client: pg.PoolClient,
  request: TimeMoveRequest,
): Promise<MoveRow[] | ItemResult<TimeMoveOutcome>> {
  const { bookingId, sessionId, startsAt, visitTypeId, actorId, onBehalf, ...more } = request
  const { key = null, knownBy = null, access, answers } = more
  const clinicNo = clinicNoOf(bookingId)
  const found = await client.query<FoundSlot>(sql`
    select outcome, slot_id, judged_version, patient from holdfast.slot_for_move(
      ${clinicNo}::integer, ${bookingId}::uuid, ${sessionId}::uuid, ${startsAt}::timestamptz, ${visitTypeId}::uuid,
      ${newId(clinicNo)}::uuid, ${actorId}::uuid, ${onBehalf}::boolean, ${key}::uuid, ${knownBy}::text,
      ${accessJson(access)}, ${answers === undefined ? null : JSON.stringify(answers)}::jsonb)`)
  const { outcome = null, slot_id: slotId = null, judged_version: judged = null, patient = null } = found.rows[0] ?? {}
  // What was given back for a retry stays.
  if (outcome === 'retry') return { kind: 'retry' }
  if (slotId === null) throw new MoveUndone(refusalOf(outcome ?? ''))
  const { rows } = await client.query<MoveRow>(movesOf([{ ...request, slotId }], true, patient && [patient]))
  const [row] = rows
  if (row?.outcome !== 'done') throw new MoveUndone(rows)
  // It was confirmed, or its answers were changed, after they were judged.
  if (judged !== null && row.version !== judged + 1) throw new MoveUndone({ kind: 'retry' })
  return rows
}

function refusalOf(outcome: string): ItemResult<TimeMoveOutcome> {
  if (outcome === 'booking_missing' || outcome === 'approval_required') {
    return { kind: 'completed', outcome: { kind: outcome } }
  }
  return { kind: 'completed', outcome: answerRefused(outcome) ?? visitRefusal(outcome) }
}

/**
 * The queue of moves to times. Each is a separate transaction, because a refused one is undone, and a batch has one: if
 * it had several, some would be committed when another fails the batch.
 */
export function timeMoveQueue(
  pool: pg.Pool,
  announce: Announce,
  settings: Partial<BatchQueueSettings<TimeMoveRequest, TimeMoveOutcome>>,
): BatchQueue<TimeMoveRequest, TimeMoveOutcome> {
  return new BatchQueue<TimeMoveRequest, TimeMoveOutcome>({
    name: 'time_move',
    batchSizeMax: 1,
    run: (items) => Promise.all(items.map((item) => moveToTime(pool, item, announce))),
    rowOf: ({ bookingId }) => `${clinicNoOf(bookingId)}/${bookingId}`,
    findLocked: (items) => findLockedMoves(pool, items),
    ...settings,
  })
}

/** Which of the requests would wait for a lock of another transaction. Waits for no row itself. */
export async function findLockedMoves(pool: pg.Pool, requests: readonly TimeMoveRequest[]): Promise<boolean[]> {
  const doctors = await findLockedDoctors(pool, requests)
  const bookings = await findLocked(
    pool,
    requests.map((request) => locksOf.move({ ...request, slotId: null })),
  )
  return requests.map((_request, index) => doctors[index] === true || bookings[index] === true)
}
