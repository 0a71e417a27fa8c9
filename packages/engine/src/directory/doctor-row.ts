import sql from 'sql-template-tag'
import type { AppointmentType } from '../model/booking.ts'
import type { Doctor } from '../model/doctor.ts'
import { availableUnits, isBookableTime } from '../reads/bookable-sql.ts'

/** A doctor's public columns: the video room is not among them. */
export type DoctorRow = {
  id: string
  clinic_id: string
  name: string
  specialization: string
  experience_years: number | null
  rating: number | null
  languages: string[]
  fee_amount: number | null
  fee_currency: string | null
  appointment_types: AppointmentType[]
  active: boolean
  next_available_at: Date | null
}

/** The columns of a {@link DoctorRow} but the last, where `r` is the resource and `c` its clinic. */
export const selectedDoctor = sql`r.id, c.id as clinic_id, r.name, r.specialization, r.experience_years, r.rating,
  r.languages, r.fee_amount, r.fee_currency, r.appointment_types, r.active`

/**
 * When doctor `r` of clinic `c` can next be booked, for a lateral join: a short index scan of one calendar. No row:
 * never.
 */
export const firstFree = sql`
  select s.starts_at from holdfast.slot s
   where r.active and s.clinic_no = r.clinic_no and s.resource_id = r.id and ${isBookableTime} and ${availableUnits} > 0
   order by s.starts_at limit 1`

export function doctorOf(row: DoctorRow): Doctor {
  return {
    id: row.id,
    clinicId: row.clinic_id,
    name: row.name,
    specialization: row.specialization,
    experienceYears: row.experience_years,
    rating: row.rating,
    languages: row.languages,
    fee:
      row.fee_amount === null || row.fee_currency === null
        ? null
        : { amount: row.fee_amount, currency: row.fee_currency },
    appointmentTypes: row.appointment_types,
    active: row.active,
    nextAvailableAt: row.next_available_at,
  }
}
