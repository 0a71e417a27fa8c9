import type { AppointmentType } from './booking.ts'

export type Money = { amount: number; currency: string }

export type Clinic = {
  id: string
  no: number
  name: string
  /** IANA */
  timezone: string
  address: string | null
  phone: string | null
  settings: ClinicSettings
}

export type ClinicSettings = {
  /** 30–900 */
  holdSeconds: number
  /** 0–525,600: how long before its start a slot stops being bookable */
  minimumNoticeMinutes: number
  /** 1–730: how far ahead slots can be booked */
  bookingHorizonDays: number
  /** 0–525,600: how long before its start a patient can no longer cancel or move */
  cancellationDeadlineMinutes: number
}

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
  /** The first start of a bookable slot with room, by the clinic's settings; null: none. */
  nextAvailableAt: Date | null
}

export type Role = 'doctor' | 'staff' | 'admin'

export type Membership = { clinicNo: number; clinicId: string; accountId: string; role: Role; doctorId: string | null }

/** A page of a keyset-paginated list; `nextCursor` is opaque, null on the last page. */
export type Page<Item> = { items: Item[]; nextCursor: string | null }
