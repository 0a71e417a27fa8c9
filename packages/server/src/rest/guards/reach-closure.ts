import type { Clinic, Closure } from '@holdfast/engine'
import type { Principal } from '../../edge/authentication/principal.ts'
import { type ProblemError, problem } from '../../edge/errors/problem-error.ts'
import type { RestDeps } from '../rest-deps.ts'
import { type ClinicActor, memberRoles } from './access.ts'
import { requireClinic } from './require-clinic.ts'

export type ClosureReach = { clinic: Clinic; actor: ClinicActor; closure: Closure & { isRemoved: boolean } }

/** A closure, also one that was removed: for admins and staff, and for the doctor whom alone it is of. */
export async function reachClosure(
  deps: RestDeps,
  principal: Principal,
  { clinicId, closureId }: { clinicId: string; closureId: string },
): Promise<ClosureReach> {
  const { clinic, actor } = await requireClinic(deps, principal, clinicId, memberRoles)
  const closure = await deps.engine.closures.find(clinic.no, closureId)
  if (closure === null) throw closureNotFound()
  if (actor.role === 'doctor' && closure.doctorId !== actor.doctorId) {
    throw problem('forbidden', 'Doctors can change only closures of themselves.')
  }
  return { clinic, actor, closure }
}

export function closureNotFound(): ProblemError {
  return problem('closure_not_found', 'There is no such closure.')
}
