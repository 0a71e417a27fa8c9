import type pg from 'pg'
import sql, { type Sql } from 'sql-template-tag'
import { type BookingRow, bookingOf } from '../bookings/booking-row.ts'
import { isHeld } from '../database/hold-sql.ts'
import type { Booking } from '../model/booking.ts'
import { bookingIdsOfSlots, partsOf } from '../reads/booking-ids.ts'
import { selectedBooking } from '../reads/booking-sql.ts'

/**
 * The first confirmed and held bookings of these slots, by the slots' start and their id.
 *
 * @param slots a condition on `s`, the slot
 * @param lastStart all of these slots start then or before
 * @param after only those behind this booking
 */
export async function liveBookings(
  pool: pg.Pool,
  {
    slots,
    lastStart,
    limit,
    after = null,
  }: { slots: Sql; lastStart: Date; limit: number; after?: { startsAt: Date; id: string } | null },
): Promise<Booking[]> {
  const range = await bookingIdsOfSlots(pool, slots, lastStart)
  const isAfter = after === null ? sql`true` : sql`(s.starts_at, b.id) > (${after.startsAt}, ${after.id}::uuid)`
  const found: BookingRow[] = []
  for (const { from, until } of range === null ? [] : partsOf(range)) {
    const { rows } = await pool.query<BookingRow>(sql`
      select ${selectedBooking}
        from holdfast.slot s
        join holdfast.clinic c on c.no = s.clinic_no
       cross join lateral (
         select t.* from holdfast.booking t
          where t.clinic_no = s.clinic_no and t.slot_id = s.id and t.status <> 'PENDING' and t.status = 'CONFIRMED'
            and t.id >= ${from} and t.id < ${until}
         union all
         select t.* from holdfast.booking t
          where t.clinic_no = s.clinic_no and t.slot_id = s.id and t.status = 'PENDING'
            and t.id >= ${from} and t.id < ${until}) b
       where ${slots} and (b.status = 'CONFIRMED' or ${isHeld}) and ${isAfter}
       order by s.starts_at, b.id limit ${limit}`)
    found.push(...rows)
  }
  return found
    .toSorted((a, b) => a.starts_at.getTime() - b.starts_at.getTime() || (a.id < b.id ? -1 : 1))
    .slice(0, limit)
    .map(bookingOf)
}
