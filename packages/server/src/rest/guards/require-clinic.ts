import type { Clinic, Role } from '@holdfast/engine'
import type { Principal } from '../../edge/principal.ts'
import { type ProblemError, problem } from '../../edge/problem-error.ts'
import type { RestDeps } from '../rest-deps.ts'
import { type ClinicActor, requireRole } from './access.ts'

/**
 * The clinic that a path names, for somebody with one of these roles in it. Any id of the clinic carries its number,
 * so the id itself must be the clinic's.
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
