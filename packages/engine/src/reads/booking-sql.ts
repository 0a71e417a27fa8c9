import type { BookingStatus } from '../model/booking.ts'

/**
 * The columns of a BookingRow, where `b` is the booking, `s` its slot and `c` its clinic. A PENDING booking whose hold
 * has lapsed reads as FAILED `hold_expired`, swept or not.
 */
export const bookingColumnsSql = `b.id, b.clinic_no, c.id as clinic_id, b.resource_id, b.slot_id,
  case when ${lapsedSql()} then 'FAILED' else b.status end as status,
  case when ${lapsedSql()} then 'hold_expired' else b.failure_reason end as failure_reason,
  b.units, s.starts_at, s.ends_at,
  case when b.status = 'PENDING' and not ${lapsedSql()} then b.hold_expires_at end as hold_expires_at,
  b.extended_by is not null as extended, b.account_id, b.appointment_type, b.patient, b.reason, b.cancellation_reason,
  b.version, b.created_at, b.updated_at`

function lapsedSql(): string {
  return `(b.status = 'PENDING' and b.hold_expires_at <= statement_timestamp())`
}

/** Sort key to the microsecond, for cursors. */
export const startsMicrosSql = `(extract(epoch from s.starts_at) * 1000000)::bigint::text as starts_micros`

/** The same, back to a time; `parameter` is a placeholder such as `$3`. */
export function timeOfMicrosSql(parameter: string): string {
  return `(timestamptz 'epoch' + ${parameter}::bigint * interval '1 microsecond')`
}

/**
 * The conditions on `b` that make an effective status, as one or two arms of a UNION ALL: each arm says PENDING or not
 * PENDING in as many words, because the two partial indexes are found by that.
 */
export function armsOfStatus(status: BookingStatus | null): string[] {
  const settled = `b.status <> 'PENDING'`
  switch (status) {
    case null:
      return [`b.status = 'PENDING'`, settled]
    case 'PENDING':
      return [`b.status = 'PENDING' and not ${lapsedSql()}`]
    case 'FAILED':
      return [lapsedSql(), `${settled} and b.status = 'FAILED'`]
    default:
      return [`${settled} and b.status = '${status}'`]
  }
}

/**
 * A slot's bookings were made before it began, a moved one before that, so their ids are below the floor of its start,
 * and partitions of later ids are not even opened. A day of grace for application clocks that run ahead.
 */
export const idClockGraceMs = 86_400_000
