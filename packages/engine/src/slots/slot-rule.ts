import { slotLimits } from '@holdfast/vocabulary'
import type { SlotDraft, SlotRule } from '../model/slot.ts'
import { datesOfRange, type InvalidRule, invalidRule, quoted } from './slot-dates.ts'

const minutesPerDay = 1_440

export type SlotRuleOutcome =
  /** Ordered by start, never overlapping one another. Drafts in the past are among them: `createSlots` skips them. */
  | { kind: 'expanded'; drafts: SlotDraft[] }
  | InvalidRule
  /** `count` includes slots that a change of daylight saving time would leave out. */
  | { kind: 'too_many_slots'; count: number; countMax: number }

/** Clock times in minutes since local midnight, 0–1,440. */
type LocalSpan = { start: number; end: number }

/** The parts of a rule that apply to each of its days. */
type DayPattern = { spans: LocalSpan[]; work: LocalSpan; breaks: LocalSpan[]; slotMinutes: number; capacity: number }

/**
 * The slots of a weekly rule, as instants.
 *
 * Slots begin every `slotMinutes` of local time from `startTime`; a last one that would end after `endTime` is not
 * created, nor is one that overlaps a break. Each local time counts once: a start that doesn't exist on a
 * day is skipped, one that exists twice means the first. A slot always lasts `slotMinutes` of real time; where that
 * would take it past the end, into a break or into the next slot (only a slot that spans the hour which a
 * daylight-saving change leaves out), it is not created either.
 *
 * @param rule dates `YYYY-MM-DD`, times `HH:MM`; `24:00` may end a day. The edge has checked its numbers and weekdays
 *   (slotLimits of the contract)
 * @param timeZone IANA name that exists
 * @param now slots may be at most `slotsAheadYearsMax` later
 * @throws RangeError for a `slotMinutes` that is not positive
 */
export function expandSlotRule(rule: SlotRule, timeZone: string, now: Date): SlotRuleOutcome {
  const range = datesOfRange(rule, timeZone, now)
  if (range.kind === 'invalid_rule') return range
  const pattern = patternOf(rule)
  if ('kind' in pattern) return pattern
  const dates = range.dates.filter(({ dayOfWeek }) => rule.weekdays.includes(dayOfWeek))
  const count = dates.length * pattern.spans.length
  if (count > slotLimits.slotsPerCallMax) return { kind: 'too_many_slots', count, countMax: slotLimits.slotsPerCallMax }
  return { kind: 'expanded', drafts: dates.flatMap((date) => slotsOfDay(date, pattern, timeZone)) }
}

function patternOf(rule: SlotRule): DayPattern | SlotRuleOutcome {
  const work = spanOf(rule, '')
  if ('kind' in work) return work
  const { slotMinutes, capacity } = rule
  if (!(slotMinutes > 0)) throw new RangeError(`slotMinutes must be positive, not ${slotMinutes}.`)
  const breaks: LocalSpan[] = []
  for (const [index, pause] of rule.breaks.entries()) {
    const span = spanOf(pause, `/breaks/${index}`)
    if ('kind' in span) return span
    if (span.start < work.start || span.end > work.end) {
      return invalidRule(
        `/breaks/${index}`,
        `The break ${pause.startTime}–${pause.endTime} is outside of ${rule.startTime}–${rule.endTime}.`,
      )
    }
    breaks.push(span)
  }
  const spans: LocalSpan[] = []
  for (let start = work.start; start + slotMinutes <= work.end; start += slotMinutes) {
    const span = { start, end: start + slotMinutes }
    if (!breaks.some((pause) => overlap(pause, span))) spans.push(span)
  }
  return { spans, work, breaks, slotMinutes, capacity }
}

function slotsOfDay(date: Temporal.PlainDate, pattern: DayPattern, timeZone: string): SlotDraft[] {
  const slots: { span: LocalSpan; draft: SlotDraft }[] = []
  for (const span of pattern.spans) {
    const local = date.toPlainDateTime({ hour: Math.floor(span.start / 60), minute: span.start % 60 })
    const start = local.toZonedDateTime(timeZone, { disambiguation: 'earlier' })
    if (!start.toPlainDateTime().equals(local)) continue
    const end = start.add({ minutes: pattern.slotMinutes })
    // The end is later than span.end if an hour is left out. If one is repeated, it is earlier, and conflicts with
    // nothing.
    const actual = { start: span.start, end: Math.max(span.end, localEnd(end, date)) }
    if (actual.end > pattern.work.end || pattern.breaks.some((pause) => overlap(pause, actual))) continue
    const previous = slots.at(-1)
    if (previous !== undefined && previous.span.end > actual.start) slots.pop()
    const draft = {
      startsAt: new Date(start.epochMilliseconds),
      endsAt: new Date(end.epochMilliseconds),
      capacity: pattern.capacity,
    }
    slots.push({ span: actual, draft })
  }
  return slots.map(({ draft }) => draft)
}

/**
 * The local time at which a slot ends, in minutes from the midnight at which `date` begins. It is calculated as the
 * slot's last minute and one more: a slot that ends at the beginning of a missing hour ends before it, not after it.
 */
function localEnd(end: Temporal.ZonedDateTime, date: Temporal.PlainDate): number {
  const lastMinute = end.subtract({ minutes: 1 }).toPlainDateTime()
  return lastMinute.since(date.toPlainDateTime(), { largestUnit: 'minutes' }).minutes + 1
}

function spanOf(times: { startTime: string; endTime: string }, path: string): LocalSpan | SlotRuleOutcome {
  const start = parseTime(times.startTime)
  if (start === null || start === minutesPerDay) {
    return invalidRule(`${path}/startTime`, `${quoted(times.startTime)} is not a time (HH:MM, 00:00 to 23:59).`)
  }
  const end = parseTime(times.endTime)
  if (end === null)
    return invalidRule(`${path}/endTime`, `${quoted(times.endTime)} is not a time (HH:MM, up to 24:00).`)
  if (end <= start) {
    return invalidRule(`${path}/endTime`, `The end (${times.endTime}) is not after the start (${times.startTime}).`)
  }
  return { start, end }
}

function overlap(a: LocalSpan, b: LocalSpan): boolean {
  return a.start < b.end && b.start < a.end
}

/** `HH:MM`, `24:00` too, in minutes since midnight; null: the text is no time. */
export function parseTime(text: string): number | null {
  if (text === '24:00') return minutesPerDay
  const match = /^([01]\d|2[0-3]):([0-5]\d)$/.exec(text)
  return match === null ? null : Number(match[1]) * 60 + Number(match[2])
}
