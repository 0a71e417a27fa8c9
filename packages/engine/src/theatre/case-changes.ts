import { randomUUID } from 'node:crypto'
import type pg from 'pg'
import sql from 'sql-template-tag'
import { promptly, readAfterCommit } from '../database/promptly.ts'
import type { Announce } from '../model/committed.ts'
import { clinicNoIn, newId } from '../model/id.ts'
import type { SettleOutcome, SettleRequest } from '../model/settle.ts'
import type { Theatre } from '../model/theatre.ts'
import type {
  BumpCasesOutcome,
  BumpCasesRequest,
  Case,
  CaseAction,
  CaseRefusal,
  CaseUnchangeable,
  ChangeCaseOutcome,
  ClaimCaseOutcome,
  ClaimCaseRequest,
  MoveCaseRequest,
  SwapCasesOutcome,
  SwapCasesRequest,
} from '../model/theatre-case.ts'
import { announceCases } from './announce-cases.ts'
import type { RunCaseChange } from './case-change-queue.ts'
import { claimOf, isRelief, missing, moved, movesOf, swapped } from './case-plans.ts'
import { isCase, readCase, requireCase } from './case-reads.ts'
import { placesBeforeSwap } from './places-before-swap.ts'
import { type CaseWriter, check, type ScheduleRequest, type ScheduleResult, schedule } from './schedule-cases.ts'

export type CaseChangesSettings = {
  /** The pool for reads. */
  pool: pg.Pool
  writer: CaseWriter
  /** Claims a new case, in a batch. */
  claim: (request: ScheduleRequest) => Promise<ScheduleResult>
  runChange: RunCaseChange
  runSettle: RunCaseChange
  announce: Announce
  /** Confirms, cancels and extends as for any booking, in batches. */
  settle: (request: SettleRequest) => Promise<SettleOutcome>
}

type SettleChange = Pick<SettleRequest, 'action' | 'reason'>

/**
 * Claims and changes of cases. A try that lost a race is repeated with the cases as they are then. What the outcome
 * contains is read after the queue: a read that fails or takes too long is not a reason to send the change again.
 */
export function caseChanges(
  settings: CaseChangesSettings,
): Pick<Theatre, 'claimCase' | 'checkCase' | 'confirmCase' | 'cancelCase' | 'moveCase' | 'swapCases' | 'bumpCases'> {
  const { pool } = settings
  const settled = (action: CaseAction, change: SettleChange) => settleCase(settings, action, change)
  return {
    claimCase: (request) => claimCase(settings, request),

    async checkCase(request) {
      return check(pool, claimOf(request))
    },

    confirmCase: (action) => settled(action, { action: 'confirm', reason: null }),

    cancelCase: ({ reasonCode, onlyHold, ...action }) =>
      settled(action, { action: onlyHold === true ? 'decline' : 'cancel', reason: reasonCode }),

    moveCase: (request) => moveCase(settings, request),

    swapCases: (request) => swapCases(settings, request),

    bumpCases: (request) => bumpCases(settings, request),
  }
}

async function claimCase(settings: CaseChangesSettings, request: ClaimCaseRequest): Promise<ClaimCaseOutcome> {
  const { pool, announce, claim } = settings
  const result = await claim(claimOf(request))
  if (result.kind === 'done' || result.kind === 'replayed') {
    const claimed = await placedCase(pool, result)
    announceCases(announce, result.kind === 'done' ? result.position : null, [claimed])
    return { kind: result.kind === 'done' ? 'booked' : 'replayed', case: claimed, position: result.position }
  }
  return claimRefusal(result)
}

/** The case as the change left it; read after the commit, if an earlier try has made the change. */
async function placedCase(
  pool: pg.Pool,
  result: Extract<ScheduleResult, { kind: 'done' | 'replayed' | 'unchanged' }>,
  caseId = result.caseId,
): Promise<Case> {
  const placed = result.kind === 'done' ? result.cases.find(({ id }) => id === caseId) : undefined
  return placed ?? (await readAfterCommit(() => requireCase(pool, caseId)))
}

/** A claim changes no existing case. */
function claimRefusal(result: Exclude<ScheduleResult, { kind: 'done' | 'replayed' }>): CaseRefusal {
  switch (result.kind) {
    case 'unchanged':
    case 'case_missing':
    case 'hold_expired':
    case 'invalid_transition':
    case 'bump_refused':
      throw new Error(`The claim of a case returned ${result.kind}.`)
    default:
      return result
  }
}

async function moveCase(settings: CaseChangesSettings, request: MoveCaseRequest): Promise<ChangeCaseOutcome> {
  const { pool, announce, runChange } = settings
  const key = request.key ?? randomUUID()
  const clinicNo = clinicNoIn(request.caseId)
  if (clinicNo === null) return missing(request.caseId)
  // The case as each try read it. A try whose result was lost may have moved it out of another room, which changed too.
  const befores: Case[] = []
  let relieves: boolean | undefined
  const build = async () => {
    const before = await readCase(pool, request.caseId)
    if (before === null) return missing(request.caseId)
    befores.push(before)
    const plan = moved(before, request)
    // A change of the plan does not become a relief if the patient comes into the room between two tries.
    relieves ??= isRelief(before, plan)
    return { ...movesOf([plan], request.actorId, key), isRelief: relieves }
  }
  const result = await runChange(clinicNo, (deadline) => schedule(settings.writer, build, deadline))
  if (result.kind !== 'done' && result.kind !== 'unchanged') return unchanged(pool, result)
  const { kind, position } = result
  const after = await placedCase(pool, result)
  announceCases(announce, kind === 'done' ? position : null, [...befores, after])
  return { kind, case: after, position }
}

async function swapCases(settings: CaseChangesSettings, request: SwapCasesRequest): Promise<SwapCasesOutcome> {
  const { pool, announce, runChange } = settings
  const key = request.key ?? randomUUID()
  const ids = [request.caseId, request.otherCaseId] as const
  if (ids[0] === ids[1]) throw new RangeError('A case is swapped with another one.')
  const clinicNo = clinicNoIn(ids[0])
  if (clinicNo === null) return missing(ids[0])
  const build = async () => {
    const [one, other, former] = await Promise.all([
      readCase(pool, ids[0]),
      readCase(pool, ids[1]),
      placesBeforeSwap(pool, ids),
    ])
    if (one === null) return missing(ids[0])
    if (other === null || other.clinicId !== one.clinicId) return missing(ids[1])
    const { override, actorId } = request
    return movesOf(swapped(one, other, override, former), actorId, key)
  }
  const result = await runChange(clinicNo, (deadline) => schedule(settings.writer, build, deadline))
  if (result.kind !== 'done' && result.kind !== 'unchanged') return unchanged(pool, result)
  const { kind, position } = result
  const cases = await Promise.all([placedCase(pool, result, ids[0]), placedCase(pool, result, ids[1])])
  announceCases(announce, kind === 'done' ? position : null, cases)
  return { kind, cases, position }
}

async function bumpCases(settings: CaseChangesSettings, request: BumpCasesRequest): Promise<BumpCasesOutcome> {
  const { pool, announce, runChange } = settings
  const { emergency, bumpedCaseIds, reason } = request
  const key = emergency.key ?? randomUUID()
  const clinicNo = clinicNoIn(emergency.caseId)
  if (clinicNo === null) return missing(emergency.caseId)
  const foreign = bumpedCaseIds.find((id) => clinicNoIn(id) !== clinicNo)
  if (foreign !== undefined) return missing(foreign)
  const bumps = bumpedCaseIds.map((caseId) => ({ caseId, requestId: newId(clinicNo) }))
  // The emergency as each try has read it, if it is moved.
  const befores: Case[] = []
  const build = async () => {
    if (!('change' in emergency)) return { ...claimOf(emergency), bumps, bumpReason: reason }
    const before = await readCase(pool, emergency.caseId)
    if (before === null) return missing(emergency.caseId)
    befores.push(before)
    const moves = movesOf([moved(before, emergency)], emergency.actorId, key)
    return { ...moves, bumps, bumpReason: reason }
  }
  const result = await runChange(clinicNo, (deadline) => schedule(settings.writer, build, deadline))
  if (result.kind === 'bump_refused') return result
  if (result.kind !== 'done' && result.kind !== 'replayed' && result.kind !== 'unchanged') {
    return unchanged(pool, result)
  }
  const { position } = result
  const placed = await placedCase(pool, result)
  const bumped = await Promise.all(bumpedCaseIds.map((id) => placedCase(pool, result, id)))
  announceCases(announce, result.kind === 'done' ? position : null, [...befores, placed, ...bumped])
  const requests = await readAfterCommit(() => requestsOfBumped(pool, clinicNo, bumpedCaseIds))
  return { kind: result.kind === 'done' ? 'done' : 'replayed', case: placed, bumped: requests, position }
}

async function settleCase(
  { pool, settle, runSettle }: CaseChangesSettings,
  { caseId, actorId, key: sentKey }: CaseAction,
  change: SettleChange,
): Promise<ChangeCaseOutcome> {
  const key = sentKey ?? randomUUID()
  const clinicNo = clinicNoIn(caseId)
  if (clinicNo === null) return missing(caseId)
  const outcome = await runSettle(clinicNo, async () => {
    if (!(await promptly(isCase(pool, caseId)))) return missing(caseId)
    return settle({ bookingId: caseId, actorId, key, onBehalf: true, ...change })
  })
  return outcome.kind === 'case_missing' ? outcome : settledOutcome(pool, caseId, outcome)
}

/** What was not done, with the case as it is. */
async function unchanged(
  pool: pg.Pool,
  result: Exclude<ScheduleResult, { kind: 'done' | 'unchanged' }>,
): Promise<CaseUnchangeable | CaseRefusal> {
  switch (result.kind) {
    case 'case_missing':
      return result
    case 'hold_expired':
    case 'invalid_transition':
      return { kind: result.kind, case: await promptly(requireCase(pool, result.caseId)) }
    case 'replayed':
    case 'bump_refused':
      throw new Error(`The change of a case returned ${result.kind}.`)
    default:
      return result
  }
}

async function settledOutcome(pool: pg.Pool, caseId: string, outcome: SettleOutcome): Promise<ChangeCaseOutcome> {
  switch (outcome.kind) {
    case 'done':
    case 'unchanged':
      return {
        kind: outcome.kind,
        case: await readAfterCommit(() => requireCase(pool, caseId)),
        position: outcome.position,
      }
    case 'booking_missing':
    case 'booking_erased':
      return missing(caseId)
    case 'hold_expired':
    case 'invalid_transition':
      return { kind: outcome.kind, case: await promptly(requireCase(pool, caseId)) }
    case 'overloaded':
    case 'locked':
      return outcome
    default:
      throw new Error(`The change of case ${caseId} returned ${outcome.kind}.`)
  }
}

async function requestsOfBumped(
  pool: pg.Pool,
  clinicNo: number,
  caseIds: string[],
): Promise<{ caseId: string; requestId: string }[]> {
  const { rows } = await pool.query<{ caseId: string; requestId: string }>(sql`
    select bumped_case_id as "caseId", id as "requestId" from holdfast.case_request
     where clinic_no = ${clinicNo} and bumped_case_id = any(${caseIds}::uuid[])
     order by bumped_case_id`)
  return rows
}
