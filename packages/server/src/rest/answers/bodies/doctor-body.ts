import type { DoctorBody } from '@holdfast/contract'
import type { Doctor } from '@holdfast/engine'

/** A doctor as they are answered. */
export function doctorBody(doctor: Doctor): DoctorBody {
  return { ...doctor, nextAvailableAt: doctor.nextAvailableAt?.toISOString() ?? null }
}
