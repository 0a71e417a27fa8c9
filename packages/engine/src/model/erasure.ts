import type { Booking } from './booking.ts'
import type { BookingAccess } from './booking-access.ts'

/** How bookings and waitlist entries of a person are found. */
export type Contact = { email: string } | { phone: string }

/** The patient whose bookings of a clinic are erased: all with this contact, or all of this account. */
export type PatientContact = Contact | { accountId: string }

/** What keeps its data: the first 100, and how many; 1,000 of a record may be more. */
export type Left = { count: number; ids: string[] }

/** Records that may be of the same person as another one: the first 100, and how many. They keep their data. */
export type OtherRecords = { count: number; records: { patientId: string; recordNumber: string | null }[] }

/**
 * Bookings and waitlist entries that have a contact of a record, and are linked to no record; and other records that
 * have one, or its name and date of birth.
 */
export type UnlinkedOfRecord = { bookings: Left; waitlistEntries: Left; otherRecords: OtherRecords }

export type ErasureRequest = {
  bookingId: string
  /** The account that acts; null: the operator, or the clinic's retention. */
  actorId: string | null
  /** The same as in `SettleRequest`. */
  key: string | null
  access?: BookingAccess | null
  /** Called as soon as the erasure is committed. What follows it may fail. */
  onErased?: () => void
}

export type ErasureOutcome =
  /** `unchanged`: the patient had been erased already. `position` is that of the booking's last change. */
  | { kind: 'done'; booking: Booking; position: string }
  | { kind: 'unchanged'; booking: Booking; position: string }
  | { kind: 'booking_missing' }
  /** It is to come or in progress: cancel it first. */
  | { kind: 'booking_not_over' }

export type PatientErasureRequest = {
  clinicNo: number
  patient: PatientContact
  actorId: string | null
  /** Called after each transaction with how many bookings it erased. */
  onErased?: (count: number) => void
}

/** What was done with the bookings of one patient. */
export type PatientErased = {
  erased: number
  /** Bookings that are not over, which keep their data: the first 100, and how many. */
  notOver: { count: number; bookingIds: string[] }
  /**
   * Records that keep their data: the first 100, and how many. Something of them is to come, in progress or open, or
   * they were linked to a booking of the patient and have another contact: families share contacts.
   */
  recordsLeft: { count: number; patientIds: string[] }
  /** From the records of how many other patients the person was removed as a guardian. */
  guardianOf: number
}

/** Removes what identifies patients from bookings that are over; their slots, times and counts stay. */
export type Erasures = {
  ofBooking(request: ErasureRequest): Promise<ErasureOutcome>
  /** Whether a booking was erased by the request with this key. */
  wasErasedBy(bookingId: string, key: string): Promise<boolean>
  /** Whether the booking was made without an account and linked to one, and its time is not past. */
  isLinkedAndToCome(bookingId: string): Promise<boolean>
  /**
   * Every booking of a patient in a clinic, in several transactions. Safe to repeat.
   *
   * @throws MonthsInTransit if some could not be searched
   */
  ofPatient(request: PatientErasureRequest): Promise<PatientErased>
}
