import type { BlockBody, CaseBody, CaseRequestBody } from '@holdfast/contract'
import type { Block, Case, CaseRequest } from '@holdfast/engine'
import { timeOrNull, timeText } from './time-text.ts'

/** The body of a case, with its patient: only for those who may see it. */
export function caseBody(found: Case): CaseBody {
  return {
    id: found.id,
    clinicId: found.clinicId,
    status: found.status,
    failureReason: found.failureReason,
    cancellationReason: found.cancellationReason,
    holdExpiresAt: timeOrNull(found.holdExpiresAt),
    roomId: found.roomId,
    startsAt: timeText(found.startsAt),
    endsAt: timeText(found.endsAt),
    expectedEndsAt: timeText(found.expectedEndsAt),
    projectedStartsAt: null,
    projectedEndsAt: null,
    minutes: found.minutes,
    turnoverMinutes: found.turnoverMinutes,
    surgeonId: found.surgeonId,
    anaesthetistId: found.anaesthetistId,
    staffIds: found.staffIds,
    equipment: found.equipment,
    blockId: found.blockId,
    service: found.service,
    procedure: found.procedure,
    urgency: found.urgency,
    patient: found.patient,
    patientFlags: found.patientFlags,
    note: found.note,
    requestId: found.requestId,
    override: found.override && { rules: found.override.rules, reason: found.override.reason ?? null },
    allocations: found.allocations.map((one) => ({ ...one, from: timeText(one.from), to: timeText(one.to) })),
    milestones: found.milestones.map(({ milestone, at }) => ({ milestone, at: timeText(at) })),
    atRiskBy: found.atRiskBy,
    lacks:
      found.lacks === null
        ? null
        : found.lacks.map((one) => ({ ...one, from: timeText(one.from), to: timeText(one.to) })),
    version: found.version,
    createdAt: timeText(found.createdAt),
    updatedAt: timeText(found.updatedAt),
  }
}

/** The body of a block. */
export function blockBody(block: Block): BlockBody {
  return {
    id: block.id,
    roomId: block.roomId,
    service: block.service,
    surgeonId: block.surgeonId,
    from: timeText(block.from),
    to: timeText(block.to),
    minutes: block.minutes,
    usedMinutes: block.usedMinutes,
    releaseDays: block.releaseDays,
    releasedAt: timeOrNull(block.releasedAt),
    isReleased: block.isReleased,
    seriesId: block.seriesId,
    filling: block.filling,
  }
}

/** The body of a request of the waitlist, with its patient. */
export function caseRequestBody(request: CaseRequest): CaseRequestBody {
  return {
    id: request.id,
    status: request.status,
    patient: request.patient,
    service: request.service,
    procedure: request.procedure,
    minutes: request.minutes,
    urgency: request.urgency,
    dueOn: request.dueOn,
    roomId: request.roomId,
    surgeonId: request.surgeonId,
    anaesthetistId: request.anaesthetistId,
    staffIds: request.staffIds,
    equipment: request.equipment,
    note: request.note,
    caseId: request.caseId,
    bumpedCaseId: request.bumpedCaseId,
    bumpReason: request.bumpReason,
    createdAt: timeText(request.createdAt),
    version: request.version,
  }
}
