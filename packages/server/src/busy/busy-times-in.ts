import type { BusyTime } from '@holdfast/engine'
import { calendarParts } from './calendar-parts.ts'
import { CalendarZones } from './calendar-zones.ts'
import { type EventSpan, freeBusySpans, seriesSpans } from './event-spans.ts'
import { type FileEvent, isFarFrom, type Span } from './event-times.ts'
import { InvalidCalendar } from './invalid-calendar.ts'
import { LeftOut, type LeftOutEvents, UnreadableEvent } from './left-out.ts'
import { newestVersions } from './newest-versions.ts'

/** What a calendar is read for. `timeZone`: the clinic's, of days and of times for which the file says none. */
export type BusyWindow = { timeZone: string; fromMs: number; untilMs: number }

/** Disjoint times, by start. `leftOut`: how many events block less than they should, and why. */
export type BusyInCalendar = { busy: BusyTime[]; leftOut: number; leftOutEvents: LeftOutEvents[] }

/** Of all events together, in the window. */
const occurrencesMax = 30_000
const busyTimesMax = 5_000

/**
 * The busy times of an iCalendar text within a window. Events that are cancelled, transparent or replaced by a newer
 * version are not busy. An event that cannot be read as it was meant is left out, and counted. A rule can make it
 * calculate for long: call it where it can be stopped.
 *
 * @throws InvalidCalendar also if no event can be read
 */
export function busyTimesIn(text: string, window: BusyWindow): BusyInCalendar {
  const calendars = calendarParts(text).map((part) => ({ part, zones: new CalendarZones(part, window.timeZone) }))
  const leftOut = new LeftOut()
  const found: Span[] = []
  for (const span of spansIn(calendars, window, leftOut)) {
    if (span.startMs < span.endMs) {
      if (isIn(window, span)) found.push(withinLimit(span, found.length))
    } else if (isIn(window, { startMs: span.endMs - 1, endMs: span.startMs + 1 })) {
      leftOut.add(span.event.part, new UnreadableEvent(span.startMs === span.endMs ? 'no_length' : 'reversed'))
    }
  }
  const events = calendars.flatMap(({ part }) => part.parts).filter(({ name }) => eventNames.has(name))
  if (leftOut.unreadable > 0 && leftOut.unreadable === events.length) {
    throw new InvalidCalendar('invalid', 'None of its events can be read.')
  }
  return { busy: merged(found, window), leftOut: leftOut.count, leftOutEvents: leftOut.list() }
}

const eventNames = new Set(['VEVENT', 'VFREEBUSY'])

function* spansIn(calendars: readonly FileEvent[], window: BusyWindow, leftOut: LeftOut): Generator<EventSpan> {
  const events = calendars.flatMap(({ part, zones }) =>
    part.parts.filter(({ name }) => name === 'VEVENT').map((event) => ({ part: event, zones })),
  )
  for (const series of newestVersions(events)) {
    const { event, exceptions } = series
    if (event === null || exceptions.length > 0 || !isFarFrom(window, event.part)) {
      yield* seriesSpans(series, window, leftOut)
    }
  }
  for (const { part, zones } of calendars) {
    const busy = part.parts.filter(({ name }) => name === 'VFREEBUSY')
    for (const one of busy) yield* freeBusySpans(one, zones, leftOut)
  }
}

function isIn({ fromMs, untilMs }: BusyWindow, { startMs, endMs }: Span): boolean {
  return startMs < untilMs && endMs > fromMs
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
