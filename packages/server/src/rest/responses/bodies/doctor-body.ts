import type { DoctorBody } from '@holdfast/contract'
import type { Doctor } from '@holdfast/engine'
import { timeOrNull, timeText } from './time-text.ts'

/** The body of a doctor. */
export function doctorBody(doctor: Doctor): DoctorBody {
  const nextSlots = doctor.nextSlots.map(({ id, startsAt, endsAt }) => ({
    id,
    startsAt: timeText(startsAt),
    endsAt: timeText(endsAt),
  }))
  return { ...doctor, nextAvailableAt: timeOrNull(doctor.nextAvailableAt), nextSlots }
}
