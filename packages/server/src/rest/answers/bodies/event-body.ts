import type { BookingEventBody } from '@holdfast/contract'
import type { BookingEvent } from '@holdfast/engine'

/** A line of the log as it is answered. */
export function eventBody(event: BookingEvent): BookingEventBody {
  return { ...event, at: event.at.toISOString(), holdExpiresAt: event.holdExpiresAt?.toISOString() ?? null }
}
