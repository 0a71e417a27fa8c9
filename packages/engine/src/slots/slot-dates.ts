import { parseDate } from '@holdfast/vocabulary'

/** How far ahead slots, blocks and cases may begin. The same as in case_conflicts.sql. */
export const slotsAheadYearsMax = 2
/** How long a slot of a doctor, or a session, may last: what searches for those that reach into a time rely on. */
export const slotHoursMax = 25

/** `path` is a JSON pointer into the rule. */
export type InvalidRule = { kind: 'invalid_rule'; path: string; message: string }

/** The latest start of what is created now. */
export function latestStart(now: Date): Date {
  const latest = now.toTemporalInstant().toZonedDateTimeISO('UTC').add({ years: slotsAheadYearsMax })
  return new Date(latest.epochMilliseconds)
}

/**
 * The dates of a rule, both included: every day of the range, in order. The range ends at most
 * {@link slotsAheadYearsMax} years after the day that it is now in the time zone, and is no longer than that.
 *
 * @param range dates `YYYY-MM-DD`
 */
export function datesOfRange(
  range: { from: string; to: string },
  timeZone: string,
  now: Date,
): { kind: 'dates'; dates: Temporal.PlainDate[] } | InvalidRule {
  const [from, to] = [parseDate(range.from), parseDate(range.to)]
  if (from === null) return invalidRule('/from', `${quoted(range.from)} is not a date (YYYY-MM-DD).`)
  if (to === null) return invalidRule('/to', `${quoted(range.to)} is not a date (YYYY-MM-DD).`)
  if (Temporal.PlainDate.compare(from, to) > 0) {
    return invalidRule('/to', `The last day (${range.to}) is before the first (${range.from}).`)
  }
  const last = now.toTemporalInstant().toZonedDateTimeISO(timeZone).toPlainDate().add({ years: slotsAheadYearsMax })
  if (Temporal.PlainDate.compare(to, last) > 0) {
    const message = `${range.to} is more than ${slotsAheadYearsMax} years ahead; the last possible day is ${last}.`
    return invalidRule('/to', message)
  }
  if (Temporal.PlainDate.compare(from, to.subtract({ years: slotsAheadYearsMax })) < 0) {
    return invalidRule('/from', `${range.from} to ${range.to} covers more than ${slotsAheadYearsMax} years.`)
  }
  const dates: Temporal.PlainDate[] = []
  for (let date = from; Temporal.PlainDate.compare(date, to) <= 0; date = date.add({ days: 1 })) dates.push(date)
  return { kind: 'dates', dates }
}

export function invalidRule(path: string, message: string): InvalidRule {
  return { kind: 'invalid_rule', path, message }
}

export function quoted(text: string): string {
  return JSON.stringify(text.slice(0, 40))
}
