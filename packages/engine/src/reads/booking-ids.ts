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

/** The range in parts of at most eight months, the oldest first. */
export function partsOf({ from, until }: BookingIds): BookingIds[] {
  const parts: BookingIds[] = []
  let low = from
  while (low < until) {
    const at = new Date(Number.parseInt(low.slice(0, 8) + low.slice(9, 13), 16))
    const next = idFloor(new Date(Date.UTC(at.getUTCFullYear(), at.getUTCMonth() + monthsPerQuery, 1)))
    parts.push({ from: low, until: next < until ? next : until })
    low = next
  }
  return parts
}

/** The months of these bookings, from the first to the last, in such parts; none without bookings. */
export function partsAround(bookingIds: readonly string[]): BookingIds[] {
  const [from, ...others] = bookingIds.toSorted()
  if (from === undefined) return []
  const last = others.at(-1) ?? from
  return partsOf({ from, until: idFloor(new Date(timeOf(last).getTime() + 1)) })
}

/** All ids that bookings can have now: from the first partition on. This server's clock may differ by a day, too. */
export async function bookingIdsOfAll(pool: pg.Pool, now: Date): Promise<BookingIds> {
  const { rows } = await pool.query<{ first: Date | null }>(
    sql`select min(month) as first from holdfast.booking_months() month`,
  )
  return { from: idFloor(rows[0]?.first ?? now), until: idsUntil(new Date(now.getTime() + dayMs)) }
}
