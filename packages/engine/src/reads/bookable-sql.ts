import sql from 'sql-template-tag'
import { lapsedUnits } from '../database/hold-sql.ts'

/**
 * When a patient can book a slot, for queries in which `s` is the slot and `c` its clinic: the same conditions as
 * claim_verdict.sql (bookable-sql.test.ts compares them), so that a slot shown as free is not refused. The caller adds
 * that the doctor is active. Slots of visits in sessions are left out: they are listed as times (open_times). It uses
 * statement_timestamp() because an index can be searched by it, and not by clock_timestamp().
 */
export const isBookableTime = sql`(s.withdrawn_at is null
  and s.session_id is null
  and s.blocked_at is null
  and s.starts_at > statement_timestamp()
  and s.starts_at >= statement_timestamp() + make_interval(mins => c.minimum_notice_minutes)
  and s.starts_at <= statement_timestamp() + make_interval(days => c.booking_horizon_days))`

/** The same for the clinic's desk, which books until a slot ends, without notice and beyond the horizon. */
export const isBookableByDesk = sql`(s.withdrawn_at is null
  and s.session_id is null
  and s.blocked_at is null
  and s.ends_at > statement_timestamp())`

/**
 * The free units of slot `s`, none if it is blocked: lapsed holds count as free, swept or not. Table `booking` is read
 * only for slots whose next_lapse has passed: reading it for every slot cost claims 60 % when it was measured.
 */
export const availableUnits = sql`(case
  when s.blocked_at is not null then 0
  else s.capacity - s.taken + ${lapsedUnits} end)`
