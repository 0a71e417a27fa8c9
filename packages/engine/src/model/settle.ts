import type { SlotClosedReason } from '@holdfast/vocabulary'
import type { Booking, BookingChanged } from './booking.ts'
import type { BookingAccess } from './booking-access.ts'
import type { AnsweringPatient, NotDone, PatientBooked, PatientKnownBy } from './claim.ts'
import type { TimeRefusal, VisitRefusal } from './session.ts'
import type { AnswerRefused, SentAnswer } from './visit-question.ts'

/**
 * `reopen` undoes a mark: ARRIVED and NO_SHOW become CONFIRMED, COMPLETED becomes ARRIVED. `link` gives a guest's
 * booking, whatever its state, to the account that acts.
 */
export type SettleAction =
  | 'confirm'
  | 'cancel'
  | 'decline'
  | 'extend'
  | 'arrive'
  | 'complete'
  | 'no_show'
  | 'reopen'
  | 'link'

/** One change of a booking's state that needs no other slot. */
export type SettleRequest = {
  bookingId: string
  action: SettleAction
  /** The account that acts; null: the holder of the manage token. link: the account that gets it, never null. */
  actorId: string | null
  /** true for members of the clinic: the cancellation deadline applies to patients only. */
  onBehalf: boolean
  /**
   * A 128-bit digest (as a UUID) of the caller, the Idempotency-Key and what is requested. Within 24 hours, the same
   * key gets `unchanged`, and its change is not made again, whatever has happened to the booking since. null: the
   * engine generates one, which protects its own retries.
   */
  key: string | null
  /** cancel: the reason of the cancellation; confirm: the reason of the visit (null: as in the hold). */
  reason: string | null
  /** confirm, not of a request: the patient, who may not be known when the hold is created. Absent: as in the hold. */
  patient?: AnsweringPatient | null
  /** link: that of the bearer of the manage token that proves it. */
  access?: BookingAccess | null
  /**
   * The version of the booking by which the caller decided that it may change: another version is not changed. null or
   * absent: what is written was judged by itself, or nothing was.
   */
  judgedVersion?: number | null
  /** confirm: as in a claim. */
  knownBy?: PatientKnownBy | null
}

export type SettleOutcome =
  | SettledOutcome
  /** confirm: the time of a request that holds nothing cannot be booked. */
  | VisitRefusal

/** The outcomes of a change that claims nothing. */
export type SettledOutcome =
  /** The `position` of one that is unchanged is that of its last change. */
  | BookingChanged
  /** It is not the version that was judged any more: it is to be read and judged again. */
  | { kind: 'booking_changed' }
  /** It was extended as often as the clinic allows. */
  | { kind: 'already_extended'; booking: Booking }
  /** extend: it was extended, and somebody on the waitlist would be offered its units. */
  | { kind: 'place_awaited'; booking: Booking }
  /** confirm: the hold was created without a patient, and the request names none. */
  | { kind: 'patient_missing'; booking: Booking }
  /** confirm, of a request, with a patient: the clinic approves what was requested, and corrects it otherwise. */
  | { kind: 'request_corrected'; booking: Booking }
  | PatientBooked
  /** confirm: the account or a contact has asked for this time of the doctor, and waits for the clinic's answer. */
  | { kind: 'already_requested'; booking: Booking }
  /** confirm */
  | AnswerRefused
  /** The clinic's cancellation deadline has passed. */
  | { kind: 'past_deadline'; booking: Booking }
  /** arrive before the slot's local day, or no_show before its start. */
  | { kind: 'too_early'; booking: Booking }
  /**
   * reopen: the slot was withdrawn, and bookings in it are not CONFIRMED any more; confirm, of a request: the slot was
   * closed meanwhile, such as by a closure.
   */
  | { kind: 'slot_closed'; why: SlotClosedReason }
  /** link: the booking belongs to another account. */
  | { kind: 'booking_has_account' }
  | NotDone

/** Moves a booking to another slot of its clinic in one atomic step. */
export type MoveRequest = {
  bookingId: string
  slotId: string
  actorId: string | null
  /** The same as in {@link SettleRequest}: the cancellation deadline applies to moves too. */
  onBehalf: boolean
  /** The same as in {@link SettleRequest}; absent: null. */
  key?: string | null
  /** The same as in a claim. */
  knownBy?: PatientKnownBy | null
  /** The same as in a claim. */
  addsPlaces?: boolean
  access?: BookingAccess | null
}

/** Moves a booking to another time of an open session of its clinic, in one atomic step. */
export type TimeMoveRequest = Omit<MoveRequest, 'slotId' | 'addsPlaces'> & {
  sessionId: string
  startsAt: Date
  /** null: the type of the visit that is moved. */
  visitTypeId: string | null
  /** To what its type asks. What is stored for the same questions stays. Absent: nothing is answered anew. */
  answers?: SentAnswer[] | undefined
}

export type TimeMoveOutcome =
  | MoveOutcome
  | TimeRefusal
  /** What was sent and stored lacks an answer that the type requires. */
  | AnswerRefused

export type MoveOutcome =
  /** `added`: the capacity of a slot that got places. */
  | { kind: 'done'; booking: Booking; position: string; added?: { capacity: number } }
  /**
   * The request was repeated, or the booking is there already. `position` is that of the booking's last change.
   * `added`: with `addsPlaces`, if the request was repeated: the earlier try may have added some.
   */
  | { kind: 'unchanged'; booking: Booking; position: string; added?: 'unknown' }
  | { kind: 'booking_missing' }
  | { kind: 'booking_erased' }
  | { kind: 'slot_missing' }
  | { kind: 'slot_full' }
  | { kind: 'slot_closed'; why: SlotClosedReason }
  | { kind: 'units_over_capacity'; capacity: number }
  | { kind: 'appointment_type_not_offered' }
  /** The visit of a type is longer than the fixed slot. */
  | { kind: 'time_not_offered' }
  /** It is a request, or of a patient to a visit type that needs approval. */
  | { kind: 'approval_required' }
  | { kind: 'hold_expired'; booking: Booking }
  /** An offer of the waitlist moves once it is accepted. */
  | { kind: 'offer_open'; booking: Booking }
  | { kind: 'invalid_transition'; booking: Booking }
  | { kind: 'past_deadline'; booking: Booking }
  | PatientBooked
  | NotDone
