import type { Booking } from '@holdfast/contract/client'
import { requestState } from '../../domain/bookings/status-label.ts'

export type BookingKind = 'upcoming' | 'past' | 'cancelled'

/**
 * Coming: the next one first. Past and cancelled: the latest first. Holds that lapsed or were released were never
 * bookings to anyone, but for requests.
 */
export function sortBookings(bookings: readonly Booking[], now: number): Record<BookingKind, Booking[]> {
  const sorted: Record<BookingKind, Booking[]> = { upcoming: [], past: [], cancelled: [] }
  for (const booking of bookings) {
    const kind = kindOf(booking, now)
    if (kind !== null) sorted[kind].push(booking)
  }
  const byStart = (a: Booking, b: Booking) => Date.parse(a.startsAt) - Date.parse(b.startsAt)
  sorted.upcoming.sort(byStart)
  sorted.past.sort((a, b) => byStart(b, a))
  sorted.cancelled.sort((a, b) => byStart(b, a))
  return sorted
}

function kindOf(booking: Booking, now: number): BookingKind | null {
  switch (booking.status) {
    case 'CANCELLED':
      return booking.failureReason === 'hold_released' && requestState(booking) === null ? null : 'cancelled'
    case 'FAILED':
      // Withdrawn by the clinic: the patient has to know.
      return booking.failureReason === 'slot_withdrawn' || requestState(booking) !== null ? 'cancelled' : null
    case 'COMPLETED':
    case 'NO_SHOW':
      return 'past'
    default:
      return Date.parse(booking.endsAt) < now ? 'past' : 'upcoming'
  }
}
