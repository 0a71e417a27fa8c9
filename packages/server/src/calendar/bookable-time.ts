import type { CalendarRules } from '@holdfast/engine'

const minuteMs = 60_000
const dayMs = 86_400_000

/**
 * When a patient can book a slot with free units, by its start and the clinic's rules: at or after `fromMs` and before
 * `untilMs`, in milliseconds since 1970; never if these are not in order. The same conditions as claim_verdict.sql: the
 * slot has not started, starts within the booking horizon, and not within the minimum notice.
 */
export function bookableTime(startsAtMs: number, rules: CalendarRules): { fromMs: number; untilMs: number } {
  return {
    fromMs: startsAtMs - rules.bookingHorizonDays * dayMs,
    // With a notice, the last millisecond is the one in which it begins; without, the slot's start is too late.
    untilMs: Math.min(startsAtMs, startsAtMs - rules.minimumNoticeMinutes * minuteMs + 1),
  }
}
