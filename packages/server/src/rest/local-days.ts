import { invalidRequest } from '../edge/validator.ts'

/**
 * Checks days that both passed their schema: in order, and not more than allowed.
 *
 * @throws ProblemError invalid_request
 */
export function requireDays(from: string, to: string, daysMax: number): void {
  const days = Temporal.PlainDate.from(from).until(Temporal.PlainDate.from(to)).total('days') + 1
  if (days < 1) throw invalidRequest([{ path: '/query/to', message: `must not be before from (${from}), not "${to}"` }])
  if (days > daysMax) {
    throw invalidRequest([
      { path: '/query/to', message: `must be at most ${daysMax} days from the first, not ${days} (${from} to ${to})` },
    ])
  }
}

/** The day it is in a time zone. */
export function todayIn(timezone: string, now: Date): Temporal.PlainDate {
  return now.toTemporalInstant().toZonedDateTimeISO(timezone).toPlainDate()
}
