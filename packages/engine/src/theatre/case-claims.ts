import pg from 'pg'
import sql from 'sql-template-tag'
import { isConnectionLost, isNotWritable } from '../database/database-unavailable.ts'
import { prepared } from '../database/prepared.ts'
import type { Overloaded } from '../model/claim.ts'
import { BatchQueue, type ItemResult } from '../queue/batch-queue.ts'
import type { ClinicTurnsSettings } from './clinic-turns.ts'
import {
  type CaseWriter,
  resultOf,
  type ScheduleRequest,
  type ScheduleResult,
  type ScheduleRow,
  schedule,
  sentPlan,
} from './schedule-cases.ts'

/** Decided together with others, or to be sent alone. */
type ClaimResult = ScheduleResult | { kind: 'alone' }
type ClaimQueue = BatchQueue<ScheduleRequest, ClaimResult>

const batchSizeMax = 64
const batchesInFlightMax = 2

/**
 * Claims of new cases. Those of a clinic that arrive while two of its batches are at the database share the next one,
 * as appointments do (docs/decisions/0047). What a batch does not decide is sent alone; so is a claim that arrives when
 * none is at the database, for which that takes less.
 */
export function caseClaims(
  writer: CaseWriter,
  { waitingMax, waitMsMax }: ClinicTurnsSettings,
): (request: ScheduleRequest) => Promise<ScheduleResult> {
  const queues = new Map<number, ClaimQueue>()
  const newQueue = (clinicNo: number): ClaimQueue => {
    const queue: ClaimQueue = new BatchQueue({
      name: 'case',
      run: (requests) =>
        requests.length === 1 && queue.depth.inFlight === 1
          ? Promise.all(requests.map(async (request) => completed(await schedule(writer, async () => request))))
          : claimBatch(writer, clinicNo, requests),
      batchSizeMax,
      inFlightMax: batchesInFlightMax,
      queuedMax: waitingMax,
      waitMsMax,
    })
    return queue
  }
  return async (request) => {
    const { clinicNo } = request
    const queue = queues.getOrInsertComputed(clinicNo, newQueue)
    try {
      const result = await queue.submit(request)
      return result.kind === 'alone' ? await schedule(writer, async () => request) : result
    } finally {
      const { queued, inFlight, slow } = queue.depth
      if (queued + inFlight + slow === 0 && queues.get(clinicNo) === queue) queues.delete(clinicNo)
    }
  }
}

/** One batch, in one transaction. Safe to run again: each claim has a key. */
async function claimBatch(
  { pool, inTurn }: CaseWriter,
  clinicNo: number,
  requests: readonly ScheduleRequest[],
): Promise<ItemResult<ClaimResult>[]> {
  const results = await inTurn(clinicNo, () => claimTogether(pool, clinicNo, requests))
  if ('kind' in results) return requests.map(() => completed(results))
  return results.map(completed)
}

async function claimTogether(
  pool: pg.Pool,
  clinicNo: number,
  requests: readonly ScheduleRequest[],
): Promise<ClaimResult[]> {
  const plans = requests.flatMap(({ plans, actorId, key, requestHash }) =>
    plans.map((plan) => ({ ...sentPlan(plan), actorId, key, requestHash })),
  )
  const statement = sql`select * from holdfast.claim_cases(${clinicNo}::integer, ${JSON.stringify(plans)}::jsonb)`
  try {
    const { rows } = await pool.query<ScheduleRow | (ScheduleRow & { outcome: 'alone' })>(
      prepared('claim_cases', statement),
    )
    return rows.map((row) => (row.outcome === 'alone' ? { kind: 'alone' } : resultOf(row)))
  } catch (error) {
    // Nothing was written. What one of them has caused, such as a wait for a lock, must not fail the others.
    const isRefused = error instanceof pg.DatabaseError && !isConnectionLost(error) && !isNotWritable(error)
    if (!isRefused) throw error
    return requests.map(() => ({ kind: 'alone' }))
  }
}

function completed(outcome: ClaimResult | Overloaded): ItemResult<ClaimResult> {
  return { kind: 'completed', outcome }
}
