import ical, {
  ICalAttendeeRole,
  ICalAttendeeStatus,
  ICalCalendarMethod,
  ICalEventStatus,
  ICalEventTransparency,
} from 'ical-generator'

export type CalendarVisit = {
  bookingId: string
  /** The booking's version: the event with the higher one is the newer. */
  version: number
  startsAt: Date
  endsAt: Date
  stampedAt: Date
  summary: string
  location: string
  description: string
  organizer: { name: string; address: string }
  attendee: { name: string; address: string }
}

/**
 * The visit as an invitation, or its cancellation (RFC 5546), in UTC. The site's calendar file has the same UID and
 * SEQUENCE, so a calendar has the visit once, however it got there.
 */
export function calendarAttachment(
  visit: CalendarVisit,
  method: 'REQUEST' | 'CANCEL',
): { method: 'REQUEST' | 'CANCEL'; content: string } {
  const isCancelled = method === 'CANCEL'
  const calendar = ical({ prodId: '//Holdfast//Appointments//EN', method: ICalCalendarMethod[method] })
  const event = calendar.createEvent({
    id: `${visit.bookingId}@holdfast`,
    sequence: visit.version,
    stamp: visit.stampedAt,
    start: visit.startsAt,
    end: visit.endsAt,
    summary: printable(visit.summary),
    location: printable(visit.location),
    description: printable(visit.description),
    status: isCancelled ? ICalEventStatus.CANCELLED : ICalEventStatus.CONFIRMED,
    transparency: ICalEventTransparency.OPAQUE,
    organizer: { name: printable(visit.organizer.name), email: visit.organizer.address },
  })
  event.createAttendee({
    name: printable(visit.attendee.name),
    email: visit.attendee.address,
    role: ICalAttendeeRole.REQ,
    status: ICalAttendeeStatus.ACCEPTED,
    rsvp: false,
  })
  return { method, content: calendar.toString() }
}

/** The library lets control characters into texts, where RFC 5545 allows none but line ends and tabs. */
export function printable(text: string): string {
  return text.replaceAll(/[^\P{Cc}\n\t]/gu, '').replaceAll('"', "'")
}
