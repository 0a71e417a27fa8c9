import type pg from 'pg'
import sql from 'sql-template-tag'
import { type BookingRow, bookingOf } from '../bookings/booking-row.ts'
import type { Booking } from '../model/booking.ts'
import { partsAround } from './booking-ids.ts'
import { selectedBooking } from './booking-sql.ts'

/** A clinic's bookings by their ids. Bookings that were moved to an archive are not found. */
export async function bookingsByIds(
  pool: pg.Pool,
  clinicNo: number,
  bookingIds: readonly string[],
): Promise<Map<string, Booking>> {
  const bookings = new Map<string, Booking>()
  for (const { from, until } of partsAround(bookingIds)) {
    const ids = bookingIds.filter((id) => id >= from && id < until)
    if (ids.length === 0) continue
    const { rows } = await pool.query<BookingRow>(sql`
      select ${selectedBooking}
        from holdfast.booking b
        join holdfast.slot s on s.clinic_no = b.clinic_no and s.id = b.slot_id
        join holdfast.clinic c on c.no = b.clinic_no
       where b.clinic_no = ${clinicNo} and b.id = any (${ids}::uuid[]) and b.id >= ${from} and b.id < ${until}`)
    for (const row of rows) bookings.set(row.id, bookingOf(row))
  }
  return bookings
}
