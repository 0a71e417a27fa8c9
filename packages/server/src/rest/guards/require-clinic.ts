import type { Clinic } from '@holdfast/engine'
import type { Role } from '@holdfast/vocabulary'
import type { Principal } from '../../edge/authentication/principal.ts'
import { type ProblemError, problem } from '../../edge/errors/problem-error.ts'
import type { RestDeps } from '../rest-deps.ts'
import { type ClinicActor, requireRole } from './access.ts'

/**
 * The clinic with this id, for somebody with one of these roles in it. Every id carries the number of its clinic, so
 * another id of the clinic would pass the check of the role: the clinic is read by the id itself.
 */
export async function requireClinic(
  deps: RestDeps,
  principal: Principal,
  clinicId: string,
  allowed: readonly Role[],
): Promise<{ clinic: Clinic; actor: ClinicActor }> {
  const actor = requireRole(principal, clinicId, allowed, () => clinicNotFound(clinicId))
  const clinic = await deps.engine.directory.clinic(clinicId)
  if (clinic === null) throw clinicNotFound(clinicId)
  return { clinic, actor }
}

export function clinicNotFound(clinicId: string): ProblemError {
  return problem('clinic_not_found', `There is no clinic ${clinicId}.`)
}
