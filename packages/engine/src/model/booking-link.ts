import type { Booking, BookingChanged } from './booking.ts'
import type { BookingAccess } from './booking-access.ts'
import type { AnsweringPatient } from './claim.ts'
import type { AnswerRefused } from './visit-question.ts'

/** Asks the patient of a hold to confirm it by a link in an e-mail. */
export type LinkRequest = {
  bookingId: string
  /** The account that acts; null: the bearer of the manage token. */
  actorId: string | null
  /** The same as in `SettleRequest`. */
  key: string | null
  /** The patient has an e-mail address; null: as in the hold. */
  patient: AnsweringPatient | null
  reason: string | null
  /** The same as in `SettleRequest`. */
  judgedVersion: number | null
  access?: BookingAccess | null
}

export type LinkOutcome =
  /** Unchanged: also if the link was sent less than a minute ago. */
  | BookingChanged
  /** The same as in `SettleOutcome`. */
  | { kind: 'booking_changed' }
  | { kind: 'patient_missing'; booking: Booking }
  | { kind: 'too_many_links' }
  | AnswerRefused

/** Why the patient did not get a link, or may not have got it. */
export type LinkFailure = 'address_refused' | 'address_limit' | 'network_limit' | 'not_sent' | 'unknown'

/**
 * The link of a hold that waits to be confirmed. `nextAt`: from then on it can be sent again; null: not any more.
 * `failure` is that of the last e-mail; null: it is on its way, or was sent.
 */
export type SentLink = { sentAt: Date; nextAt: Date | null; failure: LinkFailure | null }

/** Bookings that are confirmed by a link in an e-mail. */
export type BookingLinks = {
  /** Whether the clinic has guests confirm by a link. */
  areRequired(clinicNo: number): Promise<boolean>
  request(request: LinkRequest): Promise<LinkOutcome>
  /** The link of a hold; null: no link was requested for it. */
  sent(bookingId: string): Promise<SentLink | null>
  /** Whether the account has proven that its e-mail address is its own. */
  isVerified(accountId: string): Promise<boolean>
  /** The account has proven it. */
  verify(accountId: string): Promise<void>
}
