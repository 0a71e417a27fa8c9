import type pg from 'pg'
import sql, { empty, join, type Sql } from 'sql-template-tag'
import { type BookingRow, bookingOf } from '../bookings/booking-row.ts'
import { prepared } from '../database/prepared.ts'
import { cursorOf } from '../lists/cursor.ts'
import { microsOf, timeOfMicros } from '../lists/micros-sql.ts'
import { pageOf } from '../lists/page.ts'
import { contains } from '../lists/search-text.ts'
import { clinicNoOf, idFloor, isId } from '../model/id.ts'
import type { BookingsOfAccountQuery, BookingsOfClinicQuery, Reads } from '../model/reads.ts'
import { armsOfStatus, idClockGraceMs, isAbandoned, selectedBooking } from './booking-sql.ts'
import { instantsOfLocalDays } from './local-days.ts'

const accountCursor = cursorOf('bookings of account', ['micros', 'id'])
const clinicCursor = cursorOf('bookings of clinic', ['micros', 'id'])

/**
 * The part of its id that a ticket shows: the last eight characters, `004E-81F2`. It may also be part of a phone
 * number.
 */
const referencePattern = /^([0-9a-f]{4})-?([0-9a-f]{4})$/i

type ListedRow = BookingRow & { starts_micros: string }

/** One booking by its id, and lists by the start of their slots. Statuses are the effective ones. */
export function bookingReads(pool: pg.Pool): Pick<Reads, 'booking' | 'bookingsOfAccount' | 'bookingsOfClinic'> {
  return {
    async booking(bookingId) {
      if (!isId(bookingId)) return null
      const { rows } = await pool.query<BookingRow>(prepared('booking_by_id', bookingById(bookingId)))
      return rows[0] === undefined ? null : bookingOf(rows[0])
    },

    async bookingsOfAccount(query) {
      const { rows } = await pool.query<ListedRow>(accountQuery(query))
      return pageOf(rows, query.limit, bookingOf, (last) => accountCursor.encode(last.starts_micros, last.id))
    },

    async bookingsOfClinic(query) {
      const { clinicNo } = query
      const zone = await pool.query<{ timezone: string }>(
        prepared('zone_of_clinic', sql`select timezone from holdfast.clinic where no = ${clinicNo}`),
      )
      const timezone = zone.rows[0]?.timezone
      if (timezone === undefined) return { items: [], nextCursor: null }
      const { rows } = await pool.query<ListedRow>(clinicQuery(query, timezone))
      return pageOf(rows, query.limit, bookingOf, (last) => clinicCursor.encode(last.starts_micros, last.id))
    },
  }
}

function bookingById(bookingId: string): Sql {
  return sql`
    select ${selectedBooking}
      from holdfast.booking b
      join holdfast.slot s on s.clinic_no = b.clinic_no and s.id = b.slot_id
      join holdfast.clinic c on c.no = b.clinic_no
     where b.clinic_no = ${clinicNoOf(bookingId)} and b.id = ${bookingId}`
}

/** An account's bookings are few: found by its index, then sorted. */
function accountQuery(query: BookingsOfAccountQuery): Sql {
  const conditions = [sql`b.account_id = ${query.accountId}`, sql`(${join(armsOfStatus(query.status), ' or ')})`]
  if (query.from !== null) {
    conditions.push(sql`s.starts_at >= ${instantsOfLocalDays(query.from, query.from, 'UTC').start}`)
  }
  if (query.to !== null) conditions.push(sql`s.starts_at < ${instantsOfLocalDays(query.to, query.to, 'UTC').end}`)
  if (query.cursor !== null) {
    const [micros, id] = accountCursor.decode(query.cursor)
    conditions.push(sql`(s.starts_at, b.id) > (${timeOfMicros(micros)}, ${id}::uuid)`)
  }
  return sql`
    select ${selectedBooking}, ${microsOf(sql`s.starts_at`)} as starts_micros
      from holdfast.booking b
      join holdfast.slot s on s.clinic_no = b.clinic_no and s.id = b.slot_id
      join holdfast.clinic c on c.no = b.clinic_no
     where ${join(conditions, ' and ')}
     order by s.starts_at, b.id
     limit ${query.limit + 1}`
}

/**
 * Scans the clinic's slots by time and looks up the bookings of each by the partial indexes, until the page is full:
 * 2 ms for the first page of two months. A search may match nothing, and then a page is never full: it joins the two
 * tables instead (under 1 s for 250 days with 120,000 bookings; the scan took 6 s).
 */
function clinicQuery(query: BookingsOfClinicQuery, timezone: string): Sql {
  const { start, end } = instantsOfLocalDays(query.from, query.to, timezone)
  const { clinicNo } = query
  const slots = [sql`s.clinic_no = ${clinicNo}`, sql`s.starts_at >= ${start}`, sql`s.starts_at < ${end}`]
  if (query.doctorId !== null) slots.push(sql`s.resource_id = ${query.doctorId}`)
  const idsBefore = idFloor(new Date(end.getTime() + idClockGraceMs))
  const bookings = [sql`b.clinic_no = ${clinicNo}`, sql`b.id < ${idsBefore}`]
  if (query.q === null) bookings.push(sql`b.slot_id = s.id`)
  else bookings.push(sql`(${matches(query.q)})`)
  if (query.cursor !== null) {
    const [micros, id] = clinicCursor.decode(query.cursor)
    const time = timeOfMicros(micros)
    slots.push(sql`s.starts_at >= ${time}`, sql`(s.starts_at, b.id) > (${time}, ${id}::uuid)`)
  }
  if (query.confirmedOnly) bookings.push(sql`not ${isAbandoned}`)
  const arms = armsOfStatus(query.status).map(
    (status) => sql`select b.* from holdfast.booking b where ${join([...bookings, status], ' and ')}`,
  )
  const found = join(arms, ' union all ')
  return sql`
    select ${selectedBooking}, ${microsOf(sql`s.starts_at`)} as starts_micros
      from holdfast.slot s
      join holdfast.clinic c on c.no = s.clinic_no
      ${query.q === null ? sql`cross join lateral (${found}) b` : sql`join (${found}) b on b.slot_id = s.id`}
     where ${join(slots, ' and ')}
     order by s.starts_at, b.id
     limit ${query.limit + 1}`
}

function matches(q: string): Sql {
  const text = q.trim().toLowerCase()
  if (isId(text)) return sql`b.id = ${text}::uuid`
  const reference = referencePattern.exec(text)
  const byReference = reference === null ? empty : sql`right(b.id::text, 8) = ${reference.slice(1).join('')} or `
  // The three are joined by a line feed and folded once, because a search spends its time on folding.
  const who = sql`concat_ws(chr(10), b.patient->>'name', b.patient->>'email', b.patient->>'phone')`
  return sql`${byReference}${contains(who, q)}`
}
