import type { SlotDraft } from '../model/slot.ts'
import type { BlockRule } from '../model/theatre-resource.ts'
import { datesOfRange, type InvalidRule, invalidRule, parseDate, quoted } from '../slots/slot-dates.ts'
import { parseTime } from '../slots/slot-rule.ts'

export type BlockRuleOutcome =
  /** In the order of time; at most one a day. */
  { kind: 'expanded'; drafts: SlotDraft[] } | InvalidRule

/**
 * The blocks of a rule, as instants. A local time that a day lacks, because clocks are put forward, is the hour after
 * it; one that a day has twice means the first.
 *
 * @param minutes how many minutes of cases each block takes; null: as long as it lasts
 * @param now blocks may be at most `slotsAheadYearsMax` later
 */
export function expandBlockRule(
  rule: BlockRule,
  minutes: number | null,
  timeZone: string,
  now: Date,
): BlockRuleOutcome {
  const range = datesOfRange(rule, timeZone, now)
  if (range.kind === 'invalid_rule') return range
  const [start, end] = [parseTime(rule.startTime), parseTime(rule.endTime)]
  if (start === null) return invalidRule('/startTime', `${quoted(rule.startTime)} is not a time (HH:MM).`)
  if (end === null) return invalidRule('/endTime', `${quoted(rule.endTime)} is not a time (HH:MM, up to 24:00).`)
  if (end <= start)
    return invalidRule('/endTime', `The end (${rule.endTime}) is not after the start (${rule.startTime}).`)
  const badException = rule.exceptDates.findIndex((text) => parseDate(text) === null)
  if (badException !== -1) {
    const text = quoted(rule.exceptDates[badException] ?? '')
    return invalidRule(`/exceptDates/${badException}`, `${text} is not a date (YYYY-MM-DD).`)
  }
  const drafts = datesOf(rule, range.dates).map((date) => {
    const [startsAt, endsAt] = [instantOf(date, start, timeZone), instantOf(date, end, timeZone)]
    const capacity = minutes ?? Math.round((endsAt.getTime() - startsAt.getTime()) / 60_000)
    return { startsAt, endsAt, capacity }
  })
  return { kind: 'expanded', drafts: drafts.filter(({ startsAt, endsAt }) => startsAt < endsAt) }
}

function datesOf(rule: BlockRule, dates: readonly Temporal.PlainDate[]): Temporal.PlainDate[] {
  const weekdays = new Set(rule.weekdays)
  const exceptions = new Set(rule.exceptDates)
  return dates.filter(
    (date) => weekdays.has(date.dayOfWeek) && isInWeeks(date, rule.weeksOfMonth) && !exceptions.has(date.toString()),
  )
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
