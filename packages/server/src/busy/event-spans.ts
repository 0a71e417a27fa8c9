import ICAL from 'ical.js'
import { alignTimes } from './align-times.ts'
import { type CalendarZones, isUtc } from './calendar-zones.ts'
import { tzidOf } from './tzid-of.ts'

/** A busy time in milliseconds. */
export type Span = { startMs: number; endMs: number }

const dayMs = 86_400_000
/** The length of what a rule repeats by. Months and years differ in length; they have few occurrences. */
const stepMs: Partial<Record<string, number>> = {
  SECONDLY: 1000,
  MINUTELY: 60_000,
  HOURLY: 3_600_000,
  DAILY: dayMs,
  WEEKLY: 7 * dayMs,
}
/**
 * ical.js adds a duration month by month. What is longer than a life is no absence; what is only longer than the window
 * may cover it.
 */
const durationSecondsMax = 100 * 366 * 86_400
const daysOfMonths = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]

/**
 * The busy times of an event and of its `exceptions`, the components that replace occurrences of it, at least those in
 * the window. What is cancelled or transparent is not busy.
 *
 * @throws Error it cannot be read
 */
export function* eventSpans(
  component: ICAL.Component,
  exceptions: readonly ICAL.Component[],
  zones: CalendarZones,
  window: { fromMs: number; untilMs: number },
): Generator<Span> {
  const isOfSeries = (one: ICAL.Component) => one.getFirstProperty('recurrence-id')?.getFirstParameter('range') != null
  const ranges = exceptions.filter(isOfSeries)
  for (const one of [component, ...exceptions]) refuseTooLong(one.getFirstPropertyValue('duration'))
  const tzid = tzidOf(component, 'dtstart')
  const replacedMs = new Set<number>()
  // By how much an occurrence beyond the window can be moved back.
  let movedMs = 0
  for (const exception of exceptions) {
    const one = new ICAL.Event(exception, { exceptions: [] })
    const recurrenceMs = zones.msOf(one.recurrenceId, tzidOf(exception, 'recurrence-id') ?? zoneOfStart(component))
    replacedMs.add(recurrenceMs)
    if (isOfSeries(exception)) {
      const startMs = zones.msOf(one.startDate, tzidOf(exception, 'dtstart'))
      movedMs = Math.max(movedMs, recurrenceMs - startMs + dayMs)
    }
    yield* spanOf(one, one.startDate, one.endDate, zones)
  }
  yield* takePeriods(component, zones)
  alignTimes(component, ranges, zones)
  const event = new ICAL.Event(component, { exceptions: [...ranges] })
  if (!event.isRecurring()) {
    yield* spanOf(event, event.startDate, event.endDate, zones)
    return
  }
  // Occurrences that end before the window are not calculated whole, unless an exception moves all that follow it.
  const lastingMs = event.duration.toSeconds() * 1000 + 2 * dayMs
  const skipsUntilMs = ranges.length > 0 ? Number.NEGATIVE_INFINITY : window.fromMs - lastingMs
  const iterator = event.iterator(startNear(event, zones.msOf(event.startDate, tzid), skipsUntilMs))
  for (let next = iterator.next(); next != null; next = iterator.next()) {
    const startMs = zones.msOf(next, tzid)
    if (startMs > skipsUntilMs && !replacedMs.has(startMs)) {
      const { item, startDate, endDate } = event.getOccurrenceDetails(next)
      yield* spanOf(item, startDate, endDate, zones)
    }
    if (startMs >= window.untilMs + movedMs) break
  }
}

/** The periods of a VFREEBUSY that are not free. */
export function* freeBusySpans(component: ICAL.Component, zones: CalendarZones): Generator<Span> {
  for (const property of component.getAllProperties('freebusy')) {
    const type = String(property.getFirstParameter('fbtype') ?? 'BUSY').toUpperCase()
    if (type !== 'FREE') yield* periodsIn(property, zones)
  }
}

function refuseTooLong(duration: unknown): void {
  if (!(duration instanceof ICAL.Duration)) return
  if (!(Math.abs(duration.toSeconds()) <= durationSecondsMax)) throw new Error('It is longer than a hundred years.')
}

function* spanOf(event: ICAL.Event, start: ICAL.Time, end: ICAL.Time, zones: CalendarZones): Generator<Span> {
  const { component } = event
  if (!isBusy(component)) return
  const tzid = tzidOf(component, 'dtstart')
  const startMs = zones.msOf(start, tzid)
  const duration = component.getFirstPropertyValue('duration')
  if (!(duration instanceof ICAL.Duration)) {
    yield { startMs, endMs: isEndInZone(event) ? zones.msOf(end, tzid) : startMs + lengthMsOf(event, zones) }
    return
  }
  // Its days are those of the calendar, its hours are exact (RFC 5545, section 3.3.6).
  const { weeks, days, hours, minutes, seconds, isNegative } = duration
  const sign = isNegative ? -1 : 1
  const lastDay = start.clone()
  lastDay.adjust(sign * (7 * weeks + days), 0, 0, 0)
  yield { startMs, endMs: zones.msOf(lastDay, tzid) + sign * ((hours * 60 + minutes) * 60 + seconds) * 1000 }
}

/** Whether the end of an event is in the zone of its start: then its distance is that on the wall. */
function isEndInZone({ component, startDate, endDate }: ICAL.Event): boolean {
  if (!component.hasProperty('dtend')) return true
  const isAlike = startDate.isDate === endDate.isDate && isUtc(startDate) === isUtc(endDate)
  return isAlike && tzidOf(component, 'dtend') === tzidOf(component, 'dtstart')
}

function lengthMsOf({ component, startDate, endDate }: ICAL.Event, zones: CalendarZones): number {
  const tzid = tzidOf(component, 'dtstart')
  return zones.msOf(endDate, tzidOf(component, 'dtend') ?? tzid) - zones.msOf(startDate, tzid)
}

function isBusy(component: ICAL.Component): boolean {
  const value = (name: string) => String(component.getFirstPropertyValue(name) ?? '').toUpperCase()
  return value('status') !== 'CANCELLED' && value('transp') !== 'TRANSPARENT'
}

/** Times of a series that are in no zone are in that of its start; null: of the clinic. */
function zoneOfStart(component: ICAL.Component): string | null {
  const start = component.getFirstPropertyValue('dtstart')
  return start instanceof ICAL.Time && isUtc(start) ? 'UTC' : tzidOf(component, 'dtstart')
}

/** Additional occurrences with an end of their own. They are removed: ical.js takes all for times. */
function* takePeriods(component: ICAL.Component, zones: CalendarZones): Generator<Span> {
  const excludedMs = new Set<number>()
  const ofStart = zoneOfStart(component)
  for (const property of component.getAllProperties('exdate')) {
    const tzid = property.getFirstParameter('tzid')
    for (const time of property.getValues()) {
      excludedMs.add(zones.msOf(time, typeof tzid === 'string' ? tzid : ofStart))
    }
  }
  for (const property of component.getAllProperties('rdate')) {
    if (property.type !== 'period') continue
    component.removeProperty(property)
    if (!isBusy(component)) continue
    for (const span of periodsIn(property, zones, ofStart)) if (!excludedMs.has(span.startMs)) yield span
  }
}

/** `ofStart`: the zone of those without one. */
function* periodsIn(property: ICAL.Property, zones: CalendarZones, ofStart: string | null = null): Generator<Span> {
  const tzid = property.getFirstParameter('tzid')
  for (const period of property.getValues()) {
    refuseTooLong(period.duration)
    const zone = typeof tzid === 'string' ? tzid : ofStart
    yield { startMs: zones.msOf(period.start, zone), endMs: zones.msOf(period.getEnd(), zone) }
  }
}

/**
 * A start of the series that is nearer to `nearMs` and before it, with the same occurrences after it: whole intervals
 * later. undefined: its own, because occurrences are counted, or few.
 *
 * @throws Error nothing fulfills the rule; ical.js would search without an end
 */
function startNear(event: ICAL.Event, startMs: number, nearMs: number): ICAL.Time | undefined {
  const rules = event.component.getAllProperties('rrule').map((one) => one.getFirstValue() as ICAL.Recur)
  if (rules.some(isImpossible)) throw new Error('A rule has no occurrences.')
  const [rule] = rules
  if (rule === undefined || rules.length > 1 || rule.count) return undefined
  const intervalMs = (stepMs[rule.freq] ?? Number.POSITIVE_INFINITY) * rule.interval
  const skippedMs = Math.floor((nearMs - startMs) / intervalMs) * intervalMs
  if (!(skippedMs > 0 && Number.isFinite(skippedMs))) return undefined
  const start = event.startDate.clone()
  start.adjust(Math.floor(skippedMs / dayMs), 0, 0, (skippedMs % dayMs) / 1000)
  return start
}

/** Such as 30 February. */
function isImpossible(rule: ICAL.Recur): boolean {
  const months = rule.getComponent('BYMONTH').map(Number)
  const days = rule.getComponent('BYMONTHDAY').map(Number)
  if (months.length === 0 || days.length === 0) return false
  return months.every((month) => days.every((day) => Math.abs(day) > (daysOfMonths[month - 1] ?? 31)))
}
