import type { BookingStatus } from '@holdfast/vocabulary'
import sql, { join, raw, type Sql } from 'sql-template-tag'
import { bookingColumns } from '../bookings/booking-row.ts'
import { isHeld, isLapsed } from '../database/hold-sql.ts'

/** The columns of a BookingRow that are not in table booking, or not as stored. */
const expressions: Partial<Record<string, Sql>> = {
  clinic_id: sql`c.id`,
  status: sql`case when ${isLapsed} then 'FAILED' else b.status end`,
  failure_reason: sql`case when ${isLapsed} then 'hold_expired' else b.failure_reason end`,
  starts_at: sql`s.starts_at`,
  ends_at: sql`s.ends_at`,
  hold_expires_at: sql`case when ${isHeld} then b.hold_expires_at end`,
  extended: sql`b.extended_by is not null`,
  visit_type_id: sql`s.visit_type_id`,
  session_id: sql`s.session_id`,
}

/**
 * The columns of a BookingRow, where `b` is the booking, `s` its slot and `c` its clinic: as with_effective_status.sql.
 */
export const selectedBooking = join(
  Object.values(bookingColumns).map((column) => sql`${expressions[column] ?? raw(`b.${column}`)} as ${raw(column)}`),
  ', ',
)

/**
 * The conditions on `b` for an effective status, as one or two arms of a UNION ALL. Each arm contains the condition of
 * one of the two partial indexes, PENDING or not PENDING, so that the planner can use it.
 */
export function armsOfStatus(status: BookingStatus | null): Sql[] {
  const isPending = sql`b.status = 'PENDING'`
  const isNotPending = sql`b.status <> 'PENDING'`
  switch (status) {
    case null:
      return [isPending, isNotPending]
    case 'PENDING':
      return [isHeld]
    case 'FAILED':
      return [isLapsed, sql`${isNotPending} and b.status = 'FAILED'`]
    default:
      return [sql`${isNotPending} and b.status = ${status}`]
  }
}

/** Booking `b` was never confirmed: its hold lapsed or was released. */
export const isAbandoned = sql`
  (${isLapsed} or coalesce(b.failure_reason, '') in ('hold_expired', 'hold_released', 'time_taken'))`
