import { type Part, propertiesOf, propertyOf, wordOf } from './calendar-parts.ts'
import type { CalendarZones } from './calendar-zones.ts'
import { dayMs, dayOf, durationIn, type FileDuration, type FileTime, timeOf } from './file-times.ts'
import { UnreadableEvent } from './left-out.ts'
import type { Zone } from './zone.ts'

/** An event, and the zones of the calendar that it is in. */
export type FileEvent = { part: Part; zones: CalendarZones }

/** A busy time in milliseconds. */
export type Span = { startMs: number; endMs: number }

/** `endMsOf`: when an occurrence ends that starts at a time on the clock of the event's zone. */
export type EventTimes = { start: FileTime; zone: Zone; zones: CalendarZones; endMsOf(wallMs: number): number }

/** @throws UnreadableEvent */
export function eventTimes({ part, zones }: FileEvent): EventTimes {
  const property = propertyOf(part, 'DTSTART')
  if (part.isBroken || property === undefined) throw new UnreadableEvent('unreadable')
  const start = timeOf(property)
  const zone = zones.of(start)
  return { start, zone, zones, endMsOf: endOf(part, start, zone, zones) }
}

/** An end goes before a duration: programs that write both leave the duration as it was. */
function endOf(part: Part, start: FileTime, zone: Zone, zones: CalendarZones): EventTimes['endMsOf'] {
  const duration = propertyOf(part, 'DURATION')
  const end = propertyOf(part, 'DTEND')
  if (end !== undefined) {
    try {
      return byEnd(timeOf(end), start, zone, zones)
    } catch (error) {
      if (duration === undefined) throw error
    }
  }
  if (duration !== undefined) return byDuration(durationIn(duration.value), zone)
  return (wallMs) => zone.msOf(start.isDay ? wallMs + dayMs : wallMs)
}

function byEnd(end: FileTime, start: FileTime, zone: Zone, zones: CalendarZones): EventTimes['endMsOf'] {
  const isAlike = end.isDay === start.isDay && end.isUtc === start.isUtc && end.tzid === start.tzid
  if (!isAlike) {
    const lengthMs = zones.of(end).msOf(end.wallMs) - zone.msOf(start.wallMs)
    return (wallMs) => zone.msOf(wallMs) + lengthMs
  }
  const onClockMs = end.wallMs - start.wallMs
  // Some programs write the last day, and not the day after it.
  const lengthMs = start.isDay && onClockMs === 0 ? dayMs : onClockMs
  return (wallMs) => zone.msOf(wallMs + lengthMs)
}

export function byDuration({ days, seconds }: FileDuration, zone: Zone): EventTimes['endMsOf'] {
  return (wallMs) => zone.msOf(wallMs + days * dayMs) + seconds * 1000
}

/** What is cancelled, transparent, or shown as free by Outlook, is not. */
export function isBusy(part: Part): boolean {
  return (
    !isCancelled(part) &&
    wordOf(part, 'TRANSP') !== 'TRANSPARENT' &&
    wordOf(part, 'X-MICROSOFT-CDO-BUSYSTATUS') !== 'FREE'
  )
}

export function isCancelled(part: Part): boolean {
  return wordOf(part, 'STATUS') === 'CANCELLED'
}

/**
 * Whether an event without repetitions is certainly outside of a window, whatever its zone. Then nothing else of it is
 * read: calendars have years of old events.
 */
export function isFarFrom({ fromMs, untilMs }: { fromMs: number; untilMs: number }, part: Part): boolean {
  if (['RRULE', 'RDATE', 'DURATION'].some((name) => propertiesOf(part, name).length > 0)) return false
  const [start, end] = ['DTSTART', 'DTEND'].map((name) => propertyOf(part, name))
  if (start === undefined) return false
  try {
    const days = [start, end ?? start].map((property) => dayOf(timeOf(property).wallMs))
    return Math.max(...days) < fromMs - 3 * dayMs || Math.min(...days) > untilMs + 3 * dayMs
  } catch {
    return false
  }
}
