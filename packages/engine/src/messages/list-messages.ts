import type pg from 'pg'
import sql, { empty, join, type Sql } from 'sql-template-tag'
import { matchesBooking } from '../lists/booking-search.ts'
import { cursorOf } from '../lists/cursor.ts'
import { microsOf, timeOfMicros } from '../lists/micros-sql.ts'
import { pageOf } from '../lists/page.ts'
import type { ListedMessage, MessagesQuery } from '../model/message.ts'
import type { Page } from '../model/page.ts'
import { type BookingIds, partsAround } from '../reads/booking-ids.ts'
import { bookingsByIds } from '../reads/bookings-by-ids.ts'
import { messageColumns } from './message-columns.ts'
import { isReminderOff } from './reminder-off-sql.ts'

const messageCursor = cursorOf('messages', ['micros', 'id'])

type FoundRow = Omit<ListedMessage, 'booking'> & { micros: string }

/** The newest version of the booking of message `m`, if the message waits. */
const newestVersion = sql`case when m.state = 'due' then (
  select max(o.version) from holdfast.message o
   where o.clinic_no = m.clinic_no and o.booking_id = m.booking_id) end as "newestVersion"`

/** A page of a clinic's messages, the newest first, each with its booking as that is now. */
export async function listMessages(pool: pg.Pool, query: MessagesQuery): Promise<Page<ListedMessage>> {
  const found = query.q === null ? await newest(pool, query, null) : await searched(pool, query, query.q)
  const page = pageOf(
    found,
    query.limit,
    ({ micros: _, ...message }) => message,
    (last) => messageCursor.encode(last.micros, last.id),
  )
  const ids = page.items.map(({ bookingId }) => bookingId)
  const bookings = await bookingsByIds(pool, query.clinicNo, ids)
  const items = page.items.map((message) => ({ ...message, booking: bookings.get(message.bookingId) ?? null }))
  return { items, nextCursor: page.nextCursor }
}

/** @param matching bookings of some months, and what they have to match; null: messages about any booking */
async function newest(
  pool: pg.Pool,
  query: MessagesQuery,
  matching: { ids: BookingIds; matches: Sql } | null,
): Promise<FoundRow[]> {
  const ofBookings =
    matching === null
      ? empty
      : sql`join (select b.id from holdfast.booking b
                   where b.clinic_no = ${query.clinicNo} and b.id >= ${matching.ids.from}
                     and b.id < ${matching.ids.until} and ${matching.matches}) b on b.id = m.booking_id`
  const { rows } = await pool.query<FoundRow>(sql`
    select ${messageColumns}, m.version, m.slot_id as "slotId", ${newestVersion},
           (m.state = 'due' and ${isReminderOff}) as "isReminderOff",
           ${microsOf(sql`m.created_at`)} as micros
      from holdfast.message m ${ofBookings}
     where ${join(conditionsOf(query), ' and ')}
     order by m.created_at desc, m.id desc
     limit ${query.limit + 1}`)
  return rows
}

/**
 * Like {@link newest}, for the bookings that match. It queries a few months of bookings after the other: a single query
 * would lock all of their partitions at once. An old booking may have the newest message, so all of them are read.
 */
async function searched(pool: pg.Pool, query: MessagesQuery, q: string): Promise<FoundRow[]> {
  const { rows: ends } = await pool.query<{ id: string }>(sql`
    (select m.booking_id as id from holdfast.message m
      where m.clinic_no = ${query.clinicNo} order by m.booking_id limit 1)
    union all
    (select m.booking_id from holdfast.message m
      where m.clinic_no = ${query.clinicNo} order by m.booking_id desc limit 1)`)
  let found: FoundRow[] = []
  for (const ids of partsAround(ends.map(({ id }) => id))) {
    const rows = await newest(pool, query, { ids, matches: matchesBooking(q) })
    found = [...found, ...rows].toSorted(byNewest).slice(0, query.limit + 1)
  }
  return found
}

function byNewest(a: FoundRow, b: FoundRow): number {
  return Number(BigInt(b.micros) - BigInt(a.micros)) || (a.id < b.id ? 1 : -1)
}

function conditionsOf({ clinicNo, bookingId, state, cursor }: MessagesQuery): Sql[] {
  const conditions = [sql`m.clinic_no = ${clinicNo}`]
  if (bookingId !== null) conditions.push(sql`m.booking_id = ${bookingId}`)
  if (state !== null) conditions.push(sql`m.state = ${state}`)
  if (cursor !== null) {
    const [micros, id] = messageCursor.decode(cursor)
    conditions.push(sql`(m.created_at, m.id) < (${timeOfMicros(micros)}, ${id}::uuid)`)
  }
  return conditions
}
