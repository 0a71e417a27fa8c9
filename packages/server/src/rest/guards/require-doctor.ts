import type { Clinic, Doctor } from '@holdfast/engine'
import type { Principal } from '../../edge/principal.ts'
import { type ProblemError, problem } from '../../edge/problem-error.ts'
import type { RestDeps } from '../rest-deps.ts'
import { type ClinicActor, requireOwnCalendar, requireRole } from './access.ts'

/** The doctor that a path names, for somebody who keeps that doctor's calendar. */
export async function requireDoctor(
  deps: RestDeps,
  principal: Principal,
  doctorId: string,
): Promise<{ doctor: Doctor; clinic: Clinic; actor: ClinicActor }> {
  const actor = requireRole(principal, doctorId, ['doctor', 'staff', 'admin'], () => doctorNotFound(doctorId))
  const doctor = await deps.engine.directory.doctor(doctorId)
  if (doctor === null) throw doctorNotFound(doctorId)
  requireOwnCalendar(actor, doctorId)
  const clinic = await deps.engine.directory.clinic(doctor.clinicId)
  if (clinic === null) throw new Error(`Doctor ${doctorId} is in no clinic.`)
  return { doctor, clinic, actor }
}

export function doctorNotFound(doctorId: string): ProblemError {
  return problem('doctor_not_found', `There is no doctor ${doctorId}.`)
}
