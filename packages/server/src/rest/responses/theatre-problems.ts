import type { CaseConflictBody, FieldError, ProblemCode } from '@holdfast/contract'
import {
  type CaseConflict,
  type CaseInvalid,
  type CaseRefusal,
  type CaseUnchangeable,
  type ExtendCaseOutcome,
  type RecordMilestoneOutcome,
  slotsAheadYearsMax,
} from '@holdfast/engine'
import { type AllocationKind, softRules } from '@holdfast/vocabulary'
import { invalidRequest } from '../../edge/bodies/validator.ts'
import { type ProblemError, problem } from '../../edge/errors/problem-error.ts'
import { caseBody } from './bodies/case-body.ts'
import { timeText } from './bodies/time-text.ts'
import { refusalProblem, type TheatreStated } from './outcome-problems.ts'

type MilestoneRefusal = 'milestone_order' | 'room_occupied' | 'patient_elsewhere' | 'milestone_early' | 'milestone_late'

/** An outcome of the theatre that becomes a problem. */
export type TheatreRefusal =
  | Exclude<CaseRefusal, { kind: 'refused' }>
  /** `ofCaseId` null: a new case, whose id nobody knows. */
  | { kind: 'refused'; conflicts: FoundConflict[] }
  | CaseUnchangeable
  | CaseInvalid
  | Extract<RecordMilestoneOutcome, { kind: MilestoneRefusal | 'slot_closed' }>
  | TheatreStated
  | Extract<ExtendCaseOutcome, { kind: 'too_early' }>

type FoundConflict = CaseConflict & { ofCaseId: string | null }

/** The problem that an outcome of the theatre becomes. @param at where the request has the plan of the case */
export function theatreProblem(outcome: TheatreRefusal, at = ''): ProblemError {
  switch (outcome.kind) {
    case 'refused':
      return conflictsProblem(outcome.conflicts, at)
    case 'resource_invalid':
      return resourceProblem(outcome, at)
    case 'case_missing':
      return problem('case_not_found', `There is no case ${outcome.caseId}.`)
    case 'request_missing':
      return problem(
        'case_request_not_found',
        'The clinic has no open request with this id. Somebody may have just booked or withdrawn it.',
      )
    case 'hold_expired':
      return problem('hold_expired', `The hold of case ${outcome.case.id} has ended. What it held is free again.`, {
        case: caseBody(outcome.case),
      })
    case 'invalid_transition':
      return problem('invalid_transition', `The case is ${outcome.case.status}, which does not allow this change.`, {
        case: caseBody(outcome.case),
      })
    case 'too_early': {
      const message = `must not be before ${timeText(outcome.earliest)}`
      return invalidRequest([{ path: '/expectedEndsAt', message }])
    }
    case 'milestone_order':
      return problem('milestone_order', `The case has ${outcome.milestone} at ${timeText(outcome.at)}.`)
    case 'room_occupied': {
      const inRoomAt = timeText(outcome.inRoomAt)
      const detail = `The patient of case ${outcome.caseId} is in the room from ${inRoomAt} on.`
      return problem('room_occupied', detail, { inRoomAt, caseId: outcome.caseId })
    }
    case 'patient_elsewhere': {
      const inRoomAt = timeText(outcome.inRoomAt)
      const detail = `The patient is in another room from ${inRoomAt} on, by case ${outcome.caseId}.`
      return problem('patient_elsewhere', detail, { inRoomAt, caseId: outcome.caseId })
    }
    case 'milestone_early':
      return milestoneTimeProblem(`must not be before ${timeText(outcome.earliest)}`)
    case 'milestone_late':
      return milestoneTimeProblem(`must not be after ${timeText(outcome.latest)}`)
    default:
      return refusalProblem(outcome)
  }
}

/** A room, person or piece of equipment that the request names. @param path a JSON pointer into the body */
export function resourceNotFound(path: string, resourceId: string): ProblemError {
  return problem('theatre_resource_not_found', `There is no such room, person or equipment: ${resourceId}.`, {
    errors: [{ path, message: `is not in this clinic, or of another kind: "${resourceId}"` }],
  })
}

/** @param conflicts the uses of units that there would be no longer, by start; only admins send this change */
export function unitsInUse(conflicts: readonly CaseConflict[]): ProblemError {
  return problem('units_in_use', 'Cases that are not over have units above the new number.', {
    conflicts: conflicts.map((one) => conflictBody({ ...one, ofCaseId: null })),
  })
}

/** @param conflicts what cases have of it, by start; only admins send this change */
export function resourceInUse(conflicts: readonly CaseConflict[]): ProblemError {
  return problem('resource_in_use', 'Cases that are not over have it.', {
    conflicts: conflicts.map((one) => conflictBody({ ...one, ofCaseId: null })),
  })
}

export function blockNotFound(blockId: string): ProblemError {
  return problem('block_not_found', `There is no block ${blockId}.`)
}

/** @param errors where the request names it; none if it is of the block that the request names */
export function resourceInactive(name: string, errors?: FieldError[]): ProblemError {
  const detail = `${name} takes no new cases.`
  return problem('theatre_resource_inactive', detail, errors === undefined ? {} : { errors })
}

function milestoneTimeProblem(message: string): ProblemError {
  return problem('milestone_time', `The time of the milestone ${message}.`, { errors: [{ path: '/at', message }] })
}

function resourceProblem({ path, resourceId, name, why }: CaseInvalid, at: string): ProblemError {
  const place = `${at}${path}`
  switch (why) {
    case 'missing':
      return resourceNotFound(place, resourceId)
    case 'repeated':
      return invalidRequest([{ path: place, message: `must not be named twice: "${resourceId}"` }])
    case 'inactive':
      return resourceInactive(name ?? resourceId, [{ path: place, message: `takes no new cases: "${resourceId}"` }])
  }
}

const roleTexts = {
  room: 'The room',
  surgeon: 'The surgeon',
  anaesthetist: 'The anaesthetist',
  staff: 'Somebody of the team',
  equipment: 'A piece of equipment',
  patient: 'The patient',
} as const satisfies Record<AllocationKind, string>

/** Which problem a conflict is, if it is the first. */
const codes = {
  resource_busy: 'resource_busy',
  patient_mismatch: 'patient_mismatch',
  units_missing: 'invalid_request',
  block_mismatch: 'block_mismatch',
  in_past: 'invalid_request',
  too_far_ahead: 'invalid_request',
  outside_hours: 'outside_hours',
  block_overrun: 'block_overrun',
  block_owned: 'block_owned',
  preferred_equipment: 'preferred_equipment_missing',
  room_not_requested: 'room_not_requested',
  person_away: 'person_away',
} as const satisfies Record<CaseConflict['kind'], ProblemCode>

const isSoft = (kind: CaseConflict['kind']) => softRules.some((rule) => rule === kind)

/** The first conflict decides the code; all of them are in `conflicts`. */
function conflictsProblem(conflicts: readonly FoundConflict[], at: string): ProblemError {
  const [first] = conflicts
  if (first === undefined) throw new Error('A case was refused without a conflict.')
  const code = codes[first.kind]
  const overrun = conflicts.find((one) => one.kind === 'block_overrun')
  const errors = code === 'invalid_request' ? [{ path: `${at}${pathOf(first)}`, message: invalidTextOf(first) }] : null
  return problem(code, errors === null ? detailOf(first) : `${pathOf(first)} ${invalidTextOf(first)}`, {
    ...(errors === null ? {} : { errors }),
    conflicts: conflicts.map(conflictBody),
    ...(overrun?.kind === 'block_overrun' ? { remainingMinutes: overrun.remainingMinutes } : {}),
  })
}

/**
 * The body of a conflict. Only staff and admins of the clinic get conflicts, and they see all of its cases; what a
 * patient is called is in none.
 */
export function conflictBody(conflict: FoundConflict): CaseConflictBody {
  const bumpable = 'bumpableCaseIds' in conflict ? { bumpableCaseIds: conflict.bumpableCaseIds } : {}
  const base = { code: conflict.kind, isSoft: isSoft(conflict.kind), ofCaseId: conflict.ofCaseId, ...bumpable }
  switch (conflict.kind) {
    case 'resource_busy': {
      const { role, resourceId, name, unit, missingUnits, from, to, caseId, slotId } = conflict
      const taken = { kind: role, resourceId, name: role === 'patient' ? null : name, unit, missingUnits }
      return { ...base, ...taken, from: timeText(from), to: timeText(to), caseId, slotId }
    }
    case 'units_missing':
      return { ...base, kind: 'equipment', resourceId: conflict.resourceId, name: conflict.name, units: conflict.units }
    case 'preferred_equipment':
      return { ...base, kind: 'equipment', resourceId: conflict.resourceId, name: conflict.name }
    case 'room_not_requested':
      return { ...base, kind: 'room', resourceId: conflict.resourceId, name: conflict.name }
    case 'person_away': {
      const { role, resourceId, name, from, to } = conflict
      return { ...base, kind: role, resourceId, name, from: timeText(from), to: timeText(to) }
    }
    case 'block_mismatch':
      return { ...nothing(base), blockId: conflict.blockId }
    case 'block_overrun': {
      const { blockId, blockEndsAt, remainingMinutes } = conflict
      return { ...nothing(base), blockId, blockEndsAt: timeText(blockEndsAt), remainingMinutes }
    }
    case 'block_owned': {
      const { blockId, service, surgeonId } = conflict
      return { ...nothing(base), blockId, service, surgeonId }
    }
    default:
      return nothing(base)
  }
}

function ownerOf({ service, surgeonId }: Extract<CaseConflict, { kind: 'block_owned' }>): string {
  if (service === null) return 'another surgeon'
  return surgeonId === null ? service : `a surgeon of ${service}`
}

function nothing<Base>(base: Base) {
  return { ...base, resourceId: null, name: null }
}

function pathOf({ kind }: CaseConflict): string {
  return kind === 'units_missing' ? '/equipment' : '/startsAt'
}

function invalidTextOf(conflict: CaseConflict): string {
  if (conflict.kind === 'units_missing') {
    return `must need at most ${conflict.units} of ${conflict.resourceId}: there are no more`
  }
  return conflict.kind === 'in_past'
    ? 'must not be more than 24 hours ago'
    : `must be at most ${slotsAheadYearsMax} years ahead`
}

function detailOf(conflict: CaseConflict): string {
  switch (conflict.kind) {
    case 'resource_busy':
      return `${roleTexts[conflict.role]} is taken from ${timeText(conflict.from)} to ${timeText(conflict.to)}.`
    case 'patient_mismatch':
      return 'The clinic knows this record number with another name or birth date.'
    case 'block_mismatch':
      return `The case does not start in block ${conflict.blockId}.`
    case 'outside_hours':
      return 'The room is closed at this time.'
    case 'block_overrun':
      return `The block has ${conflict.remainingMinutes} minutes left until ${timeText(conflict.blockEndsAt)}.`
    case 'block_owned':
      return `The block belongs to ${ownerOf(conflict)}.`
    case 'preferred_equipment':
      return `The surgeon prefers to have ${conflict.name}.`
    case 'room_not_requested':
      return `The request needs ${conflict.name}.`
    case 'person_away':
      return `${conflict.name} is away from ${timeText(conflict.from)} to ${timeText(conflict.to)}.`
    default:
      return invalidTextOf(conflict)
  }
}
