import type { AppointmentType } from '@holdfast/vocabulary'
import sql from 'sql-template-tag'
import { type Doctor, nextSlotsMax } from '../model/doctor.ts'
import type { ExternalId } from '../model/external-id.ts'
import { availableUnits, isBookableTime } from '../reads/bookable-sql.ts'
import { localNamesOf } from './specialization-terms.ts'

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
  external_ids: ExternalId[]
  active: boolean
  has_open_sessions: boolean
  /** Times as PostgreSQL writes them in JSON. */
  next_slots: { id: string; startsAt: string; endsAt: string }[]
}

const bookableSlots = sql`holdfast.slot s
   where r.active and s.clinic_no = r.clinic_no and s.resource_id = r.id and ${isBookableTime}
     and ${availableUnits} > 0`

/**
 * When doctor `r` of clinic `c` can next be booked, for a lateral join: a short index scan of one calendar. No row:
 * never.
 */
export const firstFree = sql`select s.starts_at from ${bookableSlots} order by s.starts_at limit 1`

/**
 * The columns of a {@link DoctorRow}, where `r` is the resource and `c` its clinic. PostgreSQL computes the next slots
 * after LIMIT, so only for the rows of the page.
 */
export const selectedDoctor = sql`r.id, c.id as clinic_id, r.name, r.specialization, r.experience_years, r.rating,
  r.languages, r.fee_amount, r.fee_currency, r.appointment_types, r.external_ids, r.active,
  exists (select from holdfast.open_session o
           where o.clinic_no = r.clinic_no and o.resource_id = r.id and o.withdrawn_at is null
             and o.starts_at > now() - interval '25 hours' and o.ends_at > now()) as has_open_sessions,
  (select coalesce(json_agg(json_build_object('id', n.id, 'startsAt', n.starts_at, 'endsAt', n.ends_at)
                            order by n.starts_at), '[]')
     from (select s.id, s.starts_at, s.ends_at from ${bookableSlots}
            order by s.starts_at limit ${nextSlotsMax}) n) as next_slots`

export function doctorOf(row: DoctorRow): Doctor {
  const nextSlots = row.next_slots.map(({ id, startsAt, endsAt }) => ({
    id,
    startsAt: new Date(startsAt),
    endsAt: new Date(endsAt),
  }))
  return {
    id: row.id,
    clinicId: row.clinic_id,
    name: row.name,
    specialization: row.specialization,
    specializationNames: localNamesOf(row.specialization),
    experienceYears: row.experience_years,
    rating: row.rating,
    languages: row.languages,
    fee:
      row.fee_amount === null || row.fee_currency === null
        ? null
        : { amount: row.fee_amount, currency: row.fee_currency },
    appointmentTypes: row.appointment_types,
    externalIds: row.external_ids,
    active: row.active,
    hasOpenSessions: row.has_open_sessions,
    nextAvailableAt: nextSlots[0]?.startsAt ?? null,
    nextSlots,
  }
}
