import { clinicNoOf } from '../model/id.ts'
import type { Case, ClaimCaseRequest, MoveCaseRequest } from '../model/theatre-case.ts'
import type { CaseMissing, ScheduledPlan, ScheduleRequest } from './schedule-cases.ts'

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

export function movesOf(plans: ScheduledPlan[], actorId: string | null, key: string): ScheduleRequest {
  const clinicNo = clinicNoOf(plans[0]?.caseId ?? '')
  return { clinicNo, plans, bumps: [], bumpReason: null, actorId, key, requestHash: null }
}

export function missing(caseId: string): CaseMissing {
  return { kind: 'case_missing', caseId }
}
