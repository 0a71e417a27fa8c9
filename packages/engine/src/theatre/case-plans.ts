import { clinicNoOf } from '../model/id.ts'
import type { Case, CasePlan, ClaimCaseRequest, MoveCaseRequest } from '../model/theatre-case.ts'
import type { CaseMissing, ScheduledPlan, ScheduleRequest } from './schedule-cases.ts'

const minuteMs = 60_000

export type CasePlace = { roomId: string; startsAt: Date }

export function claimOf(request: ClaimCaseRequest): ScheduleRequest {
  const { caseId, actorId, key, requestHash, ...plan } = request
  return {
    clinicNo: clinicNoOf(caseId),
    plans: [{ ...plan, caseId, version: null, patientId: null }],
    bumps: [],
    bumpReason: null,
    actorId,
    key,
    requestHash,
  }
}

/**
 * The plan of an existing case after a change. An override stays where it was given, for a case that gets no other room
 * or time. What else of it the case keeps, needed_override.sql says.
 */
export function moved(before: Case, { change, override }: Pick<MoveCaseRequest, 'change' | 'override'>): ScheduledPlan {
  const { roomId, startsAt, minutes, surgeonId, anaesthetistId, staffIds, equipment } = { ...before, ...change }
  const stays = roomId === before.roomId && startsAt.getTime() === before.startsAt.getTime()
  const { id: caseId, version, patientId, service, procedure, urgency, requestId } = before
  return {
    caseId,
    version,
    confirm: false,
    roomId,
    startsAt,
    minutes,
    surgeonId,
    anaesthetistId,
    staffIds,
    equipment,
    patient: null,
    patientId,
    service,
    procedure,
    urgency,
    requestId,
    blockId: null,
    override: override ?? (stays ? before.override : null),
  }
}

/** Whether a plan changes nothing of a running case but its team. */
export function isRelief(before: Case, plan: ScheduledPlan): boolean {
  const isRunning = before.status === 'ARRIVED' && before.milestones.some(({ milestone }) => milestone !== 'arrived')
  const fixed = ({ roomId, startsAt, minutes, surgeonId, equipment }: CasePlan) => {
    const units = equipment.map((one) => `${one.equipmentId} ${one.units}`).toSorted()
    return JSON.stringify([roomId, startsAt, minutes, surgeonId, units])
  }
  return isRunning && fixed(before) === fixed(plan)
}

/**
 * The plans of two cases that change places. In one room, each keeps its turnover, which may differ from the room's by
 * now. Two that follow each other there keep the time that they take together: the later one begins when the other one
 * did, which ends when it did, or as soon before or after as the turnovers need.
 *
 * @param former where each was before it was swapped with the other one, to which they return; null: they were not
 */
export function swapped(
  one: Case,
  other: Case,
  override: MoveCaseRequest['override'],
  former: ReadonlyMap<string, CasePlace> | null,
): ScheduledPlan[] {
  const [formerOne, formerOther] = [former?.get(one.id), former?.get(other.id)]
  const places =
    formerOne === undefined || formerOther === undefined
      ? swappedPlaces(one, other)
      : { one: formerOne, other: formerOther }
  const isInRoom = one.roomId === other.roomId
  const planOf = (before: Case, change: CasePlace) => {
    const plan = moved(before, { change, override })
    return isInRoom ? { ...plan, turnoverMinutes: before.turnoverMinutes } : plan
  }
  return [planOf(one, places.one), planOf(other, places.other)]
}

function swappedPlaces(one: Case, other: Case): { one: CasePlace; other: CasePlace } {
  if (one.startsAt > other.startsAt) {
    const places = swappedPlaces(other, one)
    return { one: places.other, other: places.one }
  }
  const isNext = one.roomId === other.roomId && isBackToBack(one, other)
  const startsAt = isNext ? startBehind(one, other) : other.startsAt
  return { one: { roomId: other.roomId, startsAt }, other: { roomId: one.roomId, startsAt: one.startsAt } }
}

/** When the first of two cases starts once the other one has its start. */
function startBehind(one: Case, other: Case): Date {
  const soonest = one.startsAt.getTime() + takesMs(other)
  const longerTurnoverMs = Math.max(0, one.turnoverMinutes - other.turnoverMinutes) * minuteMs
  return new Date(Math.max(soonest, other.endsAt.getTime() - longerTurnoverMs - one.minutes * minuteMs))
}

/** No more than a turnover lies between them, or the later one is too long for the time from start to start. */
function isBackToBack(one: Case, other: Case): boolean {
  const idleMs = other.startsAt.getTime() - one.endsAt.getTime()
  return idleMs <= one.turnoverMinutes * minuteMs || one.startsAt.getTime() + takesMs(other) > other.startsAt.getTime()
}

function takesMs({ minutes, turnoverMinutes }: Case): number {
  return (minutes + turnoverMinutes) * minuteMs
}

export function movesOf(plans: ScheduledPlan[], actorId: string | null, key: string): ScheduleRequest {
  const clinicNo = clinicNoOf(plans[0]?.caseId ?? '')
  return { clinicNo, plans, bumps: [], bumpReason: null, actorId, key, requestHash: null }
}

export function missing(caseId: string): CaseMissing {
  return { kind: 'case_missing', caseId }
}
