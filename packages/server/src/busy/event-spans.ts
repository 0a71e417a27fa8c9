import ICAL from 'ical.js'
import { type CalendarZones, isUtc } from './calendar-zones.ts'

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
  const event = new ICAL.Event(component, { exceptions: exceptions.filter(isOfSeries) })
  const tzid = tzidOf(component, 'dtstart')
  const replacedMs = new Set<number>()
  for (const exception of exceptions) {
    const one = new ICAL.Event(exception, { exceptions: [] })
    replacedMs.add(zones.msOf(one.recurrenceId, tzidOf(exception, 'recurrence-id') ?? tzid))
    yield* spanOf(one, one.startDate, one.endDate, zones)
  }
  yield* takePeriods(component, zones)
  alignTimes(event, zones)
  if (!event.isRecurring()) {
    yield* spanOf(event, event.startDate, event.endDate, zones)
    return
  }
  // Occurrences that end before the window are not calculated whole, unless an exception moves all that follow it.
  const lastingMs = event.duration.toSeconds() * 1000 + 2 * dayMs
  const skipsUntilMs = exceptions.some(isOfSeries) ? Number.NEGATIVE_INFINITY : window.fromMs - lastingMs
  const iterator = event.iterator(startNear(event, zones.msOf(event.startDate, tzid), skipsUntilMs))
  for (let next = iterator.next(); next != null; next = iterator.next()) {
    const startMs = zones.msOf(next, tzid)
    if (startMs > skipsUntilMs && !replacedMs.has(startMs)) {
      const { item, startDate, endDate } = event.getOccurrenceDetails(next)
      yield* spanOf(item, startDate, endDate, zones)
    }
    if (startMs >= window.untilMs) break
  }
}

/** The periods of a VFREEBUSY that are not free. */
export function* freeBusySpans(component: ICAL.Component, zones: CalendarZones): Generator<Span> {
  for (const property of component.getAllProperties('freebusy')) {
    const type = String(property.getFirstParameter('fbtype') ?? 'BUSY').toUpperCase()
    if (type !== 'FREE') yield* periodsIn(property, zones)
  }
}

function* spanOf({ component }: ICAL.Event, start: ICAL.Time, end: ICAL.Time, zones: CalendarZones): Generator<Span> {
  if (!isBusy(component)) return
  const tzid = tzidOf(component, 'dtstart')
  const startMs = zones.msOf(start, tzid)
  const duration = component.getFirstPropertyValue('duration')
  if (!(duration instanceof ICAL.Duration)) {
    yield { startMs, endMs: zones.msOf(end, tzidOf(component, 'dtend') ?? tzid) }
    return
  }
  // Its days are those of the calendar, its hours are exact (RFC 5545, section 3.3.6).
  const { weeks, days, hours, minutes, seconds, isNegative } = duration
  const sign = isNegative ? -1 : 1
  const lastDay = start.clone()
  lastDay.adjust(sign * (7 * weeks + days), 0, 0, 0)
  yield { startMs, endMs: zones.msOf(lastDay, tzid) + sign * ((hours * 60 + minutes) * 60 + seconds) * 1000 }
}

function isBusy(component: ICAL.Component): boolean {
  const value = (name: string) => String(component.getFirstPropertyValue(name) ?? '').toUpperCase()
  return value('status') !== 'CANCELLED' && value('transp') !== 'TRANSPARENT'
}

function tzidOf(component: ICAL.Component, name: string): string | null {
  const tzid: unknown = component.getFirstProperty(name)?.getFirstParameter('tzid')
  return typeof tzid === 'string' ? tzid : null
}

/** Additional occurrences with an end of their own. They are removed: ical.js takes all for times. */
function* takePeriods(component: ICAL.Component, zones: CalendarZones): Generator<Span> {
  const excludedMs = new Set<number>()
  for (const property of component.getAllProperties('exdate')) {
    const tzid = property.getFirstParameter('tzid')
    for (const time of property.getValues()) excludedMs.add(zones.msOf(time, typeof tzid === 'string' ? tzid : null))
  }
  for (const property of component.getAllProperties('rdate')) {
    if (property.type !== 'period') continue
    component.removeProperty(property)
    if (!isBusy(component)) continue
    for (const span of periodsIn(property, zones)) if (!excludedMs.has(span.startMs)) yield span
  }
}

/**
 * ical.js compares local times, unless the file defines their zones: brings what is compared with the starts of a
 * series to the zone of its first one, which is added to further dates without a rule.
 */
function alignTimes({ component, startDate }: ICAL.Event, zones: CalendarZones): void {
  const tzid = tzidOf(component, 'dtstart')
  const aligned = (time: ICAL.Time, own: string | null) => {
    const isComparable = time.isDate || startDate.isDate || (own === tzid && isUtc(time) === isUtc(startDate))
    return isComparable || (own === null && !isUtc(time)) ? time : zones.timeAt(zones.msOf(time, own), startDate, tzid)
  }
  for (const property of [...component.getAllProperties('exdate'), ...component.getAllProperties('rdate')]) {
    const own = property.getFirstParameter('tzid')
    property.setValues(property.getValues().map((time) => aligned(time, typeof own === 'string' ? own : null)))
  }
  for (const property of component.getAllProperties('rrule')) {
    const rule = property.getFirstValue() as ICAL.Recur
    if (rule.until) rule.until = aligned(rule.until, null)
  }
  if (component.hasProperty('rdate') && !component.hasProperty('rrule')) {
    component.addPropertyWithValue('rdate', startDate.clone())
  }
}

function* periodsIn(property: ICAL.Property, zones: CalendarZones): Generator<Span> {
  const tzid = property.getFirstParameter('tzid')
  for (const period of property.getValues()) {
    const zone = typeof tzid === 'string' ? tzid : null
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
