import { clinicNoIn } from '@holdfast/engine'
import type { Role } from '@holdfast/vocabulary'
import { invalidRequest } from '../../edge/bodies/validator.ts'
import { doctorNotFound } from '../guards/require-calendar.ts'

/**
 * A role that is given to somebody, and whose calendar it is for the role doctor. Whether that doctor exists is checked
 * where the role is stored.
 *
 * @throws ProblemError invalid_request, doctor_not_found
 */
export function requireRoleFields(
  clinicNo: number,
  body: { role: Role; doctorId?: string },
): { role: Role; doctorId: string | null } {
  const { role, doctorId = null } = body
  if ((role === 'doctor') !== (doctorId !== null)) {
    const message = doctorId === null ? 'is required with role doctor' : `is allowed only with role doctor, not ${role}`
    throw invalidRequest([{ path: '/doctorId', message }])
  }
  if (doctorId !== null && clinicNoIn(doctorId) !== clinicNo) throw doctorNotFound(doctorId)
  return { role, doctorId }
}
