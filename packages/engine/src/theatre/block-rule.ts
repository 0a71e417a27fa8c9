import { parseDate } from '@holdfast/vocabulary'
import type { SlotDraft } from '../model/slot.ts'
import type { BlockRule } from '../model/theatre-resource.ts'
import { datesOfRange, type InvalidRule, invalidRule, quoted } from '../slots/slot-dates.ts'
import { parseTime } from '../slots/slot-rule.ts'

const minutesPerDay = 1_440

export type BlockRuleOutcome =
  /**
   * The drafts are in the order of time, at most one a day. `missingDates`: days (`YYYY-MM-DD`) that lack the rule's
   * times, because clocks are put forward: they have no block.
   */
  { kind: 'expanded'; drafts: SlotDraft[]; missingDates: string[] } | InvalidRule

/**
 * The blocks of a rule, as instants. One that ends before it begins ends on the next day. A local time that a day
 * lacks, because clocks are put forward, is when they are; one that a day has twice means the first.
 *
 * @param minutes how many minutes of cases each block takes, and at most its length; null: as long as it lasts
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
  const [start, endOfDay] = [parseTime(rule.startTime), parseTime(rule.endTime)]
  if (start === null) return invalidRule('/startTime', `${quoted(rule.startTime)} is not a time (HH:MM).`)
  if (endOfDay === null) return invalidRule('/endTime', `${quoted(rule.endTime)} is not a time (HH:MM, up to 24:00).`)
  if (endOfDay === start) return invalidRule('/endTime', `The end (${rule.endTime}) is the start.`)
  const end = endOfDay < start ? endOfDay + minutesPerDay : endOfDay
  const badException = rule.exceptDates.findIndex((text) => parseDate(text) === null)
  if (badException !== -1) {
    const text = quoted(rule.exceptDates[badException] ?? '')
    return invalidRule(`/exceptDates/${badException}`, `${text} is not a date (YYYY-MM-DD).`)
  }
  const drafts: SlotDraft[] = []
  const missingDates: string[] = []
  for (const date of datesOf(rule, range.dates)) {
    const [startsAt, endsAt] = [instantOf(date, start, timeZone), instantOf(date, end, timeZone)]
    // On the day on which clocks are put forward, a block may be an hour shorter than its local times.
    const length = Math.round((endsAt.getTime() - startsAt.getTime()) / 60_000)
    if (startsAt < endsAt) drafts.push({ startsAt, endsAt, capacity: Math.min(minutes ?? length, length) })
    else missingDates.push(date.toString())
  }
  return { kind: 'expanded', drafts, missingDates }
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
  const before = local.toZonedDateTime(timeZone, { disambiguation: 'earlier' })
  const isMissing = !before.toPlainDateTime().equals(local)
  const at = isMissing ? (before.getTimeZoneTransition('next') ?? before) : before
  return new Date(at.epochMilliseconds)
}
