/** An appointment for a calendar. Instants are RFC 3339. */
export type CalendarEvent = {
  /** The booking's id: an event replaces an older one with the same id. */
  id: string
  /** The booking's version: the event with the higher one is the newer. */
  sequence: number
  startsAt: string
  endsAt: string
  summary: string
  location: string | null
  description: string
  /** The link of a video visit. */
  url: string | null
  isCancelled: boolean
  /** When the file was written. */
  stampedAt: string
}

/**
 * An iCalendar file (RFC 5545) with one event, in UTC: calendars show it in their owner's time zone, and no time zone
 * tables are needed.
 *
 * ical-generator 11.1.2 does not replace it: it escapes commas and semicolons in URL, so that a video link with them
 * leads nowhere (a URI is not escaped), lets control characters into TEXT, and is ten times the size (8 KB compressed),
 * while the file has to be available offline.
 */
export function calendarFile(event: CalendarEvent): string {
  const lines = [
    'BEGIN:VCALENDAR',
    'VERSION:2.0',
    'PRODID:-//Holdfast//Appointments//EN',
    'CALSCALE:GREGORIAN',
    'METHOD:PUBLISH',
    'BEGIN:VEVENT',
    `UID:${event.id}@holdfast`,
    `SEQUENCE:${event.sequence}`,
    `DTSTAMP:${utc(event.stampedAt)}`,
    `DTSTART:${utc(event.startsAt)}`,
    `DTEND:${utc(event.endsAt)}`,
    `SUMMARY:${escaped(event.summary)}`,
    ...(event.location === null ? [] : [`LOCATION:${escaped(event.location)}`]),
    `DESCRIPTION:${escaped(event.description)}`,
    // A URI is not escaped (section 3.3.13); URL percent-encodes or drops whatever is not allowed in one.
    ...(event.url === null ? [] : [`URL:${new URL(event.url).href}`]),
    `STATUS:${event.isCancelled ? 'CANCELLED' : 'CONFIRMED'}`,
    'TRANSP:OPAQUE',
    'END:VEVENT',
    'END:VCALENDAR',
  ]
  return lines.map((line) => `${folded(line)}\r\n`).join('')
}

/** `20261123T093000Z` */
function utc(instant: string): string {
  return new Date(instant)
    .toISOString()
    .replace(/\.\d{3}/, '')
    .replaceAll(/[-:]/g, '')
}

/** TEXT (section 3.3.11), which must not contain control characters. */
function escaped(text: string): string {
  return text
    .replaceAll(/\r\n?/g, '\n')
    .replaceAll(/[^\P{Cc}\n\t]/gu, '')
    .replaceAll(/[\\;,]/g, '\\$&')
    .replaceAll('\n', '\\n')
}

const lineOctetsMax = 75

/** Breaks a line into lines of at most 75 octets, never inside a character (section 3.1). */
function folded(line: string): string {
  const encoder = new TextEncoder()
  let octets = 0
  let result = ''
  for (const character of line) {
    const size = encoder.encode(character).length
    if (octets + size > lineOctetsMax) {
      result += '\r\n '
      octets = 1
    }
    result += character
    octets += size
  }
  return result
}
