import type { Clinic, Doctor } from '@holdfast/engine'
import type { Principal } from '../../edge/authentication/principal.ts'
import { type ProblemError, problem } from '../../edge/errors/problem-error.ts'
import type { RestDeps } from '../rest-deps.ts'
import { type ClinicActor, memberRoles, requireOwnCalendar, requireRole } from './access.ts'

/** A doctor whose calendar the caller has access to. */
export type Calendar = { doctor: Doctor; clinic: Clinic; actor: ClinicActor }

/** The doctor with this id, for admins, staff and the doctor. */
export async function requireCalendar(deps: RestDeps, principal: Principal, doctorId: string): Promise<Calendar> {
  const actor = requireRole(principal, doctorId, memberRoles, () => doctorNotFound(doctorId))
  const doctor = await deps.engine.directory.doctor(doctorId)
  if (doctor === null) throw doctorNotFound(doctorId)
  requireOwnCalendar(actor, doctorId)
  const clinic = await deps.engine.directory.clinic(doctor.clinicId)
  if (clinic === null) throw new Error(`The clinic of doctor ${doctorId} does not exist.`)
  return { doctor, clinic, actor }
}

/** The same without staff. */
export async function requireCalendarOwner(deps: RestDeps, principal: Principal, doctorId: string): Promise<Calendar> {
  const calendar = await requireCalendar(deps, principal, doctorId)
  if (calendar.actor.role !== 'staff') return calendar
  throw problem('forbidden', 'Your role in this clinic is staff; this needs admin, or the doctor’s own account.')
}

export function doctorNotFound(doctorId: string): ProblemError {
  return problem('doctor_not_found', `There is no doctor ${doctorId}.`)
}
