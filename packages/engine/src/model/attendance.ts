import type { Booking } from './booking.ts'
import type { BookingAccess } from './booking-access.ts'

/** Says that the patient of a confirmed booking will come, or that this is not certain any more. */
export type AttendanceRequest = {
  bookingId: string
  /** Where the booking was when it was said: nobody says it of a time that they have not seen. */
  slotId: string
  /** The account that acts; null: the bearer of the manage token. */
  actorId: string | null
  /** The same as in `SettleRequest`. */
  key: string | null
  access?: BookingAccess | null
}

export type AttendanceOutcome =
  | { kind: 'done'; booking: Booking; position: string }
  /** It was so already, or the request was repeated: `booking` may have been moved or cancelled since. */
  | { kind: 'unchanged'; booking: Booking; position: string }
  | { kind: 'booking_missing' }
  | { kind: 'booking_erased' }
  | { kind: 'hold_expired'; booking: Booking }
  /** It is not CONFIRMED. */
  | { kind: 'invalid_transition'; booking: Booking }
  /** The booking is in another slot. */
  | { kind: 'booking_moved'; booking: Booking }
  | { kind: 'visit_begun'; booking: Booking }
