import type { Booking, Patient } from './booking.ts'
import type { BookingAccess } from './booking-access.ts'
import type { PatientBooked, PatientKnownBy } from './claim.ts'

/** Corrects what a booking says of its patient. Fields that are absent stay; null removes one. */
export type CorrectionRequest = {
  bookingId: string
  /** The account that acts, at the clinic's desk. */
  actorId: string | null
  /** The same as in `SettleRequest`. */
  key: string | null
  patient: { name?: string } & { [Field in Exclude<keyof Patient, 'name'>]?: Patient[Field] | null }
  reason?: string | null
  /**
   * The account whose confirmed address is that of the corrected booking: it keeps a booking that it has added by its
   * link, which any other account loses with the link. null: no account has the address.
   */
  accountOfEmail?: { email: string; accountId: string } | null
  /**
   * Refuses the correction if by it the patient has another appointment at the same time. Absent: it is made all the
   * same.
   */
  knownBy?: PatientKnownBy | null
  access?: BookingAccess | null
}

export type CorrectionOutcome =
  | { kind: 'done'; booking: Booking; position: string }
  /** The booking says so already; or the request was repeated, and was `done` before. */
  | { kind: 'unchanged'; isRepeated: boolean; booking: Booking; position: string }
  | { kind: 'booking_missing' }
  | { kind: 'booking_erased' }
  | { kind: 'hold_expired'; booking: Booking }
  /** It is a hold, and no request to the clinic: its patient is named by its confirmation. */
  | { kind: 'invalid_transition'; booking: Booking }
  | PatientBooked
