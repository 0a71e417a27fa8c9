import type pg from 'pg'
import sql from 'sql-template-tag'
import { type BookingRow, bookingOf } from '../bookings/booking-row.ts'
import { isHeld } from '../database/hold-sql.ts'
import { inTransaction } from '../database/pools.ts'
import type { BusyCalendar, BusyCalendars } from '../model/busy-calendar.ts'
import { bookingIdsOfSlots, partsOf } from '../reads/booking-ids.ts'
import { selectedBooking } from '../reads/booking-sql.ts'
import { removeBusyCalendar } from './read-busy-calendars.ts'

/** More conflicts are found when these are resolved. */
const conflictSlotsMax = 200

/** The external calendars of doctors, with the application's role. */
export function createBusyCalendars(pool: pg.Pool): BusyCalendars {
  return {
    async set({ clinicNo, doctorId, sealedUrl }) {
      await pool.query(sql`
        insert into holdfast.busy_calendar (clinic_no, resource_id, url) values (${clinicNo}, ${doctorId}, ${sealedUrl})
        on conflict (clinic_no, resource_id) do update
           set url = excluded.url, etag = null, last_modified = null, read_next_at = now(), read_at = null,
               failing_since = null, problem = null, reason = null, notified_at = null, left_out = 0,
               left_out_events = '[]', empty_since = null, emptied_at = null, emptied_notified_at = null,
               created_at = now()`)
    },

    async find(clinicNo, doctorId) {
      const { rows } = await pool.query<BusyCalendar>(sql`
        select b.url as "sealedUrl", b.read_at as "readAt", b.failing_since as "failingSince",
               b.reason, b.problem, b.left_out as "leftOut", b.left_out_events as "leftOutEvents",
               b.empty_since as "emptySince", b.emptied_at as "emptiedAt", b.created_at as "createdAt"
          from holdfast.busy_calendar b where b.clinic_no = ${clinicNo} and b.resource_id = ${doctorId}`)
      return rows[0] ?? null
    },

    remove: (clinicNo, doctorId) =>
      inTransaction(pool, (transaction) => removeBusyCalendar(transaction, { clinicNo, doctorId })),

    async blockedSlotIds({ clinicNo, doctorId, from, to }) {
      const { rows } = await pool.query<{ id: string }>(sql`
        select s.id from holdfast.slot s
         where s.clinic_no = ${clinicNo} and s.resource_id = ${doctorId} and s.withdrawn_at is null
           and s.blocked_at is not null and s.starts_at >= ${from} and s.starts_at < ${to}
         order by s.starts_at`)
      return rows.map(({ id }) => id)
    },

    async conflicts({ clinicNo, doctorId, limit }) {
      const { rows: slots } = await pool.query<{ id: string; startsAt: Date }>(sql`
        select s.id, s.starts_at as "startsAt" from holdfast.slot s
         where s.clinic_no = ${clinicNo} and s.resource_id = ${doctorId} and s.withdrawn_at is null
           and s.blocked_at is not null and s.taken > 0 and s.starts_at > statement_timestamp()
         order by s.starts_at limit ${conflictSlotsMax}`)
      const last = slots.at(-1)
      if (last === undefined) return []
      const ids = slots.map(({ id }) => id)
      const isOfThese = sql`s.clinic_no = ${clinicNo} and s.id = any (${ids}::uuid[])`
      const range = await bookingIdsOfSlots(pool, isOfThese, last.startsAt)
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
           where ${isOfThese} and (b.status = 'CONFIRMED' or ${isHeld})
           order by s.starts_at, b.id limit ${limit}`)
        found.push(...rows)
      }
      return found
        .toSorted((a, b) => a.starts_at.getTime() - b.starts_at.getTime())
        .slice(0, limit)
        .map(bookingOf)
    },
  }
}
