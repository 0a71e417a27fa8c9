import type pg from 'pg'
import sql from 'sql-template-tag'
import { inTransaction } from '../database/pools.ts'
import type { BusyCalendar, BusyCalendars } from '../model/busy-calendar.ts'
import { liveBookings } from './live-bookings.ts'
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
      return liveBookings(pool, { slots: isOfThese, lastStart: last.startsAt, limit })
    },
  }
}
