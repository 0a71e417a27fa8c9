import type { AppointmentType } from '@holdfast/vocabulary'
import type { ExternalId } from './external-id.ts'

/** A name in each language of the site. */
export type LocalNames = { en: string; de: string; ar: string }

export type Money = { amount: number; currency: string }

/** How many of a doctor’s next slots are read with the doctor. */
export const nextSlotsMax = 3

export type Doctor = {
  id: string
  clinicId: string
  name: string
  specialization: string
  /** For readers of each language; null: it is none of the known specializations. */
  specializationNames: LocalNames | null
  experienceYears: number | null
  /** 0–5, one decimal */
  rating: number | null
  /** BCP 47 tags */
  languages: string[]
  fee: Money | null
  appointmentTypes: AppointmentType[]
  externalIds: ExternalId[]
  active: boolean
  /** Visit types are booked in open sessions that have not ended. */
  hasOpenSessions: boolean
  /** The start of the first slot with room that can be booked by the clinic's settings; null: none. */
  nextAvailableAt: Date | null
  /** The first slots of that kind, at most {@link nextSlotsMax}, by their start. */
  nextSlots: { id: string; startsAt: Date; endsAt: Date }[]
}

export type NewDoctor = Omit<
  Doctor,
  | 'id'
  | 'clinicId'
  | 'specializationNames'
  | 'externalIds'
  | 'active'
  | 'hasOpenSessions'
  | 'nextAvailableAt'
  | 'nextSlots'
> & { externalIds?: ExternalId[] }

/** `soonest`: by nextAvailableAt, those without one last, then by name. A cursor is valid for its sort only. */
export type DoctorsQuery = {
  clinicId: string | null
  specialization: string | null
  q: string | null
  appointmentType: AppointmentType | null
  includeInactive: boolean
  externalId?: ExternalId | null
  sort: 'name' | 'soonest'
  limit: number
  cursor: string | null
}
