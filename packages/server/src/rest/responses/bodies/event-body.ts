import type { BookingEventBody } from '@holdfast/contract'
import type { BookingEvent } from '@holdfast/engine'

/** The body of an event. */
export function eventBody(event: BookingEvent): BookingEventBody {
  return { ...event, at: event.at.toISOString(), holdExpiresAt: event.holdExpiresAt?.toISOString() ?? null }
}
