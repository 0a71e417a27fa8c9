import type { Booking, BookingChanged } from './booking.ts'
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
  | BookingChanged
  /** The booking is in another slot. */
  | { kind: 'booking_moved'; booking: Booking }
  | { kind: 'visit_begun'; booking: Booking }
