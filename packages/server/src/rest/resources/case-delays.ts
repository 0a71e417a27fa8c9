import type { CaseBody } from '@holdfast/contract'
import { projectCases } from '@holdfast/contract/case-state'
import { type Case, type ClaimCaseRequest, clinicNoIn, type Theatre } from '@holdfast/engine'
import { afterCommit } from '../../edge/errors/after-commit.ts'
import { caseBody } from '../responses/bodies/case-body.ts'
import { type DelayingCases, projectedCases } from '../responses/bodies/projected-cases.ts'
import { timeText } from '../responses/bodies/time-text.ts'
import type { RestDeps } from '../rest-deps.ts'

const dayMs = 86_400_000
const minuteMs = 60_000

/** A case begins at most so long before its planned start. */
const earlyMsMax = 12 * 3_600_000

/**
 * The cases that may delay those which begin from `first` to `last`, also others': of a day before now, until `last` or
 * as long as cases can have begun by now, and three days in all. Nothing delays what is over, and what is later can
 * still be planned. With the clinic's equipment.
 */
export async function casesThatDelay(
  theatre: Theatre,
  { clinicNo, first, last }: { clinicNo: number; first: Date; last: Date },
  now: Date,
  withRisks: false | { of: string } = false,
): Promise<DelayingCases> {
  const from = new Date(Math.max(first.getTime(), now.getTime()) - dayMs)
  const begun = Math.min(last.getTime() + dayMs, now.getTime() + earlyMsMax)
  // Of cases that begin at the same time, one may have to wait for the equipment of another one.
  const to = new Date(Math.min(Math.max(last.getTime() + 1, begun), from.getTime() + 3 * dayMs))
  if (to <= from) return { cases: [], equipment: [] }
  const query = { clinicNo, from, to, withEnded: false, withRisks }
  const [cases, equipment] = await Promise.all([theatre.cases(query), theatre.equipment(clinicNo)])
  return { cases, equipment }
}

/**
 * The cases at risk by a case: the next ones, which the engine names, those that could begin earlier without it, and
 * those that wait for one at risk.
 */
export async function casesAtRisk(
  theatre: Theatre,
  one: Case,
  nextIds: readonly string[],
  now: Date,
): Promise<string[]> {
  const clinicNo = clinicNoIn(one.id)
  if (clinicNo === null) return [...nextIds]
  const last = new Date(one.startsAt.getTime() + 2 * dayMs)
  const delaying = await casesThatDelay(theatre, { clinicNo, first: one.startsAt, last }, now)
  const bodies = delaying.cases.map(caseBody)
  const project = (cases: CaseBody[]) => projectCases(cases, delaying.equipment, now.getTime())
  const projected = project(bodies)
  const atRisk = new Set(nextIds)
  // Who waits for equipment names the first unit that is released, perhaps by a case that is in time.
  for (const [id, { startsAt }] of project(bodies.filter(({ id }) => id !== one.id))) {
    if ((projected.get(id)?.startsAt ?? startsAt) > startsAt) atRisk.add(id)
  }
  // Most wait for an earlier one of the list; those that a later one has overtaken need another round.
  for (let known = -1; known < atRisk.size; ) {
    known = atRisk.size
    for (const [id, { waitsFor }] of projected) {
      if (waitsFor !== null && (waitsFor === one.id || atRisk.has(waitsFor))) atRisk.add(id)
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
  const range = { clinicNo, first, last: first }
  const delaying = await afterCommit(() => casesThatDelay(theatre, range, now(), { of: placed.id }))
  const listed = delaying.cases.filter(({ id }) => id === placed.id)
  return { ...body, atRiskBy: projectedCases(listed, now(), delaying)[0]?.atRiskBy ?? null }
}

/** The case that a planned one would have to wait for, by its room, its people and its equipment. */
export async function delayOfPlan({ engine: { theatre }, now }: RestDeps, plan: ClaimCaseRequest) {
  const { caseId: id, roomId, startsAt: first, minutes, surgeonId, anaesthetistId, staffIds } = plan
  const clinicNo = clinicNoIn(id)
  if (clinicNo === null) return null
  const endsAt = timeText(new Date(first.getTime() + minutes * minuteMs))
  const taken = [
    { kind: 'room', resourceId: roomId, unit: 1 },
    { kind: 'surgeon', resourceId: surgeonId, unit: 1 },
    ...(anaesthetistId === null ? [] : [{ kind: 'anaesthetist', resourceId: anaesthetistId, unit: 1 }]),
    ...staffIds.map((resourceId) => ({ kind: 'staff', resourceId, unit: 1 })),
    // Which units it would get does not count.
    ...plan.equipment.flatMap(({ equipmentId: resourceId, units }) =>
      Array.from({ length: units }, (_, index) => ({ kind: 'equipment', resourceId, unit: index + 1 })),
    ),
  ]
  const { cases, equipment } = await casesThatDelay(theatre, { clinicNo, first, last: first }, now())
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
    roomId,
    surgeonId,
    anaesthetistId,
    staffIds,
    equipment: plan.equipment,
    allocations: taken.map((one) => ({ ...one, from: timeText(first), to: endsAt })),
  }
  return projectCases([...cases.map(caseBody), planned], equipment, now().getTime()).get(id)?.waitsFor ?? null
}
