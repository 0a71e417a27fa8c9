import type { DoctorBody } from '@holdfast/contract'
import type { Doctor } from '@holdfast/engine'

/** The body of a doctor. */
export function doctorBody(doctor: Doctor): DoctorBody {
  const nextSlots = doctor.nextSlots.map(({ id, startsAt, endsAt }) => ({
    id,
    startsAt: startsAt.toISOString(),
    endsAt: endsAt.toISOString(),
  }))
  return { ...doctor, nextAvailableAt: doctor.nextAvailableAt?.toISOString() ?? null, nextSlots }
}
