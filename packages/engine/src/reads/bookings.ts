import type pg from 'pg'
import sql, { join, type Sql } from 'sql-template-tag'
import { type BookingRow, bookingOf } from '../bookings/booking-row.ts'
import { accessJson } from '../database/booking-access-sql.ts'
import { isHeld } from '../database/hold-sql.ts'
import { isAppointment } from '../database/is-appointment.ts'
import { prepared } from '../database/prepared.ts'
import { isHere, placedRowsOf, type ShardPools } from '../database/shard-pools.ts'
import { matchesBooking } from '../lists/booking-search.ts'
import { cursorOf } from '../lists/cursor.ts'
import { microsOf, timeOfMicros } from '../lists/micros-sql.ts'
import { pageOf } from '../lists/page.ts'
import type { BookingAccess } from '../model/booking-access.ts'
import { clinicNoOf, isId } from '../model/id.ts'
import { idsUntil } from '../model/id-bounds.ts'
import type { BookingsOfAccountQuery, BookingsOfClinicQuery, ListedBooking, Reads } from '../model/reads.ts'
import type { LaterVisit } from '../model/waitlist.ts'
import { type BookingIds, bookingIdsOfSlots, partsOf, partsOfAll } from './booking-ids.ts'
import { armsOfStatus, isAbandoned, selectedBooking } from './booking-sql.ts'
import { withTimeFree } from './free-requested-times.ts'
import { instantsOfLocalDays } from './local-days.ts'
import { lostBookings } from './lost-bookings.ts'

const accountCursor = cursorOf('bookings of account', ['micros', 'id'])
const clinicCursor = cursorOf('bookings of clinic', ['micros', 'id'])
const requestCursor = cursorOf('requests of clinic', ['micros', 'id'])

/** `sort_micros`: of the time by which the list is ordered. */
type ListedRow = BookingRow & { sort_micros: string; arrived_at?: Date | null }

/**
 * One booking by its id, and lists by the start of their slots; of requests, by the end of the time to answer them.
 * Statuses are the effective ones.
 */
export function bookingReads(
  pool: pg.Pool,
  shards: ShardPools,
): Pick<Reads, 'booking' | 'bookingsOfAccount' | 'bookingsOfClinic' | 'requestsOfClinic' | 'bookedSinceWithdrawal'> {
  return {
    async booking(bookingId, access) {
      if (!isId(bookingId)) return null
      // Not prepared: a stored plan would lock every partition.
      const { rows } = await pool.query<BookingRow>(bookingById(bookingId, access ?? null))
      return rows[0] === undefined ? null : bookingOf(rows[0])
    },

    async bookingsOfAccount(query) {
      // Refused here: without bookings there is no query.
      if (query.cursor !== null) accountCursor.decode(query.cursor)
      const limit = query.limit + 1
      const found = await placedRowsOf(shards, async (shard, elsewhereNos) => {
        const parts = await partsOfAccount(shard, query.accountId)
        return listed(shard, limit, parts, (ids) => accountQuery(query, ids, elsewhereNos))
      })
      const rows = found.toSorted(inOrder).slice(0, limit)
      return pageOf(rows, query.limit, bookingOf, (last) => accountCursor.encode(last.sort_micros, last.id))
    },

    async bookingsOfClinic(query) {
      const cursor = query.requested ? requestCursor : clinicCursor
      if (query.cursor !== null) cursor.decode(query.cursor)
      const zone = await pool.query<{ timezone: string }>(
        prepared('zone_of_clinic', sql`select timezone from holdfast.clinic where no = ${query.clinicNo}`),
      )
      const timezone = zone.rows[0]?.timezone
      if (timezone === undefined) return { items: [], nextCursor: null }
      const days = instantsOfLocalDays(query.from, query.to, timezone)
      const slots = slotsOf(query, days)
      const ids = await bookingIdsOfSlots(pool, slots, days.end)
      const parts = ids === null ? [] : partsOf(ids)
      const rows = await listed(pool, query.limit + 1, parts, (part) => clinicQuery(query, slots, part))
      const page = pageOf(rows, query.limit, listedBookingOf, (last) => cursor.encode(last.sort_micros, last.id))
      return query.withTimeFree ? { ...page, items: await withTimeFree(pool, query.clinicNo, page.items) } : page
    },

    async requestsOfClinic({ clinicNo, doctorId, limit }) {
      const ofDoctor = doctorId === null ? sql`true` : sql`b.resource_id = ${doctorId}`
      const { rows } = await pool.query<{ endsAt: Date }>(sql`
        select b.hold_expires_at as "endsAt"
          from holdfast.booking b
         where b.clinic_no = ${clinicNo} and b.id >= holdfast.recent_ids() and ${isAppointment} and ${isRequest}
           and ${ofDoctor}
         order by b.hold_expires_at
         limit ${limit + 1}`)
      const firstEndsAt = rows[0]?.endsAt ?? null
      return { waiting: Math.min(rows.length, limit), isMore: rows.length > limit, firstEndsAt }
    },

    async bookedSinceWithdrawal({ clinicNo, bookings, doctorId }) {
      const lost = lostBookings(bookings)
      if (lost.length === 0) return new Map()
      const { rows } = await pool.query<LaterVisit & { withdrawnId: string }>(sql`
        select v.withdrawn_id as "withdrawnId", v.booking_id as "bookingId", v.starts_at as "startsAt"
          from holdfast.booked_since_withdrawal(
                 ${clinicNo}, ${lost.map(({ id }) => id)}::uuid[], ${lost.map(({ slotId }) => slotId)}::uuid[],
                 ${lost.map((one) => one.doctorId)}::uuid[], ${lost.map((one) => JSON.stringify(one.patient))}::jsonb[],
                 ${lost.map(({ accountId }) => accountId)}::uuid[], ${doctorId}::uuid, statement_timestamp()) v`)
      return new Map(rows.map(({ withdrawnId, ...visit }) => [withdrawnId, visit]))
    },
  }
}

function bookingById(bookingId: string, access: BookingAccess | null): Sql {
  const isAccessible = access === null ? sql`true` : sql`holdfast.has_access(b, ${accessJson(access)})`
  return sql`
    select ${selectedBooking}
      from holdfast.booking b
      join holdfast.slot s on s.clinic_no = b.clinic_no and s.id = b.slot_id
      join holdfast.clinic c on c.no = b.clinic_no
     where b.clinic_no = ${clinicNoOf(bookingId)} and b.id = ${bookingId} and ${isAppointment}
       and ${isAccessible}`
}

/**
 * The first `limit` rows of a list by (sort_micros, id), whose bookings have these ids. One query after the other over
 * a few months each: a single one would lock all of them at once.
 */
async function listed(
  pool: pg.Pool,
  limit: number,
  parts: readonly BookingIds[],
  queryOf: (part: BookingIds) => Sql,
): Promise<ListedRow[]> {
  let found: ListedRow[] = []
  for (const part of parts) {
    const { rows } = await pool.query<ListedRow>(queryOf(part))
    found = found.length === 0 ? rows : [...found, ...rows].toSorted(inOrder).slice(0, limit)
    // The bookings of later parts were created later than what is listed last starts, or ends.
    const last = found[limit - 1]
    if (last !== undefined && idsUntil(timeOfRow(last)) < part.until) break
  }
  return found
}

function timeOfRow({ sort_micros }: ListedRow): Date {
  return new Date(Number(BigInt(sort_micros) / 1_000n))
}

function inOrder(a: ListedRow, b: ListedRow): number {
  return Number(BigInt(a.sort_micros) - BigInt(b.sort_micros)) || (a.id < b.id ? -1 : 1)
}

function listedBookingOf(row: ListedRow): ListedBooking {
  const arrivedAt = row.arrived_at ?? null
  return { ...bookingOf(row), ...(arrivedAt === null ? {} : { arrivedAt }) }
}

/** Of a patient who is there. A booking has few events, which its key finds. */
const arrivedAt = sql`
  case when b.status = 'ARRIVED' then (
    select e.at from holdfast.booking_event e
     where e.clinic_no = b.clinic_no and e.booking_id = b.id and e.type = 'arrived'
     order by e.version desc limit 1) end`

/** The parts of all months in which the account has bookings: most have none, and are quickly planned and read. */
async function partsOfAccount(pool: pg.Pool, accountId: string): Promise<BookingIds[]> {
  const parts: BookingIds[] = []
  for (const part of await partsOfAll(pool, new Date())) {
    const { rows } = await pool.query<{ found: boolean }>(sql`
      select exists (select from holdfast.booking b
                      where b.account_id = ${accountId} and b.id >= ${part.from} and b.id < ${part.until}) as found`)
    if (rows[0]?.found === true) parts.push(part)
  }
  return parts
}

/** An account's bookings are few: found by its index, then sorted. */
function accountQuery(query: BookingsOfAccountQuery, ids: BookingIds, elsewhereNos: readonly number[]): Sql {
  const conditions = [
    sql`b.account_id = ${query.accountId}`,
    isHere(sql`b.clinic_no`, elsewhereNos),
    isAppointment,
    sql`b.id >= ${ids.from} and b.id < ${ids.until}`,
    sql`(${join(armsOfStatus(query.status), ' or ')})`,
  ]
  if (query.from !== null) {
    conditions.push(sql`s.starts_at >= ${instantsOfLocalDays(query.from, query.from, 'UTC').start}`)
  }
  if (query.to !== null) conditions.push(sql`s.starts_at < ${instantsOfLocalDays(query.to, query.to, 'UTC').end}`)
  if (query.cursor !== null) {
    const [micros, id] = accountCursor.decode(query.cursor)
    conditions.push(sql`(s.starts_at, b.id) > (${timeOfMicros(micros)}, ${id}::uuid)`)
  }
  return sql`
    select ${selectedBooking}, ${microsOf(sql`s.starts_at`)} as sort_micros
      from holdfast.booking b
      join holdfast.slot s on s.clinic_no = b.clinic_no and s.id = b.slot_id
      join holdfast.clinic c on c.no = b.clinic_no
     where ${join(conditions, ' and ')}
     order by s.starts_at, b.id
     limit ${query.limit + 1}`
}

function slotsOf(
  { clinicNo, doctorId }: Pick<BookingsOfClinicQuery, 'clinicNo' | 'doctorId'>,
  { start, end }: { start: Date; end: Date },
): Sql {
  const slots = [sql`s.clinic_no = ${clinicNo}`, sql`s.starts_at >= ${start}`, sql`s.starts_at < ${end}`]
  if (doctorId !== null) slots.push(sql`s.resource_id = ${doctorId}`)
  return join(slots, ' and ')
}

/** Booking `b` waits for the clinic's answer. */
const isRequest = sql`(b.requested_at is not null and ${isHeld})`

/**
 * Scans the clinic's slots by time and looks up the bookings of each by the partial indexes, until the page is full:
 * 2 ms for the first page of two months. A search may match nothing, and then a page is never full: it joins the two
 * tables instead (under 1 s for 250 days with 120,000 bookings; the scan took 6 s).
 */
function clinicQuery(query: BookingsOfClinicQuery, ofDays: Sql, ids: BookingIds): Sql {
  const slots = [ofDays]
  const bookings = [
    sql`b.clinic_no = ${query.clinicNo}`,
    isAppointment,
    sql`b.id >= ${ids.from} and b.id < ${ids.until}`,
  ]
  // Few bookings match, or none, and then a page is never full.
  const isSearch = query.q !== null || query.requested === true
  if (!isSearch) bookings.push(sql`b.slot_id = s.id`)
  if (query.q !== null) bookings.push(matchesBooking(query.q))
  if (query.cursor !== null && query.requested) {
    const [micros, id] = requestCursor.decode(query.cursor)
    bookings.push(sql`(b.hold_expires_at, b.id) > (${timeOfMicros(micros)}, ${id}::uuid)`)
  } else if (query.cursor !== null) {
    const [micros, id] = clinicCursor.decode(query.cursor)
    const time = timeOfMicros(micros)
    slots.push(sql`s.starts_at >= ${time}`, sql`(s.starts_at, b.id) > (${time}, ${id}::uuid)`)
  }
  if (query.createdUntil !== undefined) bookings.push(sql`b.created_at <= ${query.createdUntil}`)
  if (query.confirmedOnly) bookings.push(sql`not ${isAbandoned}`)
  if (query.requested) bookings.push(isRequest)
  if (query.attendance === 'confirmed') bookings.push(sql`b.attendance_confirmed_at is not null`)
  if (query.attendance === 'unconfirmed') {
    bookings.push(sql`b.status = 'CONFIRMED' and b.attendance_confirmed_at is null`)
    slots.push(sql`s.starts_at > now()`)
  }
  const arms = armsOfStatus(query.status).map(
    (status) => sql`select b.* from holdfast.booking b where ${join([...bookings, status], ' and ')}`,
  )
  const found = join(arms, ' union all ')
  const sortedBy = query.requested ? sql`b.hold_expires_at` : sql`s.starts_at`
  return sql`
    select ${selectedBooking}, ${microsOf(sortedBy)} as sort_micros, ${arrivedAt} as arrived_at
      from holdfast.slot s
      join holdfast.clinic c on c.no = s.clinic_no
      ${!isSearch ? sql`cross join lateral (${found}) b` : sql`join (${found}) b on b.slot_id = s.id`}
     where ${join(slots, ' and ')}
     order by ${sortedBy}, b.id
     limit ${query.limit + 1}`
}
