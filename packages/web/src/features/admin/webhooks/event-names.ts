import type { PublishedEvent } from '@holdfast/contract/client'

/** The compiler checks that none is missing. */
const isEvent: Record<PublishedEvent, true> = {
  'booking.created': true,
  'booking.offered': true,
  'booking.confirmed': true,
  'booking.extended': true,
  'booking.link_requested': true,
  'booking.requested': true,
  'booking.attendance_confirmed': true,
  'booking.attendance_withdrawn': true,
  'booking.moved': true,
  'booking.cancelled': true,
  'booking.failed': true,
  'booking.arrived': true,
  'booking.completed': true,
  'booking.no_show': true,
  'booking.reopened': true,
  'booking.linked': true,
  'booking.corrected': true,
  'booking.contact_corrected': true,
  'booking.consent_withdrawn': true,
  'booking.answers_corrected': true,
  'booking.erased': true,
  'booking.milestone': true,
  'booking.prolonged': true,
}
export const eventNames = Object.keys(isEvent) as PublishedEvent[]

type Suffix<Name extends string> = Name extends `${string}.${infer Rest}` ? Rest : never

/** The last part of an event's name, by which its text is found. */
export function eventSuffix<Name extends PublishedEvent | 'webhook.test'>(name: Name): Suffix<Name> {
  return name.slice(name.indexOf('.') + 1) as Suffix<Name>
}
