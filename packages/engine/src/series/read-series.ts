import type pg from 'pg'
import sql from 'sql-template-tag'
import { manageAccess } from '../bookings/manage-token-epochs.ts'
import { clinicNoOf, isId } from '../model/id.ts'
import type { BookingSeries, Series, SeriesPlace } from '../model/series.ts'
import { bookingsByIds } from '../reads/bookings-by-ids.ts'

type SeriesRow = Omit<BookingSeries, 'members'> & { bookingId: string | null; number: number | null }

export function seriesReads(pool: pg.Pool): Pick<Series, 'find' | 'placesOf'> {
  return {
    async find(seriesId) {
      if (!isId(seriesId)) return null
      const clinicNo = clinicNoOf(seriesId)
      const { rows } = await pool.query<SeriesRow>(sql`
        select s.id, s.clinic_no as "clinicNo", s.every, s.unit, s.total, s.created_at as "createdAt",
               m.booking_id as "bookingId", m.number
          from holdfast.booking_series s
          left join holdfast.booking_series_member m on m.clinic_no = s.clinic_no and m.series_id = s.id
         where s.clinic_no = ${clinicNo} and s.id = ${seriesId}
         order by m.number`)
      const [first] = rows
      if (first === undefined) return null
      const ids = rows.flatMap(({ bookingId }) => bookingId ?? [])
      const [bookings, manage] = await Promise.all([
        bookingsByIds(pool, clinicNo, ids),
        manageAccess(pool, clinicNo, ids),
      ])
      const members = rows.flatMap(({ bookingId, number }) => {
        const booking = bookings.get(bookingId ?? '')
        const access = manage.get(bookingId ?? '')
        return booking === undefined || access === undefined || number === null
          ? []
          : [{ number, booking, manage: access }]
      })
      const { bookingId: _bookingId, number: _number, ...series } = first
      return members.length === 0 ? null : { ...series, members }
    },

    async placesOf(bookings) {
      if (bookings.length === 0) return new Map()
      const { rows } = await pool.query<SeriesPlace & { bookingId: string }>(sql`
        select m.booking_id as "bookingId", s.id, m.number, s.total
          from unnest(${bookings.map(({ clinicNo }) => clinicNo)}::integer[],
                      ${bookings.map(({ id }) => id)}::uuid[]) i(clinic_no, id)
          join holdfast.booking_series_member m on m.clinic_no = i.clinic_no and m.booking_id = i.id
          join holdfast.booking_series s on s.clinic_no = m.clinic_no and s.id = m.series_id`)
      return new Map(rows.map(({ bookingId, ...place }) => [bookingId, place]))
    },
  }
}
