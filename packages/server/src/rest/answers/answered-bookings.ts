import type { BookingBody } from '@holdfast/contract'
import { type Booking, visitAddress } from '@holdfast/engine'
import type { RestDeps } from '../rest-deps.ts'
import { bookingBody } from './bodies/booking-body.ts'

/**
 * Bookings as they are answered, each with where its visit by video takes place: one look at the rooms of their doctors
 * for all, and none where no visit by video is ahead.
 */
export async function answeredBookings(deps: RestDeps, bookings: readonly Booking[]): Promise<BookingBody[]> {
  const visits = bookings.filter(isVideoVisit)
  const rooms =
    visits.length === 0
      ? new Map<string, string>()
      : await deps.engine.directory.videoRooms(visits.map(({ doctorId }) => doctorId))
  return bookings.map((booking) => {
    const room = isVideoVisit(booking) ? rooms.get(booking.doctorId) : undefined
    return bookingBody(booking, room === undefined ? null : visitAddress(room, deps.visitRooms.nameOf(booking.id)))
  })
}

/** The same of one booking. */
export async function answeredBooking(deps: RestDeps, booking: Booking): Promise<BookingBody> {
  const [body] = await answeredBookings(deps, [booking])
  return body ?? bookingBody(booking, null)
}

/** Who holds a place only for minutes, or is through, has no door to go to. */
function isVideoVisit({ appointmentType, status }: Booking): boolean {
  return appointmentType === 'video' && (status === 'CONFIRMED' || status === 'ARRIVED')
}
