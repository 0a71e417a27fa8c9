import type pg from 'pg'
import sql from 'sql-template-tag'
import { inTransaction } from '../database/pools.ts'
import { oneShard } from '../database/shard-pools.ts'
import type { PlannedReminders } from '../model/message.ts'
import { partsAround } from '../reads/booking-ids.ts'
import { bookingReads } from '../reads/bookings.ts'
import { bookingsOf, byChannel, insertMessages, type RemindedEvent, remindersOf } from './plan-messages.ts'

const bookingsPerCall = 500
/** Half as many as other queries read: it needs the bookings and their events. */
const monthsPerPart = 4

/** Does what `Messages.planReminders` says. A reminder belongs to the event that planned, or would have planned, it. */
export async function planReminders(
  pool: pg.Pool,
  clinicNo: number,
  { cursor, isDryRun }: { cursor: string | null; isDryRun: boolean },
): Promise<PlannedReminders> {
  const days = await daysWithSlots(pool, clinicNo)
  if (days === null) return { bookings: 0, nextCursor: null }
  const filter = { status: 'CONFIRMED', confirmedOnly: true, doctorId: null, q: null } as const
  const { items, nextCursor } = await bookingReads(pool, oneShard(pool)).bookingsOfClinic({
    clinicNo,
    from: days.first,
    to: days.last,
    ...filter,
    limit: bookingsPerCall,
    cursor,
  })
  const bookingIds = items.map(({ id }) => id)
  let bookings = 0
  for (const { from, until } of partsAround(bookingIds, monthsPerPart)) {
    const ids = bookingIds.filter((id) => id >= from && id < until)
    bookings += await inTransaction(pool, async (transaction) => {
      const missing = await missingReminders(transaction, clinicNo, ids)
      if (!isDryRun) await insertMessages(transaction, missing)
      return new Set(missing.map(({ bookingId }) => bookingId)).size
    })
  }
  return { bookings, nextCursor }
}

/** The days from today to the last day with a slot, in the clinic's time zone; null: there is none. */
async function daysWithSlots(pool: pg.Pool, clinicNo: number): Promise<{ first: string; last: string } | null> {
  const { rows } = await pool.query<{ first: string; last: string }>(sql`
    select (statement_timestamp() at time zone c.timezone)::date::text as first,
           (s.starts_at at time zone c.timezone)::date::text as last
      from holdfast.clinic c
     cross join lateral (select s.starts_at from holdfast.slot s
                          where s.clinic_no = c.no and s.starts_at > statement_timestamp()
                          order by s.starts_at desc limit 1) s
     where c.no = ${clinicNo}`)
  return rows[0] ?? null
}

/** The reminders to come of these bookings that are not planned. */
async function missingReminders(transaction: pg.PoolClient, clinicNo: number, bookingIds: readonly string[]) {
  const ofBookings = sql`clinic_no = ${clinicNo} and booking_id = any (${bookingIds}::uuid[])`
  // What planMessages plans reminders for: the last of these has the visit as it is.
  const { rows: events } = await transaction.query<RemindedEvent>(sql`
    select distinct on (booking_id) clinic_no as "clinicNo", booking_id as "bookingId", version,
           slot_id as "slotId", actor_id as "actorId"
      from holdfast.booking_event
     where ${ofBookings} and type in ('confirmed', 'contact_corrected', 'moved')
     order by booking_id, version desc`)
  const rows = await bookingsOf(transaction, events)
  const { rows: planned } = await transaction.query<{ key: string }>(sql`
    select concat_ws(' ', booking_id, version, channel, minutes_before) as key
      from holdfast.message where ${ofBookings} and kind = 'reminder'`)
  const keys = new Set(planned.map(({ key }) => key))
  return events.flatMap((event) => {
    const booking = rows.get(event.bookingId)
    if (booking?.status !== 'CONFIRMED') return []
    return remindersOf(event, booking)
      .flatMap((reminder) => byChannel(reminder, booking))
      .filter(({ bookingId, version, channel, minutesBefore }) => {
        return !keys.has([bookingId, version, channel, minutesBefore].join(' '))
      })
  })
}
