import type { BookingChanged, Patient } from './booking.ts'
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
  /** `isRepeated`: the request was carried out before. */
  BookingChanged<{ isRepeated: boolean }> | PatientBooked
