/** One appointment for a calendar. Instants as RFC 3339. */
export type CalendarEvent = {
  /** Of the booking: an event with the same id takes the place of an older one. */
  id: string
  /** The booking's version: the newer one counts. */
  sequence: number
  startsAt: string
  endsAt: string
  summary: string
  location: string | null
  description: string
  /** Where it takes place, when that is a web address. */
  url: string | null
  isCancelled: boolean
  /** When this was written. */
  stampedAt: string
}

/**
 * An iCalendar file (RFC 5545) with one event, in UTC: calendars show it in their owner's zone, and need no zone
 * tables.
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
    // A URI, which is not escaped (section 3.3.13): whatever doesn't belong into one is percent-encoded.
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

/** TEXT (section 3.3.11); control characters have no place in it. */
function escaped(text: string): string {
  return text
    .replaceAll(/\r\n?/g, '\n')
    .replaceAll(/[^\P{Cc}\n\t]/gu, '')
    .replaceAll(/[\\;,]/g, '\\$&')
    .replaceAll('\n', '\\n')
}

const lineOctetsMax = 75

/** At most 75 octets a line, and never inside a character (section 3.1). */
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
