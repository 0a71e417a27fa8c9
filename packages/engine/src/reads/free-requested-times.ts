import { timesMax, timesSearchedMax } from '@holdfast/vocabulary'
import type pg from 'pg'
import sql from 'sql-template-tag'
import type { Booking } from '../model/booking.ts'
import type { ListedBooking } from '../model/reads.ts'

type FreeTime = { doctorId: string; visitTypeId: string; appointmentType: string; startsAt: Date }

/**
 * The bookings, each request that holds nothing with whether its time is free, as `take_requested_time` would find it.
 * The times of a doctor are looked up once for each day and visit type: their number, not that of the requests, says
 * what it costs.
 */
export async function withTimeFree(
  pool: pg.Pool,
  clinicNo: number,
  bookings: readonly Booking[],
): Promise<ListedBooking[]> {
  const asked = bookings.filter(({ units }) => units === 0)
  if (asked.length === 0) return [...bookings]
  const { rows } = await pool.query<FreeTime>(sql`
    select d.doctor_id as "doctorId", d.visit_type_id as "visitTypeId", d.appointment_type as "appointmentType",
           t.starts_at as "startsAt"
      from (select a.doctor_id, a.visit_type_id, a.appointment_type, min(a.starts_at) as first, max(a.starts_at) as last
              from unnest(${asked.map(({ doctorId }) => doctorId)}::uuid[],
                          ${asked.map(({ visitTypeId }) => visitTypeId)}::uuid[],
                          ${asked.map(({ appointmentType }) => appointmentType)}::text[],
                          ${asked.map(({ startsAt }) => startsAt)}::timestamptz[])
                   a(doctor_id, visit_type_id, appointment_type, starts_at)
             group by 1, 2, 3, date_trunc('day', a.starts_at, 'UTC')) d
     cross join lateral holdfast.times_of_clinic(
             ${clinicNo}, d.doctor_id, d.visit_type_id, d.first, d.last + interval '1 second', d.appointment_type, true,
             null, ${timesMax}, ${timesSearchedMax}, null) t
     where t.starts_at is not null`)
  const free = new Set(rows.map(keyOf))
  return bookings.map((booking) =>
    booking.units === 0 ? { ...booking, isTimeFree: free.has(keyOf(booking)) } : booking,
  )
}

function keyOf({ doctorId, visitTypeId, appointmentType, startsAt }: FreeTime | Booking): string {
  return `${doctorId} ${visitTypeId} ${appointmentType} ${startsAt.getTime()}`
}
