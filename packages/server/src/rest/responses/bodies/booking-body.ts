import type { BookingBody } from '@holdfast/contract'
import type { Booking } from '@holdfast/engine'

/**
 * The body of a booking, without the account that it belongs to.
 *
 * @param more what is not in the booking itself; see bookingBodies
 */
export function bookingBody(
  booking: Booking,
  { joinUrl, cancelledBy, offer }: Pick<BookingBody, 'joinUrl' | 'cancelledBy' | 'offer'> = {
    joinUrl: null,
    cancelledBy: null,
    offer: null,
  },
): BookingBody {
  return {
    id: booking.id,
    clinicId: booking.clinicId,
    doctorId: booking.doctorId,
    slotId: booking.slotId,
    status: booking.status,
    failureReason: booking.failureReason,
    units: booking.units,
    appointmentType: booking.appointmentType,
    ...(booking.visitTypeId === null ? {} : { visitTypeId: booking.visitTypeId }),
    ...(booking.sessionId === null ? {} : { sessionId: booking.sessionId }),
    startsAt: booking.startsAt.toISOString(),
    endsAt: booking.endsAt.toISOString(),
    holdExpiresAt: booking.holdExpiresAt?.toISOString() ?? null,
    createdAt: booking.createdAt.toISOString(),
    updatedAt: booking.updatedAt.toISOString(),
    extended: booking.extended,
    patient: booking.patient,
    reason: booking.reason,
    cancellationReason: booking.cancellationReason,
    cancelledBy,
    offer,
    joinUrl,
    erasedAt: booking.erasedAt?.toISOString() ?? null,
    attendanceConfirmedAt: booking.attendanceConfirmedAt?.toISOString() ?? null,
    version: booking.version,
  }
}
