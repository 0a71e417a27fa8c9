import { randomUUID } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import type pg from 'pg'
import sql from 'sql-template-tag'
import { announceBatch, writtenUnread } from '../bookings/announce-batch.ts'
import { type BatchSettleOutcome, runSettleBatch } from '../bookings/settle-batch.ts'
import { accessJson } from '../database/booking-access-sql.ts'
import { inTransaction } from '../database/pools.ts'
import { repeatWhileLost } from '../database/repeat-while-lost.ts'
import { overloaded } from '../model/claim.ts'
import type { Announce } from '../model/committed.ts'
import { clinicNoOf, newId } from '../model/id.ts'
import type { SettleOutcome, SettleRequest } from '../model/settle.ts'
import { visitRefusal } from './time-refusal.ts'

const triesMax = 5
const againMs = 50

/**
 * Sends changes to the queue, and the approvals of requests that hold nothing, of which the queue finds out that they
 * have to get their time first, to a transaction that claims it. Those are few, and each runs alone.
 */
export function settlesWithApprovals(
  queue: { submit(request: SettleRequest): Promise<BatchSettleOutcome> },
  pool: pg.Pool,
  announce: Announce,
) {
  return async (sent: SettleRequest): Promise<SettleOutcome> => {
    // Every change has a key, so that a batch whose result was lost can be sent again.
    const request = { ...sent, key: sent.key ?? randomUUID() }
    const outcome = await queue.submit(request)
    return outcome.kind === 'holds_nothing' ? approveRequest(pool, request, announce) : outcome
  }
}

/** Undoes what was prepared for an approval that was refused. */
class ApprovalUndone extends Error {
  readonly outcome: SettleOutcome | 'retry'

  constructor(outcome: SettleOutcome | 'retry') {
    super('An approval was refused, and what was prepared for it is not needed.')
    this.outcome = outcome
  }
}

/**
 * Approves a request that holds nothing: it gets its time, and is confirmed, in one transaction. Safe to run again: an
 * approved request is `unchanged`.
 *
 * @throws pg.DatabaseError, such as for a doctor whom another transaction keeps locked; nothing was approved
 */
export async function approveRequest(
  pool: pg.Pool,
  request: SettleRequest,
  announce: Announce = () => undefined,
): Promise<SettleOutcome> {
  for (let tries = 1; tries <= triesMax; tries += 1) {
    const outcome = await repeatWhileLost(() => approveOnce(pool, request))
    if (outcome !== 'retry') {
      // The units of its slot are read; a repetition may have lost its announcement with its result.
      if (outcome.kind === 'done') announceBatch(announce, [writtenUnread(outcome.position, [outcome.booking])])
      if (outcome.kind === 'unchanged') announceBatch(announce, [writtenUnread(null, [outcome.booking])])
      return outcome
    }
    await delay(againMs)
  }
  return overloaded
}

async function approveOnce(pool: pg.Pool, request: SettleRequest): Promise<SettleOutcome | 'retry'> {
  const { bookingId, actorId, knownBy = null, access, patient = null } = request
  const clinicNo = clinicNoOf(bookingId)
  const approving = inTransaction(pool, async (client) => {
    const { rows } = await client.query<{ refusal: string | null }>(sql`
      select holdfast.take_requested_time(
        ${clinicNo}::integer, ${bookingId}::uuid, ${newId(clinicNo)}::uuid, ${actorId}::uuid, ${knownBy}::text,
        ${accessJson(access)}, ${patient === null ? null : JSON.stringify(patient)}::jsonb) as refusal`)
    const refusal = rows[0]?.refusal ?? null
    // What was given back for a retry stays.
    if (refusal === 'retry') return refusal
    if (refusal !== null)
      throw new ApprovalUndone(refusal === 'booking_missing' ? { kind: refusal } : visitRefusal(refusal))
    const [settled] = await runSettleBatch(client, [request])
    if (settled?.kind !== 'completed' || settled.outcome.kind === 'holds_nothing') throw new ApprovalUndone('retry')
    if (settled.outcome.kind !== 'done') throw new ApprovalUndone(settled.outcome)
    return settled.outcome
  })
  return approving.catch((error: unknown) => {
    if (error instanceof ApprovalUndone) return error.outcome
    throw error
  })
}
