import type { ClinicSettings } from './clinic-settings.ts'

const minuteMs = 60_000
const dayMs = 86_400_000

/**
 * When a patient can book a slot with free units, by its start and the clinic's rules: at or after `fromMs` and before
 * `untilMs`, in milliseconds since 1970; never if these are not in order. The slot has not started, starts within the
 * booking horizon, and not within the minimum notice. A test of the engine compares it with `claim_verdict.sql`, which
 * decides.
 */
export function bookableTime(
  startsAtMs: number,
  rules: Pick<ClinicSettings, 'minimumNoticeMinutes' | 'bookingHorizonDays'>,
): { fromMs: number; untilMs: number } {
  return {
    fromMs: startsAtMs - rules.bookingHorizonDays * dayMs,
    // If there is a notice, the last millisecond is the one in which it begins; else the slot's start is too late.
    untilMs: Math.min(startsAtMs, startsAtMs - rules.minimumNoticeMinutes * minuteMs + 1),
  }
}
