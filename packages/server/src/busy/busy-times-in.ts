import type { BusyCalendarFailure, BusyTime } from '@holdfast/engine'
import ICAL from 'ical.js'
import { CalendarZones } from './calendar-zones.ts'
import { eventSpans, freeBusySpans, type Span } from './event-spans.ts'

/** What a calendar is read for. `timeZone`: of times without one, and of days. */
export type BusyWindow = { timeZone: string; fromMs: number; untilMs: number }

/** Disjoint times, by start. `leftOut`: how many events could not be read. */
export type BusyInCalendar = { busy: BusyTime[]; leftOut: number }

export class InvalidCalendar extends Error {
  override name = 'InvalidCalendar'
  readonly reason: BusyCalendarFailure

  constructor(reason: BusyCalendarFailure, message: string) {
    super(message)
    this.reason = reason
  }
}

/** Of all events together, in the window. */
const occurrencesMax = 30_000
const busyTimesMax = 5_000

/**
 * The busy times of an iCalendar text within a window. Events that are cancelled or transparent are not busy.
 * Repetitions are resolved by ical.js. An event that cannot be read is left out. A rule can make it calculate without
 * an end: call it where it can be stopped.
 *
 * @throws InvalidCalendar also if no event can be read
 */
export function busyTimesIn(text: string, window: BusyWindow): BusyInCalendar {
  const { calendar, unparsed } = calendarIn(text)
  const zones = new CalendarZones(calendar, window.timeZone)
  const found: Span[] = []
  let read = 0
  let leftOut = unparsed
  for (const spans of spansIn(calendar, zones, window)) {
    try {
      for (const span of spans) if (isIn(window, span)) found.push(withinLimit(span, found.length))
      read += 1
    } catch (error) {
      if (error instanceof InvalidCalendar) throw error
      leftOut += 1
    }
  }
  if (read === 0 && leftOut > 0) throw new InvalidCalendar('invalid', 'None of its events can be read.')
  return { busy: merged(found, window), leftOut }
}

/** A part that is parsed by itself if the whole cannot be parsed. */
const eventPattern = /^BEGIN:(VEVENT|VFREEBUSY)[ \t]*\r?\n[\s\S]*?^END:\1[ \t]*\r?\n?/gim

/** `unparsed`: how many events are not in it, because they are no iCalendar. */
function calendarIn(text: string): { calendar: ICAL.Component; unparsed: number } {
  try {
    return { calendar: componentIn(text, 'vcalendar'), unparsed: 0 }
  } catch {
    return calendarWithout(text)
  }
}

function calendarWithout(text: string): { calendar: ICAL.Component; unparsed: number } {
  const calendar = restOf(text)
  let unparsed = 0
  for (const [part, name = ''] of text.matchAll(eventPattern)) {
    try {
      calendar.addSubcomponent(componentIn(part, name.toLowerCase()))
    } catch {
      unparsed += 1
    }
  }
  return { calendar, unparsed }
}

function restOf(text: string): ICAL.Component {
  try {
    return componentIn(text.replaceAll(eventPattern, ''), 'vcalendar')
  } catch {
    throw new InvalidCalendar('invalid', 'The response is no iCalendar file.')
  }
}

/** @throws Error it is none, or has another name */
function componentIn(text: string, name: string): ICAL.Component {
  const parsed: unknown = ICAL.parse(text)
  const component = new ICAL.Component(parsed as never)
  if (component.name !== name) throw new Error(`It is ${component.name}.`)
  return component
}

/** The busy times of each event, and of each VFREEBUSY. They are calculated, and may fail, when they are iterated. */
function* spansIn(calendar: ICAL.Component, zones: CalendarZones, window: BusyWindow): Generator<Iterable<Span>> {
  const exceptions = new Map<string, ICAL.Component[]>()
  const series: ICAL.Component[] = []
  const uidOf = (component: ICAL.Component) => String(component.getFirstPropertyValue('uid'))
  for (const component of calendar.getAllSubcomponents('vevent')) {
    if (component.getFirstProperty('recurrence-id') === null) series.push(component)
    else exceptions.set(uidOf(component), [...(exceptions.get(uidOf(component)) ?? []), component])
  }
  for (const component of series) yield eventSpans(component, exceptions.get(uidOf(component)) ?? [], zones, window)
  const uids = new Set(series.map(uidOf))
  for (const [uid, components] of exceptions) {
    // An occurrence whose series is not in the file is an event by itself.
    if (!uids.has(uid)) for (const component of components) yield eventSpans(component, [], zones, window)
  }
  for (const component of calendar.getAllSubcomponents('vfreebusy')) yield freeBusySpans(component, zones)
}

function isIn({ fromMs, untilMs }: BusyWindow, { startMs, endMs }: Span): boolean {
  return startMs < endMs && startMs < untilMs && endMs > fromMs
}

/** @throws InvalidCalendar */
function withinLimit(span: Span, count: number): Span {
  if (count < occurrencesMax) return span
  throw new InvalidCalendar('too_large', `It has more than ${occurrencesMax} occurrences.`)
}

function merged(found: readonly Span[], { fromMs, untilMs }: BusyWindow): BusyTime[] {
  const times: Span[] = []
  const inWindow = found.map(({ startMs, endMs }) => ({
    startMs: Math.max(startMs, fromMs),
    endMs: Math.min(endMs, untilMs),
  }))
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
