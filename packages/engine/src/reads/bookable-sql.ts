/**
 * When a slot can be booked, in SQL, for queries in which `s` is the slot and `c` its clinic: the same conditions that a
 * claim meets (claim_verdict.sql), so that what is shown as free is not refused. The caller adds that the
 * doctor is active. statement_timestamp(), because an index can be searched by it and by clock_timestamp() it can't.
 */
export const bookableTimeSql = `(s.withdrawn_at is null
  and s.starts_at > statement_timestamp()
  and s.starts_at >= statement_timestamp() + make_interval(mins => c.minimum_notice_minutes)
  and s.starts_at <= statement_timestamp() + make_interval(days => c.booking_horizon_days))`

/**
 * The free units of slot `s`: lapsed holds count as free, swept or not. `booking` is asked only about slots whose
 * next_lapse has passed: asking about each cost claims 60 % when it was measured.
 */
export const availableSql = `(s.capacity - s.taken + case when s.next_lapse <= statement_timestamp() then coalesce((
  select sum(b.units)::integer from holdfast.booking b
   where b.clinic_no = s.clinic_no and b.slot_id = s.id and b.status = 'PENDING'
     and b.hold_expires_at <= statement_timestamp()), 0) else 0 end)`
