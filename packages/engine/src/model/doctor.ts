import type { AppointmentType } from './booking.ts'

export type Money = { amount: number; currency: string }

export type Doctor = {
  id: string
  clinicId: string
  name: string
  specialization: string
  experienceYears: number | null
  /** 0–5, one decimal */
  rating: number | null
  /** BCP 47 tags */
  languages: string[]
  fee: Money | null
  appointmentTypes: AppointmentType[]
  active: boolean
  /** The start of the first slot with room that can be booked by the clinic's settings; null: none. */
  nextAvailableAt: Date | null
}

export type NewDoctor = Omit<Doctor, 'id' | 'clinicId' | 'active' | 'nextAvailableAt'>

/** `soonest`: by nextAvailableAt, those without one last, then by name. A cursor is valid for its sort only. */
export type DoctorsQuery = {
  clinicId: string | null
  specialization: string | null
  q: string | null
  appointmentType: AppointmentType | null
  includeInactive: boolean
  sort: 'name' | 'soonest'
  limit: number
  cursor: string | null
}
