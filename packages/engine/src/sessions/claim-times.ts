import type pg from 'pg'
import sql from 'sql-template-tag'
import { answerRefused } from '../bookings/answer-refused.ts'
import {
  type ClaimsRow,
  claimArrays,
  claimResults,
  queryOf,
  recordIdArray,
  rowsOfAll,
  withPartitions,
} from '../bookings/claim-batch.ts'
import { knownByArray } from '../bookings/patient-booked.ts'
import { timeRefusal } from '../bookings/time-refusal.ts'
import { plainArray } from '../database/array-literal.ts'
import type { Announce } from '../model/committed.ts'
import { clinicNoOf, newId } from '../model/id.ts'
import type { TimeClaimOutcome, TimeClaimRequest } from '../model/session.ts'
import { BatchQueue, type BatchQueueSettings, type ItemResult } from '../queue/batch-queue.ts'

/**
 * Runs one batch of claims of times in one transaction, and announces it. Safe to run again: each claim has a key.
 *
 * @throws PartitionMissing
 */
export async function runTimeClaimBatch(
  pool: pg.Pool,
  requests: readonly TimeClaimRequest[],
  announce: Announce = () => undefined,
): Promise<ItemResult<TimeClaimOutcome>[]> {
  const startedAt = performance.now()
  const statement = sql`
    select * from holdfast.claim_times(
      ${plainArray(requests, ({ bookingId }) => clinicNoOf(bookingId))}::integer[],
      ${plainArray(requests, ({ sessionId }) => sessionId)}::uuid[],
      ${requests.map(({ startsAt }) => startsAt)}::timestamptz[],
      ${plainArray(requests, ({ visitTypeId }) => visitTypeId)}::uuid[],
      ${plainArray(requests, ({ bookingId }) => newId(clinicNoOf(bookingId)))}::uuid[],
      ${claimArrays(requests)}, ${knownByArray(requests)}::text[], ${recordIdArray(requests)}::uuid[])`
  const { rows } = await withPartitions(requests, () =>
    pool.query<ClaimsRow>(queryOf('claim_times', requests, statement)),
  )
  const claimed = rows.flatMap(rowsOfAll)
  const results = await claimResults(
    pool,
    requests.map((request, index) => ({ ...request, slotId: claimed[index]?.slot_id ?? '' })),
    claimed.map((row) => (refusalOf(row.outcome) !== null ? { ...row, outcome: 'slot_missing' } : row)),
    startedAt,
    announce,
  )
  return results.map((result, index) => {
    const refusal = refusalOf(claimed[index]?.outcome ?? '')
    return refusal === null ? result : { kind: 'completed', outcome: refusal }
  })
}

const refusalOf = (outcome: string) => timeRefusal(outcome) ?? answerRefused(outcome)

/** The queue of claims of times: the sessions of a doctor who stays locked wait apart from the others. */
export function timeClaimQueue(
  pool: pg.Pool,
  announce: Announce,
  settings: Partial<BatchQueueSettings<TimeClaimRequest, TimeClaimOutcome>>,
): BatchQueue<TimeClaimRequest, TimeClaimOutcome> {
  return new BatchQueue<TimeClaimRequest, TimeClaimOutcome>({
    name: 'time_claim',
    run: (items) => runTimeClaimBatch(pool, items, announce),
    rowOf: ({ sessionId }) => sessionId,
    findLocked: (items) => findLockedDoctors(pool, items),
    ...settings,
  })
}

/**
 * Which of the requests would wait for another transaction that has locked their doctors, rooms or devices. Waits for
 * no row itself.
 */
export async function findLockedDoctors(
  pool: pg.Pool,
  requests: readonly { sessionId: string; visitTypeId: string | null }[],
): Promise<boolean[]> {
  const { rows } = await pool.query<{ locked: boolean[] }>(sql`
    select holdfast.are_doctors_locked(
      ${plainArray(requests, ({ sessionId }) => clinicNoOf(sessionId))}::integer[],
      ${plainArray(requests, ({ sessionId }) => sessionId)}::uuid[],
      ${requests.map(({ visitTypeId }) => visitTypeId)}::uuid[]) as locked`)
  return rows[0]?.locked ?? []
}
