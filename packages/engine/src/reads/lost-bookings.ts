import type { Booking } from '../model/booking.ts'

/** Those that ended with their slots and have a patient, who may have got another appointment since. */
export function lostBookings(bookings: readonly Booking[]): Booking[] {
  return bookings.filter(({ failureReason, patient }) => failureReason === 'slot_withdrawn' && patient.name !== '')
}
