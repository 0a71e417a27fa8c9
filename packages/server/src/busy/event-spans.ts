import { type Part, type Property, propertiesOf, propertyOf } from './calendar-parts.ts'
import type { CalendarZones } from './calendar-zones.ts'
import { byDuration, type EventTimes, eventTimes, type FileEvent, isBusy, type Span } from './event-times.ts'
import { dayMs, dayOf, durationIn, type FileTime, timeIn, timeOf, timesOf } from './file-times.ts'
import { type LeftOut, UnreadableEvent } from './left-out.ts'
import { Moments } from './moments.ts'
import type { Series } from './newest-versions.ts'
import { occurrencesOf, type RecurrenceRule, ruleIn } from './recurrence-rule.ts'
import { limitedTimes, type RuleTime } from './rule-time.ts'

/** `ruleTime`: of the file. */
type Window = { fromMs: number; untilMs: number; ruleTime: RuleTime }

/** A part that replaces an occurrence, and with `isRange` also all that follow. */
type Exception = { event: FileEvent; replaces: FileTime; isRange: boolean; times: EventTimes | null }

/** A busy time, and the event that it is of. */
export type EventSpan = Span & { event: FileEvent }

/**
 * The busy times of a series and of what replaces its occurrences, at least those in the window. What cannot be read is
 * added to `leftOut`; an occurrence whose replacement cannot be read stays.
 */
export function* seriesSpans({ event, exceptions }: Series, window: Window, leftOut: LeftOut): Generator<EventSpan> {
  const known = exceptions.flatMap((exception) => attempt(exception, leftOut, () => exceptionOf(exception)) ?? [])
  for (const { event: exception, times } of known) {
    if (times === null || !isBusy(exception.part)) continue
    const { wallMs } = times.start
    yield* attempt(exception, leftOut, () => [spanAt(exception, times, wallMs)]) ?? []
  }
  if (event === null) return
  const times = attempt(event, leftOut, () => eventTimes(event))
  if (times !== null) yield* attempted(event, leftOut, occurrenceSpans(event, times, known, window, leftOut))
}

function exceptionOf(event: FileEvent): Exception {
  const property = propertyOf(event.part, 'RECURRENCE-ID')
  if (property === undefined) throw new UnreadableEvent('unreadable')
  const replaces = timeOf(property)
  // It must be in a known zone, because it would replace nothing otherwise.
  event.zones.of(replaces)
  const times = propertyOf(event.part, 'DTSTART') === undefined && !isBusy(event.part) ? null : eventTimes(event)
  return { event, replaces, isRange: property.parameters.has('RANGE'), times }
}

/** The series as its own times and those of its later versions say. */
function* occurrenceSpans(
  event: FileEvent,
  times: EventTimes,
  exceptions: readonly Exception[],
  window: Window,
  leftOut: LeftOut,
): Generator<EventSpan> {
  const { part } = event
  const { zone } = times
  const excluded = new Moments(times)
  for (const property of propertiesOf(part, 'EXDATE')) excluded.addAll(timesOf(property))
  const replaced = new Moments(times)
  replaced.addAll(exceptions.map(({ replaces }) => replaces))
  const ranges = exceptions.flatMap(({ event: later, replaces, isRange, times: ofRange }) => {
    return isRange && ofRange !== null ? [{ event: later, times: ofRange, fromMs: replaced.wallOf(replaces) }] : []
  })
  if (!isBusy(part) && !ranges.some((range) => isBusy(range.event.part))) return
  const lengths = [times, ...ranges.map((range) => range.times)].map((one) => Math.abs(lengthMsOf(one)))
  const movedMs = Math.max(0, ...ranges.map((range) => Math.abs(range.times.start.wallMs - range.fromMs)))
  const aroundMs = movedMs + 2 * dayMs
  const near = {
    fromMs: window.fromMs - Math.max(...lengths) - aroundMs,
    untilMs: window.untilMs + aroundMs,
    ruleTime: window.ruleTime,
  }
  const found = new Set<number>()
  for (const wallMs of startsOf(event, times, near, leftOut)) {
    const startMs = zone.msOf(wallMs)
    if (found.has(startMs) || excluded.has(wallMs, startMs) || replaced.has(wallMs, startMs)) continue
    found.add(startMs)
    const range = ranges
      .filter(({ fromMs }) => fromMs <= wallMs)
      .toSorted((a, b) => a.fromMs - b.fromMs)
      .at(-1)
    const shown = range?.event ?? event
    if (!isBusy(shown.part)) continue
    if (range === undefined) yield spanAt(event, times, wallMs)
    else yield spanAt(range.event, range.times, wallMs + range.times.start.wallMs - range.fromMs)
  }
  if (!isBusy(part)) return
  for (const span of periodsOf(part, times, event, leftOut)) {
    if (!excluded.has(zone.wallAt(span.startMs), span.startMs)) yield { ...span, event }
  }
}

/** The first time of the series, those that its rules give, and further ones, on the clock. */
function* startsOf(event: FileEvent, times: EventTimes, near: Window, leftOut: LeftOut): Generator<number> {
  const { part } = event
  const { start } = times
  yield start.wallMs
  const dates = new Moments(times)
  for (const property of propertiesOf(part, 'RDATE')) {
    if (property.value.includes('/')) continue
    for (const time of timesOf(property, (error) => leftOut.add(part, error))) {
      // A day is that of an occurrence at the usual time.
      yield attempt(event, leftOut, () => dates.wallOf(time)) ?? start.wallMs
    }
  }
  for (const { value } of propertiesOf(part, 'RRULE')) {
    const rule = attempt(event, leftOut, () => ruleIn(value))
    const lastMs = rule === null ? undefined : attempt(event, leftOut, () => [lastOf(rule, times)])
    if (rule === null || lastMs == null) continue
    const { fromMs, untilMs, ruleTime } = near
    const range = { startMs: start.wallMs, lastMs: lastMs[0] ?? null, fromMs, untilMs }
    yield* attempted(event, leftOut, limitedTimes(occurrencesOf(rule, range), ruleTime))
  }
}

/**
 * A day ends with its last second. Where the zone of the end is not certain, the later end is right: an occurrence that
 * is left out by mistake could be booked, and one too many only offers less.
 */
function lastOf({ until }: RecurrenceRule, { start, zone, zones }: EventTimes): number | null {
  if (until === null) return null
  const { isDay, isUtc, wallMs } = until
  if (start.isDay) {
    // Midnight in UTC or, as Google has it, in the zone of the calendar.
    return isUtc ? Math.max(dayOf(wallMs), dayOf(zones.clinic.wallAt(wallMs))) : dayOf(wallMs)
  }
  const lastMs = isDay ? wallMs + dayMs - 1000 : wallMs
  if (isUtc) return zone.wallAt(lastMs)
  return start.isUtc ? Math.max(lastMs, zones.floating.msOf(lastMs)) : lastMs
}

function spanAt(event: FileEvent, { zone, endMsOf }: EventTimes, wallMs: number): EventSpan {
  return { event, startMs: zone.msOf(wallMs), endMs: endMsOf(wallMs) }
}

function lengthMsOf({ start, zone, endMsOf }: EventTimes): number {
  return endMsOf(start.wallMs) - zone.msOf(start.wallMs)
}

/** Further occurrences with an end of their own. */
function periodsOf(part: Part, times: EventTimes, event: FileEvent, leftOut: LeftOut): Span[] {
  const periods = propertiesOf(part, 'RDATE').filter(({ value }) => value.includes('/'))
  return periods.flatMap((property) => periodsIn(property, event, leftOut, times))
}

/** The periods of a VFREEBUSY that are not free. */
export function freeBusySpans(part: Part, zones: CalendarZones, leftOut: LeftOut): EventSpan[] {
  const event = { part, zones }
  const properties = propertiesOf(part, 'FREEBUSY')
  const busy = properties.filter(({ parameters }) => parameters.get('FBTYPE')?.toUpperCase() !== 'FREE')
  return busy.flatMap((property) => periodsIn(property, event, leftOut).map((span) => ({ ...span, event })))
}

/** `times`: of the series whose zone is that of times without one. */
function periodsIn({ value, parameters }: Property, event: FileEvent, leftOut: LeftOut, times?: EventTimes): Span[] {
  const zoneOf = (time: FileTime) =>
    times !== undefined && time.tzid === null && !time.isUtc ? times.zone : event.zones.of(time)
  return value.split(',').flatMap((period) => {
    const span = attempt(event, leftOut, () => {
      const [from = '', to = ''] = period.trim().split('/')
      const start = timeIn(from, parameters)
      const startMs = zoneOf(start).msOf(start.wallMs)
      if (/^[+-]?P/i.test(to)) return { startMs, endMs: byDuration(durationIn(to), zoneOf(start))(start.wallMs) }
      const end = timeIn(to, parameters)
      return { startMs, endMs: zoneOf(end).msOf(end.wallMs) }
    })
    return span === null ? [] : [span]
  })
}

/** null: it could not be read, and is counted. */
function attempt<Result>({ part }: FileEvent, leftOut: LeftOut, read: () => Result): Result | null {
  try {
    return read()
  } catch (error) {
    leftOut.add(part, error)
    return null
  }
}

/** What could be calculated before there was an error, which is counted. */
function* attempted<Item>(event: FileEvent, leftOut: LeftOut, items: Iterable<Item>): Generator<Item> {
  const iterator = items[Symbol.iterator]()
  for (;;) {
    const next = attempt(event, leftOut, () => iterator.next())
    if (next === null || next.done === true) return
    yield next.value
  }
}
