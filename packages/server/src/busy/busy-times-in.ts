import type { BusyCalendarFailure, BusyTime } from '@holdfast/engine'
import ICAL from 'ical.js'

/** What a calendar is read for. `timeZone`: of times without one, and of days. */
export type BusyWindow = { timeZone: string; fromMs: number; untilMs: number }

export class InvalidCalendar extends Error {
  override name = 'InvalidCalendar'
  readonly reason: BusyCalendarFailure

  constructor(reason: BusyCalendarFailure, message: string) {
    super(message)
    this.reason = reason
  }
}

/** Of all repeated events together. */
const occurrencesMax = 30_000
const busyTimesMax = 5_000

/**
 * The busy times of an iCalendar text within a window: disjoint, and by start. Events that are cancelled or transparent
 * are not busy. Repetitions, their exceptions and moved occurrences are resolved by ical.js. A rule can make it
 * calculate without an end: call it where it can be stopped.
 *
 * @throws InvalidCalendar
 */
export function busyTimesIn(text: string, window: BusyWindow): BusyTime[] {
  const events = eventsIn(text)
  const zones = new Zones(events.calendar, window.timeZone)
  const found: { startMs: number; endMs: number }[] = []
  let occurrences = 0
  for (const event of events.single) {
    if (!event.isRecurring()) {
      found.push(...busyOf(event, event.startDate, event.endDate, zones))
      continue
    }
    const iterator = event.iterator()
    for (let next = iterator.next(); next != null; next = iterator.next()) {
      occurrences += 1
      if (occurrences > occurrencesMax) {
        throw new InvalidCalendar('too_large', `It has more than ${occurrencesMax} occurrences.`)
      }
      const { item, startDate, endDate } = event.getOccurrenceDetails(next)
      found.push(...busyOf(item, startDate, endDate, zones))
      if (zones.msOf(next, tzidOf(event)) >= window.untilMs) break
    }
  }
  return merged(found, window)
}

function eventsIn(text: string): { calendar: ICAL.Component; single: ICAL.Event[] } {
  let calendar: ICAL.Component
  try {
    const parsed: unknown = ICAL.parse(text)
    calendar = new ICAL.Component(parsed as never)
    if (calendar.name !== 'vcalendar') throw new Error('another component')
  } catch {
    throw new InvalidCalendar('invalid', 'The response is no iCalendar file.')
  }
  const components = calendar.getAllSubcomponents('vevent').filter((one) => one.getFirstProperty('dtstart') !== null)
  const exceptions = new Map<string, ICAL.Component[]>()
  const masters: ICAL.Component[] = []
  for (const component of components) {
    if (component.getFirstProperty('recurrence-id') === null) masters.push(component)
    else {
      const uid = String(component.getFirstPropertyValue('uid'))
      exceptions.set(uid, [...(exceptions.get(uid) ?? []), component])
    }
  }
  const uids = new Set(masters.map((one) => String(one.getFirstPropertyValue('uid'))))
  // An occurrence whose series is not in the file is an event by itself.
  const orphans = [...exceptions].flatMap(([uid, list]) => (uids.has(uid) ? [] : list))
  const single = masters.map((component) => {
    const uid = String(component.getFirstPropertyValue('uid'))
    return new ICAL.Event(component, { exceptions: exceptions.get(uid) ?? [] })
  })
  return { calendar, single: [...single, ...orphans.map((component) => new ICAL.Event(component))] }
}

function busyOf(event: ICAL.Event, start: ICAL.Time, end: ICAL.Time, zones: Zones) {
  const { component } = event
  const value = (name: string) => String(component.getFirstPropertyValue(name) ?? '').toUpperCase()
  if (value('status') === 'CANCELLED' || value('transp') === 'TRANSPARENT') return []
  const tzid = tzidOf(event)
  return [{ startMs: zones.msOf(start, tzid), endMs: zones.msOf(end, tzidOf(event, 'dtend') ?? tzid) }]
}

function tzidOf({ component }: ICAL.Event, name = 'dtstart'): string | null {
  const tzid: unknown = component.getFirstProperty(name)?.getFirstParameter('tzid')
  return typeof tzid === 'string' ? tzid : null
}

/** Time zones by their IANA names, else as the file defines them, else the clinic's. */
class Zones {
  readonly #named = new Map<string, string | ICAL.Timezone>()
  readonly #fallback: string

  constructor(calendar: ICAL.Component, timeZone: string) {
    this.#fallback = timeZone
    for (const component of calendar.getAllSubcomponents('vtimezone')) {
      this.#named.set(String(component.getFirstPropertyValue('tzid')), new ICAL.Timezone(component))
    }
  }

  /** The instant of a local time, in milliseconds. A day begins when it does in the clinic. */
  msOf(time: ICAL.Time, tzid: string | null): number {
    const { year, month, day, hour, minute, second, isDate } = time
    if (isDate) return new Temporal.PlainDate(year, month, day).toZonedDateTime(this.#fallback).epochMilliseconds
    const atUtc = Date.UTC(year, month - 1, day, hour, minute, second)
    if (tzid === null && time.zone === ICAL.Timezone.utcTimezone) return atUtc
    const zone = tzid === null ? this.#fallback : this.#zoneOf(tzid)
    if (typeof zone !== 'string') return atUtc - zone.utcOffset(time) * 1000
    return new Temporal.PlainDateTime(year, month, day, hour, minute, second).toZonedDateTime(zone).epochMilliseconds
  }

  #zoneOf(tzid: string): string | ICAL.Timezone {
    const known = this.#named.get(tzid)
    if (typeof known === 'string') return known
    const zone = isZone(tzid) ? tzid : (known ?? this.#fallback)
    this.#named.set(tzid, zone)
    return zone
  }
}

function isZone(name: string): boolean {
  try {
    Temporal.Instant.fromEpochMilliseconds(0).toZonedDateTimeISO(name)
    return true
  } catch {
    return false
  }
}

function merged(found: readonly { startMs: number; endMs: number }[], { fromMs, untilMs }: BusyWindow): BusyTime[] {
  const times: { startMs: number; endMs: number }[] = []
  const inWindow = found
    .map(({ startMs, endMs }) => ({ startMs: Math.max(startMs, fromMs), endMs: Math.min(endMs, untilMs) }))
    .filter(({ startMs, endMs }) => startMs < endMs)
  for (const time of inWindow.toSorted((a, b) => a.startMs - b.startMs)) {
    const last = times.at(-1)
    if (last !== undefined && time.startMs <= last.endMs) last.endMs = Math.max(last.endMs, time.endMs)
    else times.push(time)
  }
  if (times.length > busyTimesMax) {
    throw new InvalidCalendar('too_large', `It has more than ${busyTimesMax} separate busy times.`)
  }
  return times.map(({ startMs, endMs }) => ({ startsAt: new Date(startMs), endsAt: new Date(endMs) }))
}
