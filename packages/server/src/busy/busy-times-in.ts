import type { BusyTime, LeftOutEvents } from '@holdfast/engine'
import { calendarParts, type Part } from './calendar-parts.ts'
import { CalendarZones } from './calendar-zones.ts'
import { type EventSpan, freeBusySpans, seriesSpans } from './event-spans.ts'
import { type FileEvent, isFarFrom, type Span } from './event-times.ts'
import { InvalidCalendar } from './invalid-calendar.ts'
import { LeftOut, UnreadableEvent } from './left-out.ts'
import { newestVersions } from './newest-versions.ts'
import { ruleTimeOfFile } from './rule-time.ts'

/** What a calendar is read for. `timeZone`: the clinic's, of days and of times for which the file says none. */
export type BusyWindow = { timeZone: string; fromMs: number; untilMs: number }

/** Disjoint times, by start. `leftOut`: how many events block less than they should, and why. */
export type BusyInCalendar = { busy: BusyTime[]; leftOut: number; leftOutEvents: LeftOutEvents[] }

/** The limits for all events together, in the window. */
const occurrencesMax = 100_000
const busyTimesMax = 5_000
/** If there are more, fewer times of each event are stored, but at least so many. */
const timesOfEventMin = 30

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
  const found = new Map<Part, Span[]>()
  let count = 0
  for (const span of spansIn(calendars, window, leftOut)) {
    const { part } = span.event
    if (span.startMs < span.endMs) {
      if (!isIn(window, span)) continue
      count += 1
      if (count > occurrencesMax) {
        throw new InvalidCalendar('too_large', `It has more than ${occurrencesMax} occurrences.`)
      }
      const ofEvent = found.get(part)
      if (ofEvent === undefined) found.set(part, [span])
      else ofEvent.push(span)
    } else if (isIn(window, { startMs: span.endMs - 1, endMs: span.startMs + 1 })) {
      leftOut.add(part, new UnreadableEvent(span.startMs === span.endMs ? 'no_length' : 'reversed'))
    }
  }
  const events = calendars.flatMap(({ part }) => part.parts).filter(({ name }) => eventNames.has(name))
  if (leftOut.unreadable > 0 && leftOut.unreadable === events.length) {
    throw new InvalidCalendar('invalid', 'None of its events can be read.')
  }
  const busy = withinLimit(found, window, leftOut)
  return { busy, leftOut: leftOut.count, leftOutEvents: leftOut.list() }
}

const eventNames = new Set(['VEVENT', 'VFREEBUSY'])

function* spansIn(calendars: readonly FileEvent[], window: BusyWindow, leftOut: LeftOut): Generator<EventSpan> {
  const events = calendars.flatMap(({ part, zones }) =>
    part.parts.filter(({ name }) => name === 'VEVENT').map((event) => ({ part: event, zones })),
  )
  const { fromMs, untilMs } = window
  const ruleTime = ruleTimeOfFile()
  for (const series of newestVersions(events)) {
    const { event, exceptions } = series
    if (event === null || exceptions.length > 0 || !isFarFrom(window, event.part)) {
      yield* seriesSpans(series, { fromMs, untilMs, ruleTime }, leftOut)
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

/**
 * All busy times; or, if they are too many, without the later ones of the events that repeat most often, which are
 * counted as left out.
 *
 * @throws InvalidCalendar
 */
function withinLimit(found: ReadonlyMap<Part, readonly Span[]>, window: BusyWindow, leftOut: LeftOut): BusyTime[] {
  const ofEvents = [...found].map(([part, spans]) => ({ part, times: merged(spans, window) }))
  for (let max = occurrencesMax; max >= timesOfEventMin; max = Math.min(max, busyTimesMax) / 2) {
    const times = merged(
      ofEvents.flatMap((one) => one.times.slice(0, max)),
      window,
    )
    if (times.length > busyTimesMax) continue
    const cut = ofEvents.filter((one) => one.times.length > max)
    for (const { part } of cut) leftOut.add(part, new UnreadableEvent('too_frequent'))
    return times.map(({ startMs, endMs }) => ({ startsAt: new Date(startMs), endsAt: new Date(endMs) }))
  }
  throw new InvalidCalendar('too_large', `It has more than ${busyTimesMax} separate busy times.`)
}

/** Disjoint times within the window, by start. */
function merged(found: readonly Span[], { fromMs, untilMs }: BusyWindow): Span[] {
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
  return times
}
