import { randomUUID } from 'node:crypto'
import type pg from 'pg'
import sql from 'sql-template-tag'
import { announceBatch, writtenUnread } from '../bookings/announce-batch.ts'
import { findLocked, locksOf } from '../bookings/find-locked.ts'
import { type BatchSettleOutcome, type QueuedSettle, runSettleBatch } from '../bookings/settle-batch.ts'
import { visitRefusal } from '../bookings/time-refusal.ts'
import { accessJson } from '../database/booking-access-sql.ts'
import { inTransactionUnlessUndone } from '../database/undone.ts'
import type { Announce } from '../model/committed.ts'
import { clinicNoOf, newId } from '../model/id.ts'
import type { SettledOutcome, SettleOutcome, SettleRequest } from '../model/settle.ts'
import type { BatchQueue, BatchQueueSettings, ItemResult } from '../queue/batch-queue.ts'
import { findLockedVisits, visitQueue } from './visit-queue.ts'

/**
 * Sends each change to the queue of changes. If that answers `holds_nothing`, it is the approval of a request that has
 * to claim its time first, and goes to the queue of approvals. If it answers `needs_slot`, the confirmation is a
 * request of a type that is `not_holding`. It is sent again with `mayFree`, in the group of its clinic (rowsOf): it
 * locks the clinic's waitlist, and other confirmations do not wait for it.
 */
export function settlesWithApprovals(
  settles: { submit(request: QueuedSettle): Promise<BatchSettleOutcome> },
  approvals: { submit(request: SettleRequest): Promise<SettleOutcome> },
) {
  return async (sent: SettleRequest): Promise<SettleOutcome> => {
    // Every change has a key, so that a batch whose result was lost can be sent again.
    const request = { ...sent, key: sent.key ?? randomUUID() }
    const first = await settles.submit({ ...request, mayFree: false })
    const outcome = first.kind === 'needs_slot' ? await settles.submit({ ...request, mayFree: true }) : first
    if (!isApart(outcome)) return outcome
    if (outcome.kind === 'holds_nothing') return approvals.submit(request)
    throw new Error(`The booking ${request.bookingId} could not lock its slot.`)
  }
}

/** The queue of approvals of requests that hold nothing. */
export function approvalQueue(
  pool: pg.Pool,
  announce: Announce,
  settings: Partial<BatchQueueSettings<SettleRequest, SettleOutcome>>,
): BatchQueue<SettleRequest, SettleOutcome> {
  const run = (request: SettleRequest) => approveRequest(pool, request, announce)
  return visitQueue('approval', run, (requests) => findLockedApprovals(pool, requests), settings)
}

/** How many bookings one look for locks has. */
const lockedSoughtMax = 1_000

/**
 * Which of the approvals would wait for a lock of another transaction, also of the requests that they end. Waits for no
 * row itself.
 */
export async function findLockedApprovals(pool: pg.Pool, requests: readonly SettleRequest[]): Promise<boolean[]> {
  const ids = requests.map(({ bookingId }) => bookingId)
  // A booking that does not exist is of no session, and so not locked.
  const { rows } = await pool.query<{ sessionId: string; visitTypeId: string | null; rivalIds: string[] }>(sql`
    select coalesce(s.session_id, i.id) as "sessionId", s.visit_type_id as "visitTypeId",
           holdfast.rival_requests(i.clinic_no, i.id) as "rivalIds"
      from unnest(${ids.map(clinicNoOf)}::integer[], ${ids}::uuid[]) with ordinality i(clinic_no, id, n)
      left join holdfast.booking b on b.clinic_no = i.clinic_no and b.id = i.id and b.id = any (${ids}::uuid[])
      left join holdfast.slot s on s.clinic_no = b.clinic_no and s.id = b.slot_id
     order by i.n`)
  const visits = await findLockedVisits(pool, rows, requests.map(locksOf.settle))
  const rivals = await lockedOf(pool, [...new Set(rows.flatMap(({ rivalIds }) => rivalIds))])
  return rows.map(({ rivalIds }, index) => visits[index] === true || rivalIds.some((id) => rivals.has(id)))
}

async function lockedOf(pool: pg.Pool, bookingIds: readonly string[]): Promise<Set<string>> {
  const locked = new Set<string>()
  for (let from = 0; from < bookingIds.length; from += lockedSoughtMax) {
    const some = bookingIds.slice(from, from + lockedSoughtMax)
    const found = await findLocked(
      pool,
      some.map((bookingId) => locksOf.settle({ bookingId, action: 'confirm' })),
    )
    for (const [index, id] of some.entries()) if (found[index] === true) locked.add(id)
  }
  return locked
}

/**
 * Approves a request that holds nothing, and announces it: it gets its time, and is confirmed, in one transaction. Safe
 * to run again: an approved request is `unchanged`.
 */
async function approveRequest(
  pool: pg.Pool,
  request: SettleRequest,
  announce: Announce,
): Promise<ItemResult<SettleOutcome>> {
  const result = await inTransactionUnlessUndone<ItemResult<SettleOutcome>>(pool, (client, undo) =>
    approveWithSlot(client, request, undo),
  )
  if (result.kind === 'retry') return result
  // The units of its slot are read; a repetition may have lost its announcement with its result.
  const { outcome } = result
  if (outcome.kind === 'done') announceBatch(announce, [writtenUnread(outcome.position, [outcome.booking])])
  if (outcome.kind === 'unchanged') announceBatch(announce, [writtenUnread(null, [outcome.booking])])
  return result
}

/** @param undo called if nothing was approved */
async function approveWithSlot(
  client: pg.PoolClient,
  request: SettleRequest,
  undo: (result: ItemResult<SettleOutcome>) => never,
): Promise<ItemResult<SettleOutcome>> {
  const { bookingId, actorId, knownBy = null, access } = request
  const clinicNo = clinicNoOf(bookingId)
  const { rows } = await client.query<{ refusal: string | null }>(sql`
    select holdfast.take_requested_time(
      ${clinicNo}::integer, ${bookingId}::uuid, ${newId(clinicNo)}::uuid, ${actorId}::uuid, ${knownBy}::text,
      ${accessJson(access)}) as refusal`)
  const refusal = rows[0]?.refusal ?? null
  if (refusal === 'retry') return { kind: 'retry' }
  if (refusal !== null) {
    const outcome = refusal === 'booking_missing' ? ({ kind: refusal } as const) : visitRefusal(refusal)
    return undo({ kind: 'completed', outcome })
  }
  const [settled] = await runSettleBatch(client, [request])
  if (settled?.kind !== 'completed' || isApart(settled.outcome)) {
    return undo({ kind: 'retry' })
  }
  const approved = { kind: 'completed', outcome: settled.outcome } as const
  if (approved.outcome.kind !== 'done') return undo(approved)
  return approved
}

function isApart(outcome: BatchSettleOutcome): outcome is Exclude<BatchSettleOutcome, SettledOutcome> {
  return outcome.kind === 'holds_nothing' || outcome.kind === 'needs_slot'
}
