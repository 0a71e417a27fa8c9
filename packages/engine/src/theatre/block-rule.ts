import type { SlotDraft } from '../model/slot.ts'
import type { BlockRule } from '../model/theatre-resource.ts'
import { parseDate, parseTime, slotsAheadYearsMax } from '../slots/slot-rule.ts'

export type BlockRuleOutcome =
  /** In the order of time; at most one a day. */
  | { kind: 'expanded'; drafts: SlotDraft[] }
  /** `path` is a JSON pointer into the rule. */
  | { kind: 'invalid_rule'; path: string; message: string }

/**
 * The blocks of a rule, as instants. A local time that a day lacks, because clocks are put forward, is the hour after
 * it; one that a day has twice means the first.
 *
 * @param minutes how many minutes of cases each block takes; null: as long as it lasts
 * @param now blocks may be at most two years later
 */
export function expandBlockRule(
  rule: BlockRule,
  minutes: number | null,
  timeZone: string,
  now: Date,
): BlockRuleOutcome {
  const [from, to] = [parseDate(rule.from), parseDate(rule.to)]
  if (from === null) return invalid('/from', `${quoted(rule.from)} is not a date (YYYY-MM-DD).`)
  if (to === null) return invalid('/to', `${quoted(rule.to)} is not a date (YYYY-MM-DD).`)
  if (Temporal.PlainDate.compare(from, to) > 0) {
    return invalid('/to', `The last day (${rule.to}) is before the first (${rule.from}).`)
  }
  const today = Temporal.Instant.fromEpochMilliseconds(now.getTime()).toZonedDateTimeISO(timeZone).toPlainDate()
  const last = today.add({ years: slotsAheadYearsMax })
  if (Temporal.PlainDate.compare(to, last) > 0) {
    return invalid('/to', `${rule.to} is more than two years ahead; the last possible day is ${last}.`)
  }
  if (Temporal.PlainDate.compare(from, to.subtract({ years: slotsAheadYearsMax })) < 0) {
    return invalid('/from', `${rule.from} to ${rule.to} covers more than two years.`)
  }
  const [start, end] = [parseTime(rule.startTime), parseTime(rule.endTime)]
  if (start === null) return invalid('/startTime', `${quoted(rule.startTime)} is not a time (HH:MM).`)
  if (end === null) return invalid('/endTime', `${quoted(rule.endTime)} is not a time (HH:MM, up to 24:00).`)
  if (end <= start) return invalid('/endTime', `The end (${rule.endTime}) is not after the start (${rule.startTime}).`)
  const badException = rule.exceptDates.findIndex((text) => parseDate(text) === null)
  if (badException !== -1) {
    const text = quoted(rule.exceptDates[badException] ?? '')
    return invalid(`/exceptDates/${badException}`, `${text} is not a date (YYYY-MM-DD).`)
  }
  const drafts = datesOf(rule, from, to).map((date) => {
    const [startsAt, endsAt] = [instantOf(date, start, timeZone), instantOf(date, end, timeZone)]
    const capacity = minutes ?? Math.round((endsAt.getTime() - startsAt.getTime()) / 60_000)
    return { startsAt, endsAt, capacity }
  })
  return { kind: 'expanded', drafts: drafts.filter(({ startsAt, endsAt }) => startsAt < endsAt) }
}

function datesOf(rule: BlockRule, from: Temporal.PlainDate, to: Temporal.PlainDate): Temporal.PlainDate[] {
  const weekdays = new Set(rule.weekdays)
  const exceptions = new Set(rule.exceptDates)
  const dates: Temporal.PlainDate[] = []
  for (let date = from; Temporal.PlainDate.compare(date, to) <= 0; date = date.add({ days: 1 })) {
    if (weekdays.has(date.dayOfWeek) && isInWeeks(date, rule.weeksOfMonth) && !exceptions.has(date.toString())) {
      dates.push(date)
    }
  }
  return dates
}

/** Whether the date is, say, the second or the last of its weekday in its month. */
function isInWeeks(date: Temporal.PlainDate, weeks: number[] | null): boolean {
  if (weeks === null) return true
  const isLast = date.day + 7 > date.daysInMonth
  return weeks.includes(Math.ceil(date.day / 7)) || (isLast && weeks.includes(-1))
}

function instantOf(date: Temporal.PlainDate, minutes: number, timeZone: string): Date {
  const local = date.toPlainDateTime().add({ minutes })
  return new Date(local.toZonedDateTime(timeZone).epochMilliseconds)
}

function invalid(path: string, message: string): BlockRuleOutcome {
  return { kind: 'invalid_rule', path, message }
}

function quoted(text: string): string {
  return JSON.stringify(text.slice(0, 40))
}
