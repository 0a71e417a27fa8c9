import { setTimeout as delay } from 'node:timers/promises'
import type pg from 'pg'
import sql from 'sql-template-tag'
import { isLockTimeout } from '../database/database-unavailable.ts'
import { oneRow } from '../database/one-row.ts'
import { prepared } from '../database/prepared.ts'
import { locked, type NotDone, overloaded } from '../model/claim.ts'
import { clinicNoOf, newId } from '../model/id.ts'
import type {
  AppliedOverride,
  BumpRefusal,
  Case,
  CaseConflict,
  CasePlan,
  CaseRefusal,
  ClaimCaseRequest,
} from '../model/theatre-case.ts'
import type { ClinicLimiter } from '../queue/clinic-limiter.ts'
import { caseOf, type FoundCase } from './case-reads.ts'
import { isOverlap, overlapRefusal } from './overlap-refusal.ts'

/** How changes of cases reach the database: over a small pool, a few of each clinic at a time. */
export type CaseWriter = { pool: pg.Pool; limitClinic: ClinicLimiter }

/** A plan as schedule_cases reads it. */
export type ScheduledPlan = CasePlan & {
  caseId: string
  /** null: a new case. */
  version: number | null
  confirm: boolean
  patient: ClaimCaseRequest['patient'] | null
  patientId: string | null
  service: string
  procedure: ClaimCaseRequest['procedure']
  urgency: ClaimCaseRequest['urgency']
  blockId: string | null
  requestId: string | null
  override: AppliedOverride | null
  /** Absent: that of the room. */
  turnoverMinutes?: number
}

export type ScheduleRequest = {
  clinicNo: number
  plans: ScheduledPlan[]
  bumps: { caseId: string; requestId: string }[]
  bumpReason: string | null
  actorId: string | null
  key: string
  /** The hash of a claim; null where no case is new. */
  requestHash: string | null
  /** The one plan has another team for a running case. */
  isRelief?: boolean
}

export type ScheduleResult =
  /** The cases of the plans, and then the bumped ones. */
  | { kind: 'done'; caseId: string; cases: Case[]; position: string }
  | { kind: 'replayed'; caseId: string; position: string }
  | { kind: 'unchanged'; caseId: string; position: string }
  | { kind: 'hold_expired' | 'invalid_transition'; caseId: string }
  | { kind: 'bump_refused'; bumpRefusals: BumpRefusal[] }
  | CaseMissing
  | CaseRefusal

export type CaseMissing = { kind: 'case_missing'; caseId: string }

/** A row of schedule_cases, of claim_cases, or of relieve_team. */
export type ScheduleRow = {
  outcome: ScheduleResult['kind'] | 'checked' | 'retry' | 'alone'
  detail: unknown
  booking_id: string
  tx: string | null
  cases: FoundCase[] | null
}

const triesMax = 20

/**
 * Runs `request`, which is built anew for each try: a case may have changed since it was read. `deadline`: until when
 * it may wait, by `performance.now()`.
 */
export async function schedule(
  writer: CaseWriter,
  request: () => Promise<ScheduleRequest | CaseMissing>,
  deadline: number,
): Promise<ScheduleResult> {
  let overlaps = 0
  for (let tries = 1; tries <= triesMax; tries += 1) {
    const built = await request()
    if ('kind' in built) return built
    const change = (pool: pg.Pool) => run(pool, built, false)
    const row = await changeOrBusy(writer, built.clinicNo, change, deadline).catch((error: unknown) => {
      if (!isOverlap(error)) throw error
      overlaps += 1
      return overlaps > 1 ? overlapRefusal(error, built.plans) : null
    })
    if (row !== null && 'kind' in row) return row
    if (row !== null && row.outcome !== 'retry') return resultOf(row)
    // It lost a race; the others need a moment to commit.
    if (tries > 2) await delay(tries)
  }
  return overloaded
}

/** What would prevent the plan now. */
export async function check(
  pool: pg.Pool,
  request: ScheduleRequest,
): Promise<
  { kind: 'checked'; conflicts: CaseConflict[] } | (CaseRefusal & { kind: 'resource_invalid' | 'request_missing' })
> {
  const row = await run(pool, request, true)
  if (row.outcome === 'checked') return { kind: 'checked', conflicts: conflictsOf(row) }
  const result = resultOf(row)
  if (result.kind === 'resource_invalid' || result.kind === 'request_missing') return result
  throw new Error(`The check of case ${row.booking_id} returned ${row.outcome}.`)
}

/**
 * `overloaded` if too much of its clinic's work was waiting or ran for too long, `locked` if a lock was not free in
 * time; nothing was written then.
 */
export async function changeOrBusy<Row>(
  { pool, limitClinic }: CaseWriter,
  clinicNo: number,
  change: (pool: pg.Pool) => Promise<Row>,
  deadline: number,
): Promise<Row | NotDone> {
  try {
    return await limitClinic(clinicNo, () => change(pool), deadline)
  } catch (error) {
    // Another request has locked a room or person for as long as the pool waits for a lock.
    if (isLockTimeout(error)) return locked
    throw error
  }
}

async function run(pool: pg.Pool, request: ScheduleRequest, dryRun: boolean): Promise<ScheduleRow> {
  const { clinicNo, bumps, bumpReason, actorId, key, requestHash } = request
  if (request.isRelief === true) {
    const [plan] = request.plans
    const relief = sql`
      select * from holdfast.relieve_team(${clinicNo}::integer, ${JSON.stringify(plan)}::jsonb, ${actorId}::uuid,
        ${key}::uuid)`
    return oneRow(await pool.query<ScheduleRow>(prepared('relieve_team', relief)))
  }
  const plans = JSON.stringify(request.plans.map(sentPlan))
  const statement = sql`
    select * from holdfast.schedule_cases(${clinicNo}::integer, ${plans}::jsonb,
      ${JSON.stringify(bumps)}::jsonb, ${bumpReason}::text, ${actorId}::uuid, ${key}::uuid, ${requestHash}::uuid,
      ${dryRun}::boolean)`
  return oneRow(await pool.query<ScheduleRow>(prepared('schedule_cases', statement)))
}

/** A plan with the ids to use if a day of open time or the patient has to be stored. */
export function sentPlan(plan: ScheduledPlan): object {
  const clinicNo = clinicNoOf(plan.caseId)
  return {
    ...plan,
    openSlotId: newId(clinicNo),
    ...(plan.version === null ? { newPatientId: newId(clinicNo) } : {}),
  }
}

export function resultOf(row: ScheduleRow): ScheduleResult {
  const { outcome, booking_id: caseId } = row
  switch (outcome) {
    case 'done':
      return { kind: 'done', caseId, cases: (row.cases ?? []).map((found) => caseOf(found)), position: row.tx ?? '' }
    case 'replayed':
    case 'unchanged':
      return { kind: outcome, caseId, position: row.tx ?? '' }
    case 'case_missing':
    case 'hold_expired':
    case 'invalid_transition':
      return { kind: outcome, caseId }
    case 'refused':
      return { kind: 'refused', conflicts: conflictsOf(row) }
    case 'bump_refused':
      return { kind: outcome, bumpRefusals: bumpRefusalsOf(row) }
    case 'resource_invalid':
      return { kind: 'resource_invalid', ...(row.detail as Omit<CaseRefusal & { kind: 'resource_invalid' }, 'kind'>) }
    case 'key_reused':
    case 'request_missing':
      return { kind: outcome }
    default:
      throw new Error(`The change of case ${caseId} returned ${outcome}.`)
  }
}

function bumpRefusalsOf({ detail }: ScheduleRow): BumpRefusal[] {
  return (detail as { caseId: string; why: BumpRefusal['reason'] }[]).map(({ caseId, why }) => ({
    caseId,
    reason: why,
  }))
}

/** Times are texts in JSON. */
function conflictsOf(row: ScheduleRow): (CaseConflict & { ofCaseId: string })[] {
  const found = row.detail as (CaseConflict & { ofCaseId: string })[]
  return found.map((conflict) => {
    if (conflict.kind === 'resource_busy' || conflict.kind === 'person_away') {
      return { ...conflict, from: new Date(conflict.from), to: new Date(conflict.to) }
    }
    if (conflict.kind === 'block_overrun') return { ...conflict, blockEndsAt: new Date(conflict.blockEndsAt) }
    return conflict
  })
}
