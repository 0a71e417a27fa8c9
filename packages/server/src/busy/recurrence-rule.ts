import { RRuleTemporal } from 'rrule-temporal'
import { dayMs, type FileTime, timeIn } from './file-times.ts'
import { UnreadableEvent } from './left-out.ts'

const frequencies = ['YEARLY', 'MONTHLY', 'WEEKLY', 'DAILY', 'HOURLY', 'MINUTELY', 'SECONDLY'] as const

type ListName =
  | ('bySecond' | 'byMinute' | 'byHour' | 'byMonthDay')
  | ('byYearDay' | 'byWeekNo' | 'byMonth' | 'bySetPos')

type RuleParts = {
  freq: (typeof frequencies)[number]
  interval?: number
  count?: number
  byDay?: string[]
  wkst?: string
} & { [Name in ListName]?: number[] }

/** A recurrence rule (RFC 5545, section 3.3.10). What its end means depends on the series. */
export type RecurrenceRule = { parts: RuleParts; until: FileTime | null }

const weekdays = ['MO', 'TU', 'WE', 'TH', 'FR', 'SA', 'SU']
const ruleLengthMax = 2_000

/**
 * Parts of RFC 7529 and unknown ones are not supported, nor are combinations that RFC 5545 excludes or that
 * rrule-temporal calculates wrongly: all of them make a rule unreadable, and not one with other times.
 *
 * @throws UnreadableEvent
 */
export function ruleIn(value: string): RecurrenceRule {
  if (value.length > ruleLengthMax) throw new UnreadableEvent('rule')
  const entries = value
    .toUpperCase()
    .split(';')
    .map((part) => part.trim())
    .filter((part) => part !== '')
  const parts = new Map(entries.map((part) => [part.split('=', 1)[0] ?? '', part.slice(part.indexOf('=') + 1)]))
  if (parts.size < entries.length) throw new UnreadableEvent('rule')
  const taken = (name: string) => {
    const found = parts.get(name)
    parts.delete(name)
    return found
  }
  const freq = frequencies.find((one) => one === parts.get('FREQ'))
  taken('FREQ')
  if (freq === undefined) throw new UnreadableEvent('rule')
  const rule: RecurrenceRule = {
    parts: {
      freq,
      ...numberAs('interval', taken('INTERVAL')),
      ...numberAs('count', taken('COUNT')),
      ...listAs('bySecond', taken('BYSECOND'), [0, 59]),
      ...listAs('byMinute', taken('BYMINUTE'), [0, 59]),
      ...listAs('byHour', taken('BYHOUR'), [0, 23]),
      ...listAs('byMonthDay', taken('BYMONTHDAY'), [-31, 31]),
      ...listAs('byYearDay', taken('BYYEARDAY'), [-366, 366]),
      ...listAs('byWeekNo', taken('BYWEEKNO'), [-53, 53]),
      ...listAs('byMonth', taken('BYMONTH'), [1, 12]),
      ...listAs('bySetPos', taken('BYSETPOS'), [-366, 366]),
      ...weekdaysAs(taken('BYDAY'), hasOrdinals(freq, value.toUpperCase().includes('BYWEEKNO'))),
      ...weekStartAs(taken('WKST')),
    },
    until: untilIn(taken('UNTIL')),
  }
  if (parts.size > 0) throw new UnreadableEvent('rule')
  refuseCombinations(rule.parts)
  return rule
}

export type OccurrenceRange = {
  /** The first time of the series. */
  startMs: number
  /** The last time that the rule may give; null: no end. */
  lastMs: number | null
  fromMs: number
  untilMs: number
}

/** Rules with these frequencies may have many occurrences in a day. */
const unitMsOf = new Map<string, number>([
  ['HOURLY', 3_600_000],
  ['MINUTELY', 60_000],
  ['SECONDLY', 1000],
])
/** A rule with a count is calculated from its start on, where nothing can stop it: so many take a second. */
const countedMax = 100_000
/** A calendar with so many is refused because of its processor time. */
const iterationsMax = 1_000_000

/**
 * The times that a rule gives in a range, on the clock, by time; the first one of the series only if the rule gives it.
 *
 * @throws UnreadableEvent it has too many times before the range, if it counts them
 * @throws Error rrule-temporal gave up
 */
export function* occurrencesOf({ parts }: RecurrenceRule, range: OccurrenceRange): Generator<number> {
  const { startMs, lastMs, untilMs } = range
  const fromMs = Math.max(range.fromMs, startMs)
  const unitMs = unitMsOf.get(parts.freq)
  if (parts.count !== undefined && unitMs !== undefined) {
    const unitsMax = (Math.min(lastMs ?? untilMs, untilMs) - startMs) / unitMs / (parts.interval ?? 1)
    if (Math.min(parts.count, unitsMax) > countedMax) throw new UnreadableEvent('too_frequent')
  }
  const rule = new RRuleTemporal({
    ...parts,
    ...(lastMs === null ? {} : { until: utc(lastMs) }),
    dtstart: utc(startMs),
    tzid: 'UTC',
    includeDtstart: false,
    maxIterations: iterationsMax,
    maxCandidateEvaluations: 10 * iterationsMax,
    cache: false,
  })
  const lists = [parts.byHour, parts.byMinute, parts.bySecond]
  const timesOfDay = lists.reduce((product, list) => product * (list?.length ?? 1), 1)
  const isDense = unitMs !== undefined || timesOfDay > 24
  // The caller can stop after each day. A rule with a count is calculated from its start each time.
  const stepMs = isDense && parts.count === undefined ? dayMs : untilMs - fromMs
  for (let ms = fromMs; ms < untilMs; ms += stepMs) {
    const found = rule.between(new Date(ms), new Date(Math.min(ms + stepMs, untilMs) - 1), true)
    for (const { epochMilliseconds } of found) yield epochMilliseconds
  }
}

function utc(ms: number): Temporal.ZonedDateTime {
  return Temporal.Instant.fromEpochMilliseconds(ms).toZonedDateTimeISO('UTC')
}

function numberAs(name: 'interval' | 'count', text: string | undefined): { interval?: number; count?: number } {
  if (text === undefined) return {}
  const number = text.length > 9 ? Number.NaN : Number(text)
  if (!Number.isInteger(number) || number < 1) throw new UnreadableEvent('rule')
  return { [name]: number }
}

function listAs(
  name: ListName,
  text: string | undefined,
  [min, max]: [number, number],
): { [Name in ListName]?: number[] } {
  if (text === undefined) return {}
  const numbers = text.split(',').map((one) => (/^[+-]?\d{1,3}$/.test(one.trim()) ? Number(one) : Number.NaN))
  const isValid = (number: number) => number >= min && number <= max && (number !== 0 || min === 0)
  if (!numbers.every(isValid)) throw new UnreadableEvent('rule')
  // Their order in the file means nothing.
  return { [name]: [...new Set(numbers)].toSorted((a, b) => a - b) }
}

/** Elsewhere RFC 5545 excludes "the second Monday"; then it is every Monday. */
function hasOrdinals(freq: string, hasWeeks: boolean): boolean {
  return freq === 'MONTHLY' || (freq === 'YEARLY' && !hasWeeks)
}

function weekdaysAs(text: string | undefined, hasOrdinal: boolean): { byDay?: string[] } {
  if (text === undefined) return {}
  const days = text.split(',').map((one) => {
    const [, ordinal = '', day = ''] = /^([+-]?\d{1,2})?([A-Z]{2})$/.exec(one.trim()) ?? []
    if (!weekdays.includes(day) || Number(ordinal || 1) === 0) throw new UnreadableEvent('rule')
    return hasOrdinal && ordinal !== '' ? `${Number(ordinal)}${day}` : day
  })
  return { byDay: [...new Set(days)] }
}

function weekStartAs(text: string | undefined): { wkst?: string } {
  if (text === undefined) return {}
  if (!weekdays.includes(text)) throw new UnreadableEvent('rule')
  return { wkst: text }
}

function untilIn(text: string | undefined): FileTime | null {
  try {
    return text === undefined ? null : timeIn(text)
  } catch {
    throw new UnreadableEvent('rule')
  }
}

function refuseCombinations({ freq, byDay, byMonthDay, byYearDay, byWeekNo }: RuleParts): void {
  const isBelowYear = freq === 'MONTHLY' || freq === 'WEEKLY' || freq === 'DAILY'
  const isExcluded =
    (byWeekNo !== undefined && freq !== 'YEARLY') ||
    (byYearDay !== undefined && isBelowYear) ||
    (byMonthDay !== undefined && freq === 'WEEKLY')
  const hasOrdinal = byDay?.some((day) => day.length > 2) === true
  // rrule-temporal 2.2.8 takes the weekdays for further days, and not for a condition.
  const isWrong =
    byDay !== undefined && ((byYearDay !== undefined && freq === 'YEARLY') || (hasOrdinal && byMonthDay !== undefined))
  if (isExcluded || isWrong) throw new UnreadableEvent('rule')
}
