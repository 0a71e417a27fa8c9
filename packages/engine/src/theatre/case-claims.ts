import type pg from 'pg'
import sql from 'sql-template-tag'
import { prepared } from '../database/prepared.ts'
import { isNotDone } from '../model/claim.ts'
import { BatchQueue, type BatchQueueSettings, type QueueDepth, type QueueResult } from '../queue/batch-queue.ts'
import type { ClinicLimiterSettings } from '../queue/clinic-limiter.ts'
import { clinicQueues } from './clinic-queues.ts'
import {
  type CaseWriter,
  resultOf,
  type ScheduleRequest,
  type ScheduleResult,
  type ScheduleRow,
  schedule,
  sentPlan,
} from './schedule-cases.ts'

export type CaseClaimsSettings = ClinicLimiterSettings &
  Pick<BatchQueueSettings<never, never>, 'queuedMax' | 'unknownMsMax' | 'onBatch' | 'onRefused'>

/**
 * The depths of all clinics. `case_alone`: claims that a batch has left, or that were in one that failed.
 * `case_change`: changes, and claims that bump others.
 */
export type CaseQueueDepths = Record<'case' | 'case_alone' | 'case_change', QueueDepth>

type ClaimQueue = BatchQueue<ScheduleRequest, ScheduleResult>
type ClaimResult = QueueResult<ScheduleResult>
/** The queues of a clinic. `alone`: what a batch has not decided. */
type QueuesOfClaims = { together: ClaimQueue; alone: ClaimQueue }

const batchSizeMax = 64
const batchesInFlightMax = 2
const overloaded: ClaimResult = { kind: 'overloaded' }

/**
 * Claims of new cases. Claims of a clinic that arrive while two of its batches are at the database share the next one,
 * as appointments do (docs/decisions/0016). What a batch does not decide is sent alone; so is a claim that has no other
 * to share a batch with, for which that takes less. As many claims may wait as of appointments, not only `waitingMax`:
 * each takes a part of a batch, and a change a connection.
 */
export function caseClaims(
  writer: CaseWriter,
  { atOnceMax, waitingMax: _changesMax, ...bounds }: CaseClaimsSettings,
): {
  claim: (request: ScheduleRequest) => Promise<ScheduleResult>
  depths: () => Omit<CaseQueueDepths, 'case_change'>
} {
  const queues = clinicQueues((clinicNo): QueuesOfClaims => {
    const alone: ClaimQueue = new BatchQueue({
      ...bounds,
      name: 'case_alone',
      run: (requests, deadlines) => claimEach(writer, requests, deadlines),
      batchSizeMax: 1,
      inFlightMax: atOnceMax,
    })
    const together: ClaimQueue = new BatchQueue({
      ...bounds,
      name: 'case',
      run: (requests, deadlines) =>
        requests.length === 1
          ? claimEach(writer, requests, deadlines)
          : claimBatch(writer, clinicNo, requests, deadlines),
      alone,
      batchSizeMax,
      inFlightMax: batchesInFlightMax,
    })
    return { together, alone }
  })
  return {
    claim: (request) => queues.use(request.clinicNo, ({ together }) => together.submit(request)),
    depths: () => ({ case: queues.depth('together'), case_alone: queues.depth('alone') }),
  }
}

/** Each in a transaction. Safe to run again: each claim has a key. */
function claimEach(
  writer: CaseWriter,
  requests: readonly ScheduleRequest[],
  deadlines: readonly number[],
): Promise<ClaimResult[]> {
  return Promise.all(
    requests.map(async (request, index) =>
      resultFrom(await schedule(writer, async () => request, deadlines[index] ?? Number.POSITIVE_INFINITY)),
    ),
  )
}

/** One batch, in one transaction, without what has waited too long when it begins. Safe to run again. */
async function claimBatch(
  { pool, limitClinic }: CaseWriter,
  clinicNo: number,
  requests: readonly ScheduleRequest[],
  deadlines: readonly number[],
): Promise<ClaimResult[]> {
  const results = await limitClinic(
    clinicNo,
    async () => {
      const now = performance.now()
      const inTime = requests.filter((_request, index) => (deadlines[index] ?? 0) >= now)
      const claimed = inTime.length === 0 ? [] : await claimTogether(pool, clinicNo, inTime)
      const results = new Map(inTime.map((request, index) => [request, claimed[index]]))
      return requests.map((request) => results.get(request) ?? overloaded)
    },
    Math.max(...deadlines),
  )
  return 'kind' in results ? requests.map(() => overloaded) : results
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
  const { rows } = await pool.query<ScheduleRow>(prepared('claim_cases', statement))
  return rows.map((row) => (row.outcome === 'alone' ? { kind: 'alone' } : resultFrom(resultOf(row))))
}

function resultFrom(outcome: ScheduleResult): ClaimResult {
  return isNotDone(outcome) ? { kind: outcome.kind } : { kind: 'completed', outcome }
}
