import type { DoctorBody } from '@holdfast/contract'
import type { Doctor } from '@holdfast/engine'

/** The body of a doctor. */
export function doctorBody(doctor: Doctor): DoctorBody {
  return { ...doctor, nextAvailableAt: doctor.nextAvailableAt?.toISOString() ?? null }
}
