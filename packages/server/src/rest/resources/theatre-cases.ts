import { type CaseMoveBody, type NewCaseBody, restOperations } from '@holdfast/contract'
import {
  type BumpCasesOutcome,
  type CasePlan,
  type ChangeCaseOutcome,
  type ClaimCaseRequest,
  clinicNoIn,
  instantsOfLocalDays,
  newId,
  type RuleOverride,
} from '@holdfast/engine'
import type { AuditEntry } from '../../audit/audit-entry.ts'
import { networkPrefix } from '../../audit/network-prefix.ts'
import { invalidRequest } from '../../edge/bodies/validator.ts'
import { afterCommit } from '../../edge/errors/after-commit.ts'
import type { ProblemError } from '../../edge/errors/problem-error.ts'
import { caseNotFound, surgeonOfLists } from '../guards/reach-case.ts'
import { caseBody } from '../responses/bodies/case-body.ts'
import { projectedCases } from '../responses/bodies/projected-cases.ts'
import { timeText } from '../responses/bodies/time-text.ts'
import { historyBody } from '../responses/history-body.ts'
import { requestHash } from '../responses/idempotency.ts'
import { blockNotFound, conflictBody, type TheatreRefusal, theatreProblem } from '../responses/theatre-problems.ts'
import type { RestDeps } from '../rest-deps.ts'
import { freshKey, keyDigest, type SentKey } from '../sent-key.ts'
import type { Input, Serve } from '../serve.ts'
import { casesAtRisk, casesThatDelay, delayOfPlan, placedCaseBody } from './case-delays.ts'
import { requireDays } from './local-days.ts'
import { theatrePatient } from './theatre-patient.ts'

const daysMax = 31
const dayMs = 86_400_000

/** Cases: booked, changed and run by the theatre's staff, and read by their surgeon too. */
export function serveTheatreCases(serve: Serve, deps: RestDeps): void {
  serveNewCases(serve, deps)
  serveCaseReads(serve, deps)
  serveCaseChanges(serve, deps)
  serveRunningCases(serve, deps)
}

function serveNewCases(serve: Serve, deps: RestDeps): void {
  const { theatre } = deps.engine
  const claimProblem = async (
    input: Sender,
    outcome: Exclude<BumpCasesOutcome, { kind: 'done' | 'replayed' }>,
    { caseId, blockId }: ClaimCaseRequest,
  ) => {
    if (outcome.kind === 'bump_refused') {
      const bumpRefusals = outcome.bumpRefusals.map((one) => (one.caseId === caseId ? { ...one, caseId: null } : one))
      return refusal(deps, input, { kind: outcome.kind, bumpRefusals })
    }
    if (outcome.kind !== 'refused') return refusal(deps, input, outcome)
    const { conflicts } = outcome
    // A block that does not exist at all is another mistake than one at another time. One of another clinic does not.
    if (blockId !== null && conflicts.some(({ kind }) => kind === 'block_mismatch')) {
      const isOwn = clinicNoIn(blockId) === clinicNoIn(caseId)
      if (!isOwn || (await theatre.block(blockId)) === null) return blockNotFound(blockId)
    }
    const ofCase = conflicts.map((one) => (one.ofCaseId === caseId ? { ...one, ofCaseId: null } : one))
    return refusal(deps, input, { kind: 'refused', conflicts: ofCase })
  }
  const create = async (input: Input<typeof restOperations.createCase>) => {
    const { body } = input
    const claim = claimOf(input, deps.now())
    if (body.bump === undefined) {
      const outcome = await theatre.claimCase(claim)
      if (outcome.kind !== 'booked' && outcome.kind !== 'replayed') throw await claimProblem(input, outcome, claim)
      return {
        status: outcome.kind === 'booked' ? (201 as const) : (200 as const),
        body: { ...(await placedCaseBody(deps, outcome.case)), bumped: [] },
        position: outcome.position,
      }
    }
    const { caseIds: bumpedCaseIds, reason } = body.bump
    const outcome = await theatre.bumpCases({ emergency: claim, bumpedCaseIds, reason })
    if (outcome.kind !== 'done' && outcome.kind !== 'replayed') throw await claimProblem(input, outcome, claim)
    return {
      status: outcome.kind === 'done' ? (201 as const) : (200 as const),
      body: { ...(await placedCaseBody(deps, outcome.case)), bumped: outcome.bumped },
      position: outcome.position,
    }
  }
  serve(restOperations.createCase, create)

  serve(restOperations.checkCase, async (input) => {
    const claim = claimOf(input, deps.now())
    const outcome = await theatre.checkCase(claim)
    if (outcome.kind !== 'checked') throw await refusal(deps, input, outcome)
    return {
      status: 200,
      body: {
        conflicts: outcome.conflicts.map((one) => conflictBody({ ...one, ofCaseId: null })),
        atRiskBy: await delayOfPlan(deps, claim),
      },
    }
  })
}

function serveCaseReads(serve: Serve, deps: RestDeps): void {
  const { theatre } = deps.engine

  serve(
    restOperations.listCases,
    async ({ query: { from, to, withEnded, limit, cursor = null }, granted: { clinic, actor } }) => {
      requireDays(from, to, daysMax)
      const { start, end } = instantsOfLocalDays(from, to, clinic.timezone)
      const surgeonId = surgeonOfLists(actor)
      const range = { clinicNo: clinic.no, from: start, to: end, withEnded, surgeonId }
      const { items, nextCursor } = await theatre.casesPage({ ...range, limit, cursor })
      const now = deps.now()
      const [first, last] = [items.at(0), items.at(-1)]
      const delaying =
        first === undefined || last === undefined
          ? { cases: [], equipment: [] }
          : await casesThatDelay(theatre, { clinicNo: clinic.no, first: first.startsAt, last: last.startsAt }, now)
      const mayName = (id: string | null) =>
        surgeonId === undefined ||
        [...delaying.cases, ...items].some((one) => one.id === id && one.surgeonId === surgeonId)
      const bodies = projectedCases(items, now, delaying)
      return {
        status: 200,
        body: {
          // The engine has named only cases of the surgeon.
          items: bodies.map((one, index) =>
            mayName(one.atRiskBy) ? one : { ...one, atRiskBy: items[index]?.atRiskBy ?? null },
          ),
          nextCursor,
        },
      }
    },
  )

  serve(restOperations.getCase, ({ granted: { found } }) => ({ status: 200, body: caseBody(found) }))

  serve(restOperations.listCaseEvents, async ({ params: { caseId } }) => {
    const events = await deps.engine.reads.eventsOfBooking(caseId)
    return { status: 200, body: await historyBody(deps, events) }
  })
}

function serveCaseChanges(serve: Serve, deps: RestDeps): void {
  const { theatre } = deps.engine

  serve(restOperations.confirmCase, async (input) =>
    changedResponse(deps, input, await theatre.confirmCase(actionOf(input, 'confirmCase'))),
  )

  serve(restOperations.cancelCase, async (input) => {
    const { reasonCode, onlyHold = false } = input.body
    const action = { ...actionOf(input, 'cancelCase'), reasonCode, onlyHold }
    return changedResponse(deps, input, await theatre.cancelCase(action))
  })

  serve(restOperations.moveCase, async (input) => {
    const change = changeOf(input.body)
    const request = { ...actionOf(input, 'moveCase'), change, override: input.field }
    const outcome = await theatre.moveCase(request)
    const response = await changedResponse(deps, input, outcome)
    return 'case' in outcome ? { ...response, body: await placedCaseBody(deps, outcome.case) } : response
  })

  serve(restOperations.swapCases, async (input) => {
    const { caseId: otherCaseId } = input.body
    if (otherCaseId === input.params.caseId) {
      throw invalidRequest([{ path: '/caseId', message: 'must be another case' }])
    }
    const action = actionOf(input, `swapCases ${otherCaseId}`)
    const outcome = await theatre.swapCases({ ...action, otherCaseId, override: input.field })
    if (outcome.kind !== 'done' && outcome.kind !== 'unchanged') throw await refusal(deps, input, outcome)
    await recordUnchanged(deps, input, { kind: outcome.kind, shown: outcome.cases })
    const cases = await Promise.all(outcome.cases.map((one) => placedCaseBody(deps, one)))
    return { status: 200, body: { cases }, position: outcome.position }
  })

  serve(restOperations.bumpCases, async (input) => {
    const { caseIds: bumpedCaseIds, reason, ...plan } = input.body
    if (bumpedCaseIds.includes(input.params.caseId)) {
      throw invalidRequest([{ path: '/caseIds', message: 'must be other cases' }])
    }
    const emergency = { ...actionOf(input, 'bumpCases'), change: changeOf(plan), override: input.field }
    const outcome = await theatre.bumpCases({ emergency, bumpedCaseIds, reason })
    if (outcome.kind !== 'done' && outcome.kind !== 'replayed') throw await refusal(deps, input, outcome)
    await recordUnchanged(deps, input, { kind: outcome.kind, shown: [outcome.case] })
    return {
      status: 200,
      body: { case: await placedCaseBody(deps, outcome.case), bumped: outcome.bumped },
      position: outcome.position,
    }
  })
}

function serveRunningCases(serve: Serve, deps: RestDeps): void {
  const { theatre } = deps.engine

  serve(restOperations.extendCase, async (input) => {
    const expectedEndsAt = new Date(input.body.expectedEndsAt)
    const { caseId } = input.params
    const planned = await theatre.case(caseId)
    if (planned === null) throw caseNotFound(caseId)
    const latest = new Date(Math.max(planned.endsAt.getTime() + dayMs, planned.expectedEndsAt.getTime()))
    if (expectedEndsAt > latest) {
      throw invalidRequest([{ path: '/expectedEndsAt', message: `must not be after ${timeText(latest)}` }])
    }
    const outcome = await theatre.extendCase({ ...actionOf(input, 'extendCase'), expectedEndsAt })
    if (outcome.kind !== 'done' && outcome.kind !== 'unchanged') throw await refusal(deps, input, outcome)
    await recordUnchanged(deps, input, { kind: outcome.kind, shown: [outcome.case] })
    const { case: extended, position } = outcome
    const atRiskCaseIds = await afterCommit(() => casesAtRisk(theatre, extended, outcome.atRiskCaseIds, deps.now()))
    return { status: 200, body: { case: caseBody(extended), atRiskCaseIds }, position }
  })

  serve(restOperations.recordMilestone, async (input) => {
    const { milestone } = input.body
    const at = input.body.at === null ? null : new Date(input.body.at)
    const outcome = await theatre.recordMilestone({
      ...actionOf(input, `recordMilestone ${milestone}`),
      milestone,
      at,
      isTrial: input.field,
      isForced: input.body.force ?? false,
    })
    return changedResponse(deps, input, outcome)
  })
}

type ChangedCase = Extract<ChangeCaseOutcome, { kind: 'done' | 'unchanged' }>

async function changedResponse(deps: RestDeps, input: ChangeInput, outcome: ChangedCase | TheatreRefusal) {
  if (outcome.kind !== 'done' && outcome.kind !== 'unchanged') throw await refusal(deps, input, outcome)
  await recordUnchanged(deps, input, { kind: outcome.kind, shown: [outcome.case] })
  return { status: 200 as const, body: caseBody(outcome.case), position: outcome.position }
}

/** The problem to throw. The case that it shows need not be the one in the path, and has been read. */
async function refusal(deps: RestDeps, sender: Sender, outcome: TheatreRefusal): Promise<ProblemError> {
  const refused = theatreProblem(outcome)
  const { case: shown } = refused.extras
  if (shown !== undefined) await recordReads(deps, sender, [shown])
  return refused
}

/** Changes are in the event log; a caller who changed nothing, but gets cases, has read them. */
async function recordUnchanged(
  deps: RestDeps,
  sender: Sender,
  { kind, shown }: { kind: string; shown: ShownCase[] },
): Promise<void> {
  if (kind !== 'done') await recordReads(deps, sender, shown)
}

async function recordReads({ audit }: RestDeps, { granted, request }: Sender, shown: ShownCase[]): Promise<void> {
  const by = { actorId: granted.actor.accountId, network: networkPrefix(request.ip) }
  await audit.acknowledge(shown.map(({ id }) => ({ ...caseRead(id), ...by })))
}

type ShownCase = { id: string }

type Sender = {
  granted: { actor: { accountId: string } }
  request: { ip: string }
}

type ChangeInput = Sender & { params: { caseId: string }; key: SentKey | null }

function actionOf({ params: { caseId }, granted: { actor }, key }: ChangeInput, purpose: string) {
  return { caseId, actorId: actor.accountId, key: key && keyDigest(key, `${purpose} ${caseId}`) }
}

type NewCaseInput = Pick<Input<typeof restOperations.createCase>, 'body' | 'granted' | 'field' | 'key'>

/** What a new case asks for. An id of another clinic is none of this one: the engine finds out. */
function claimOf(
  { body, granted: { clinic, actor }, field: override, key }: NewCaseInput,
  now: Date,
): ClaimCaseRequest {
  const { code, display } = body.procedure
  const wanted = {
    ...planOf(body),
    patient: theatrePatient(body.patient, actor, now),
    service: body.service.trim(),
    procedure: { code: code.trim(), display: display.trim() },
    urgency: body.urgency ?? ('elective' as const),
    blockId: body.blockId ?? null,
    requestId: body.requestId ?? null,
    override: override satisfies RuleOverride | null,
    confirm: body.confirm ?? false,
  }
  return {
    ...wanted,
    caseId: newId(clinic.no),
    actorId: actor.accountId,
    key: key === null ? freshKey() : keyDigest(key, `createCase ${clinic.id}`),
    requestHash: requestHash({ ...wanted, startsAt: timeText(wanted.startsAt), bump: body.bump ?? null }),
  }
}

function planOf(body: Omit<NewCaseBody, 'override'>): CasePlan {
  const { roomId, startsAt, minutes, surgeonId, anaesthetistId = null, staffIds = [], equipment = [] } = body
  return { roomId, startsAt: startOf(startsAt), minutes, surgeonId, anaesthetistId, staffIds, equipment }
}

function changeOf({ startsAt, ...change }: Omit<CaseMoveBody, 'override'>): Partial<CasePlan> {
  return startsAt === undefined ? change : { ...change, startsAt: startOf(startsAt) }
}

function caseRead(caseId: string): AuditEntry {
  return { kind: 'booking_read', clinicNo: clinicNoIn(caseId), subjectId: caseId }
}

/** The engine decides what is too early or too late; ids and ranges of the database have no times before 1970. */
function startOf(startsAt: string): Date {
  const start = new Date(startsAt)
  if (start.getTime() < 0)
    throw invalidRequest([{ path: '/startsAt', message: `must be in the future, not ${startsAt}` }])
  return start
}
