import type { Booking, BookingChanged } from './booking.ts'
import type { BookingAccess } from './booking-access.ts'

/** The patient no longer agrees to what they had agreed to with a booking. */
export type WithdrawConsentRequest = {
  bookingId: string
  /** Of the consent, in the answers of the booking. */
  questionId: string
  /** The account that acts; null: the bearer of the manage token. */
  actorId: string | null
  /** As in `SettleRequest`; null: none was sent. */
  key: string | null
  access?: BookingAccess | null
}

export type WithdrawConsentOutcome =
  | BookingChanged
  /** The patient has not agreed to this. */
  | { kind: 'consent_missing'; booking: Booking }
