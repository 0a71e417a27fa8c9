import type { BookingBody } from '@holdfast/contract'
import { type Booking, visitAddress } from '@holdfast/engine'
import type { RestDeps } from '../rest-deps.ts'
import { bookingBody } from './bodies/booking-body.ts'

/**
 * The bodies of bookings, each with the address of its video visit. The rooms of all their doctors take one query, and
 * none if no booking is a video visit to come.
 */
export async function bookingBodies(deps: RestDeps, bookings: readonly Booking[]): Promise<BookingBody[]> {
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

/** The same for one booking. */
export async function bookingBodyWithVisit(deps: RestDeps, booking: Booking): Promise<BookingBody> {
  const [body] = await bookingBodies(deps, [booking])
  return body ?? bookingBody(booking, null)
}

/** A hold, a booking that is over, and one whose patient was erased have no address. */
function isVideoVisit({ appointmentType, status, erasedAt }: Booking): boolean {
  return appointmentType === 'video' && erasedAt === null && (status === 'CONFIRMED' || status === 'ARRIVED')
}
