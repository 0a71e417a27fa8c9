import type pg from 'pg'
import sql, { type Sql } from 'sql-template-tag'
import { idFloor, timeOf } from '../model/id.ts'
import { idsFrom, idsUntil } from '../model/id-bounds.ts'

/** A range of ids of bookings: from `from`, below `until`. A query with it opens only the partitions of its months. */
export type BookingIds = { from: string; until: string }

/**
 * The ids that bookings of these slots can have: like `holdfast.oldest_booking_id` in SQL, and created before the last
 * of the slots began. null: there are no such slots.
 *
 * @param slots a condition on `s`, the slot
 * @param end all of these slots start before it
 */
export async function bookingIdsOfSlots(
  connection: pg.Pool | pg.ClientBase,
  slots: Sql,
  end: Date,
): Promise<BookingIds | null> {
  const { rows } = await connection.query<{ oldest: Date | null }>(sql`
    select min(least(s.oldest_booking_at, s.created_at)) as oldest from holdfast.slot s where ${slots}`)
  const oldest = rows[0]?.oldest ?? null
  return oldest === null ? null : { from: idsFrom(oldest), until: idsUntil(end) }
}

const dayMs = 86_400_000
/** So that a query over them, with the indexes of each partition, holds fewer locks than a server grants by default. */
const monthsPerQuery = 8

/** The range in parts of at most so many months, the oldest first. */
export function partsOf({ from, until }: BookingIds, months = monthsPerQuery): BookingIds[] {
  const parts: BookingIds[] = []
  let low = from
  while (low < until) {
    const at = new Date(Number.parseInt(low.slice(0, 8) + low.slice(9, 13), 16))
    const next = idFloor(new Date(Date.UTC(at.getUTCFullYear(), at.getUTCMonth() + months, 1)))
    parts.push({ from: low, until: next < until ? next : until })
    low = next
  }
  return parts
}

/** The months of these bookings, from the first to the last, in such parts; none without bookings. */
export function partsAround(bookingIds: readonly string[], months = monthsPerQuery): BookingIds[] {
  const [from, ...others] = bookingIds.toSorted()
  if (from === undefined) return []
  const last = others.at(-1) ?? from
  return partsOf({ from, until: idFloor(new Date(timeOf(last).getTime() + 1)) }, months)
}

/**
 * The ids of all bookings, in such parts: those with a month that is not empty. This server's clock may differ by a day
 * from the database's.
 */
export async function partsOfAll(pool: pg.Pool, now: Date): Promise<BookingIds[]> {
  // An empty month has no pages; a committed row always has one.
  const { rows } = await pool.query<{ month: Date }>(sql`
    select month from holdfast.booking_partitions() where pg_relation_size(partition) > 0 order by month`)
  const months = rows.map(({ month }) => idFloor(month))
  const parts = partsOf({ from: months[0] ?? idFloor(now), until: idsUntil(new Date(now.getTime() + dayMs)) })
  return parts.filter(({ from, until }) => months.some((month) => from <= month && month < until))
}
