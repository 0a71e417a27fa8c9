import type { BookingBody } from '@holdfast/contract'
import type { Booking } from '@holdfast/engine'
import { timeOrNull, timeText } from './time-text.ts'

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
  const { answers, ...patient } = booking.patient
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
    startsAt: timeText(booking.startsAt),
    endsAt: timeText(booking.endsAt),
    holdExpiresAt: timeOrNull(booking.holdExpiresAt),
    createdAt: timeText(booking.createdAt),
    updatedAt: timeText(booking.updatedAt),
    extended: booking.extended,
    patient,
    ...(answers === undefined ? {} : { answers }),
    reason: booking.reason,
    cancellationReason: booking.cancellationReason,
    cancelledBy,
    offer,
    joinUrl,
    erasedAt: timeOrNull(booking.erasedAt),
    attendanceConfirmedAt: timeOrNull(booking.attendanceConfirmedAt),
    ...(booking.requestedAt === null ? {} : { requestedAt: timeText(booking.requestedAt) }),
    version: booking.version,
  }
}
