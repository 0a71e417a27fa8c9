import type { CaseBody } from '@holdfast/contract'
import { projectCases } from '@holdfast/contract/case-state'
import { type Case, type ClaimCaseRequest, clinicNoIn, type Theatre } from '@holdfast/engine'
import { afterCommit } from '../../edge/errors/after-commit.ts'
import { caseBody } from '../responses/bodies/case-body.ts'
import { projectedCases } from '../responses/bodies/projected-cases.ts'
import { timeText } from '../responses/bodies/time-text.ts'
import type { RestDeps } from '../rest-deps.ts'

const dayMs = 86_400_000
const minuteMs = 60_000

/** A case begins at most so long before its planned start. */
const earlyMsMax = 12 * 3_600_000

/**
 * The cases that may delay those which begin from `first` to `last`, also others': of a day before now, until `last` or
 * as long as cases can have begun by now, and three days in all. Nothing delays what is over, and what is later can
 * still be planned.
 */
export async function casesThatDelay(
  theatre: Theatre,
  { clinicNo, first, last }: { clinicNo: number; first: Date; last: Date },
  now: Date,
  withRisks: false | { of: string } = false,
): Promise<Case[]> {
  const from = new Date(Math.max(first.getTime(), now.getTime()) - dayMs)
  const begun = Math.min(last.getTime() + dayMs, now.getTime() + earlyMsMax)
  const to = new Date(Math.min(Math.max(last.getTime(), begun), from.getTime() + 3 * dayMs))
  return to <= from ? [] : await theatre.cases({ clinicNo, from, to, withEnded: false, withRisks })
}

/** The cases at risk by a case: the next ones, which the engine names, and those that wait for one at risk. */
export async function casesAtRisk(
  theatre: Theatre,
  one: Case,
  nextIds: readonly string[],
  now: Date,
): Promise<string[]> {
  const clinicNo = clinicNoIn(one.id)
  if (clinicNo === null || nextIds.length === 0) return []
  const last = new Date(one.startsAt.getTime() + 2 * dayMs)
  const cases = await casesThatDelay(theatre, { clinicNo, first: one.startsAt, last }, now)
  const projected = projectedCases(cases, now)
  const atRisk = new Set(nextIds)
  // Most wait for an earlier one of the list; those that a later one has overtaken need another round.
  for (let known = -1; known < atRisk.size; ) {
    known = atRisk.size
    for (const { id, atRiskBy } of projected) {
      if (atRiskBy !== null && (atRiskBy === one.id || atRisk.has(atRiskBy))) atRisk.add(id)
    }
  }
  return [...atRisk]
}

/** The body of a case that was given its place, with the case that it has to wait for, as on the board. */
export async function placedCaseBody({ engine: { theatre }, now }: RestDeps, placed: Case): Promise<CaseBody> {
  const body = caseBody(placed)
  const clinicNo = clinicNoIn(placed.id)
  if (clinicNo === null) return body
  const { startsAt: first } = placed
  // It begins before the end of the range, and so is in it.
  const last = new Date(first.getTime() + 1)
  const cases = await afterCommit(() => casesThatDelay(theatre, { clinicNo, first, last }, now(), { of: placed.id }))
  const listed = cases.filter(({ id }) => id === placed.id)
  return { ...body, atRiskBy: projectedCases(listed, now(), cases)[0]?.atRiskBy ?? null }
}

/**
 * The case that a planned one would have to wait for, by its room and its people: which units of equipment it would get
 * is not known yet.
 */
export async function delayOfPlan({ engine: { theatre }, now }: RestDeps, plan: ClaimCaseRequest) {
  const { caseId: id, roomId, startsAt: first, minutes, surgeonId, anaesthetistId, staffIds } = plan
  const clinicNo = clinicNoIn(id)
  if (clinicNo === null) return null
  const endsAt = timeText(new Date(first.getTime() + minutes * minuteMs))
  const taken = [
    { kind: 'room', resourceId: roomId },
    { kind: 'surgeon', resourceId: surgeonId },
    ...(anaesthetistId === null ? [] : [{ kind: 'anaesthetist', resourceId: anaesthetistId }]),
    ...staffIds.map((resourceId) => ({ kind: 'staff', resourceId })),
  ]
  const cases = await casesThatDelay(theatre, { clinicNo, first, last: first }, now())
  const planned = {
    id,
    status: 'PENDING',
    milestones: [],
    startsAt: timeText(first),
    endsAt,
    expectedEndsAt: endsAt,
    minutes,
    projectedStartsAt: null,
    turnoverMinutes: 0,
    anaesthetistId,
    staffIds,
    allocations: taken.map((one) => ({ ...one, unit: 1, to: endsAt })),
  }
  return projectCases([...cases.map(caseBody), planned], now().getTime()).get(id)?.waitsFor ?? null
}
