import sql from 'sql-template-tag'

// Whether a hold has ended: hold_lapsed.sql, for queries that are planned at each call, where opening an SQL function
// costs the planner 0.1 ms a query. bookings/inlined-rules.test.ts compares the two.

/** Booking `b` is a hold that has lapsed: it reads as FAILED `hold_expired`, and its units are free. */
export const isLapsed = sql`(b.status = 'PENDING' and b.hold_expires_at <= statement_timestamp())`

/** Booking `b` is a hold that has not lapsed. */
export const isHeld = sql`(b.status = 'PENDING' and b.hold_expires_at > statement_timestamp())`

/** The units of slot `s` that lapsed holds still take; table `booking` is read only if `next_lapse` has passed. */
export const lapsedUnits = sql`(case when s.next_lapse <= statement_timestamp()
  then holdfast.lapsed_units(s.clinic_no, s.id, s.next_lapse, statement_timestamp()) else 0 end)`
