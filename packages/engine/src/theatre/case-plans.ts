import { clinicNoOf } from '../model/id.ts'
import type { Case, ClaimCaseRequest, MoveCaseRequest } from '../model/theatre-case.ts'
import type { CaseMissing, ScheduledPlan, ScheduleRequest } from './schedule-cases.ts'

const minuteMs = 60_000

type CasePlace = { roomId: string; startsAt: Date }

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
 * The plan of an existing case after a change. An override stays where it was given: a case keeps it unless it gets
 * another room or time; and then only the rules that it still breaks (needed_override).
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

/**
 * The rooms and starts of two cases that change places. Two that follow each other in a room keep the time that they
 * take together, and what lies between them: the later one begins when the other one did, which ends when it did.
 */
export function swappedPlaces(one: Case, other: Case): { one: CasePlace; other: CasePlace } {
  if (one.startsAt > other.startsAt) {
    const places = swappedPlaces(other, one)
    return { one: places.other, other: places.one }
  }
  const isNext = one.roomId === other.roomId && isBackToBack(one, other)
  const startsAt = isNext ? new Date(other.endsAt.getTime() - one.minutes * minuteMs) : other.startsAt
  return { one: { roomId: other.roomId, startsAt }, other: { roomId: one.roomId, startsAt: one.startsAt } }
}

/** No more than a turnover lies between them, or the later one is too long for the time from start to start. */
function isBackToBack(one: Case, other: Case): boolean {
  const idleMs = other.startsAt.getTime() - one.endsAt.getTime()
  const otherTakesMs = (other.minutes + other.turnoverMinutes) * minuteMs
  return idleMs <= one.turnoverMinutes * minuteMs || one.startsAt.getTime() + otherTakesMs > other.startsAt.getTime()
}

export function movesOf(plans: ScheduledPlan[], actorId: string | null, key: string): ScheduleRequest {
  const clinicNo = clinicNoOf(plans[0]?.caseId ?? '')
  return { clinicNo, plans, bumps: [], bumpReason: null, actorId, key, requestHash: null }
}

export function missing(caseId: string): CaseMissing {
  return { kind: 'case_missing', caseId }
}
