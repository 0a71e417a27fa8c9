import type { Case, CaseRequest } from '@holdfast/engine'
import type { Principal } from '../../edge/authentication/principal.ts'
import { type ProblemError, problem } from '../../edge/errors/problem-error.ts'
import type { RestDeps } from '../rest-deps.ts'
import { type ClinicActor, deskRoles, memberRoles, requireRole } from './access.ts'

/** Access to change a case: staff and admins of its clinic. Takes no query; the change finds out whether it exists. */
export function requireCaseStaff(principal: Principal, caseId: string): { actor: ClinicActor } {
  return { actor: requireRole(principal, caseId, deskRoles, () => caseNotFound(caseId)) }
}

/** Access to read a case: staff and admins, and the doctor who is its surgeon. For other doctors it does not exist. */
export async function reachCase(
  deps: RestDeps,
  principal: Principal,
  caseId: string,
): Promise<{ actor: ClinicActor; found: Case }> {
  const actor = requireRole(principal, caseId, memberRoles, () => caseNotFound(caseId))
  const found = await deps.engine.theatre.case(caseId)
  if (found === null || !isOfActor(actor, found)) throw caseNotFound(caseId)
  return { actor, found }
}

/** The same for a request of the waitlist. */
export async function reachCaseRequest(
  deps: RestDeps,
  principal: Principal,
  requestId: string,
): Promise<{ actor: ClinicActor; found: CaseRequest }> {
  const actor = requireRole(principal, requestId, memberRoles, () => caseRequestNotFound(requestId))
  const found = await deps.engine.theatre.caseRequest(requestId)
  if (found === null || !isOfActor(actor, found)) throw caseRequestNotFound(requestId)
  return { actor, found }
}

/** Doctors see cases and requests of which they are the surgeon; staff and admins see all of the clinic’s. */
export function isOfActor(actor: ClinicActor, { surgeonId }: { surgeonId: string | null }): boolean {
  return actor.role !== 'doctor' || (surgeonId !== null && surgeonId === actor.doctorId)
}

/**
 * The surgeon whose cases and requests a caller's lists have; null: nobody, for a doctor without a calendar; undefined:
 * all.
 */
export function surgeonOfLists({ role, doctorId }: ClinicActor): string | null | undefined {
  return role === 'doctor' ? doctorId : undefined
}

type NamedSurgeon = string | null | undefined

/**
 * The surgeon that somebody names: for doctors, themselves; for others, as it was sent.
 *
 * @throws ProblemError forbidden, for a doctor who names somebody else
 */
export function requireOwnSurgeon(actor: ClinicActor, surgeonId: NamedSurgeon): NamedSurgeon {
  if (actor.role !== 'doctor') return surgeonId
  if (surgeonId !== undefined && surgeonId !== actor.doctorId) {
    throw problem('forbidden', 'Doctors can name only themselves as the surgeon.')
  }
  return actor.doctorId
}

export function caseNotFound(caseId: string): ProblemError {
  return problem('case_not_found', `There is no case ${caseId}.`)
}

export function caseRequestNotFound(requestId: string): ProblemError {
  return problem('case_request_not_found', `There is no request ${requestId}.`)
}
