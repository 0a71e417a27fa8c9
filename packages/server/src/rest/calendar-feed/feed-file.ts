import type { MessageLanguage } from '@holdfast/vocabulary'
import ical, { ICalCalendarMethod, ICalEventStatus, ICalEventTransparency } from 'ical-generator'
import { printable } from '../../messages/patient-messages/calendar-attachment.ts'
import { zoneBlock } from './zone-block.ts'

export type FeedEvent = {
  bookingId: string
  /** The booking's version. */
  version: number
  changedAt: Date
  startsAt: Date
  endsAt: Date
  timeZone: string
  summary: string
  location: string | null
  description: string
}

export type FeedFile = {
  name: string
  language: MessageLanguage
  events: readonly FeedEvent[]
  /** The clinic whose patients it names; null: it names none. */
  patientsOfClinic: number | null
}

/** Calendars that ask how often they may read it again get this; others decide for themselves. */
const readAgainSeconds = 15 * 60

/**
 * The calendar as a file (RFC 5545), each event in its clinic's time zone. UID and SEQUENCE are those of the e-mails
 * and of the site's calendar file. The same events give the same text, so that its entity tag is stable.
 */
export function feedFile({ name, language, events }: Omit<FeedFile, 'patientsOfClinic'>): string {
  const calendar = ical({
    name: printable(name),
    prodId: { company: 'Holdfast', product: 'Appointments', language: language.toUpperCase() },
    method: ICalCalendarMethod.PUBLISH,
    ttl: readAgainSeconds,
  })
  calendar.timezone({ name: null, generator: (zone) => zoneBlock(zone, ...spanOf(events)) })
  for (const event of events) {
    calendar.createEvent({
      id: `${event.bookingId}@holdfast`,
      sequence: event.version,
      stamp: event.changedAt,
      lastModified: event.changedAt,
      ...timesOf(event),
      summary: printable(event.summary),
      location: event.location === null ? null : printable(event.location),
      description: printable(event.description),
      status: ICalEventStatus.CONFIRMED,
      transparency: ICalEventTransparency.OPAQUE,
    })
  }
  return calendar.toString()
}

/**
 * The times in the clinic's time zone, or in UTC in the hour that the end of daylight saving time repeats. A local time
 * in it means the first one (RFC 5545, section 3.3.5), and ical.js 2.2.1 reads it as the second.
 */
function timesOf({ startsAt, endsAt, timeZone }: FeedEvent) {
  if ([startsAt, endsAt].some((at) => isRepeatedHour(at, timeZone))) return { start: startsAt, end: endsAt }
  return { start: startsAt.toTemporalInstant(), end: endsAt.toTemporalInstant(), timezone: timeZone }
}

function isRepeatedHour(at: Date, timeZone: string): boolean {
  const local = at.toTemporalInstant().toZonedDateTimeISO(timeZone).toPlainDateTime()
  const [first, last] = (['earlier', 'later'] as const).map((disambiguation) =>
    local.toZonedDateTime(timeZone, { disambiguation }),
  )
  return first?.epochMilliseconds !== last?.epochMilliseconds
}

function spanOf(events: readonly FeedEvent[]): [Temporal.Instant, Temporal.Instant] {
  const first = Math.min(...events.map(({ startsAt }) => startsAt.getTime()))
  const last = Math.max(...events.map(({ endsAt }) => endsAt.getTime()))
  return [Temporal.Instant.fromEpochMilliseconds(first), Temporal.Instant.fromEpochMilliseconds(last)]
}
