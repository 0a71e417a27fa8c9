import type { AppointmentType, BookingStatus, MessageLanguage } from '@holdfast/vocabulary'
import type { BookedAnswer } from './visit-question.ts'

/**
 * Why there is no appointment. `hold_released`: CANCELLED before it was confirmed; `time_taken`: CANCELLED, because the
 * clinic has approved another request for the time of one that held nothing; the others: FAILED. `slot_closed`:
 * an offer of the waitlist ended, because the doctor is busy then or takes no bookings any more.
 */
export type FailureReason =
  | 'hold_expired'
  | 'slot_withdrawn'
  | 'slot_closed'
  | 'time_taken'
  | 'system_error'
  | 'hold_released'

/** `patient`: the holder of the manage token, or the account of the booking; `clinic`: any other account. */
export type CancelledBy = 'patient' | 'clinic'

/**
 * The patient's contact details. Stored as JSON with the booking and nowhere else: never in events or logs. The name of
 * a hold's patient may be empty, which is not known yet; a confirmed booking has one.
 * `language` is that of messages to the patient.
 */
export type Patient = { name: string; email?: string; phone?: string; language?: MessageLanguage }

/** With the answers to what the visit type asked. Absent: it was not asked anything, or the hold is not judged yet. */
export type BookedPatient = Patient & { answers?: BookedAnswer[] }

/**
 * The current state of a booking. A PENDING booking whose hold has lapsed reads as FAILED with `hold_expired`, even
 * before the sweeper has run: expiry is a predicate on the database's clock.
 */
export type Booking = {
  id: string
  clinicNo: number
  clinicId: string
  doctorId: string
  slotId: string
  status: BookingStatus
  failureReason: FailureReason | null
  /** 0: a request that holds nothing until the clinic approves it. */
  units: number
  startsAt: Date
  endsAt: Date
  /** When the hold ends; null once the booking is no longer PENDING. */
  holdExpiresAt: Date | null
  extended: boolean
  accountId: string | null
  appointmentType: AppointmentType
  patient: BookedPatient
  reason: string | null
  cancellationReason: string | null
  version: number
  createdAt: Date
  updatedAt: Date
  /** When the patient was erased: since then the patient has no name, and nothing of the booking changes. */
  erasedAt: Date | null
  /** When the patient said that they come to this slot; null: not, or of another slot. Only a move takes it back. */
  attendanceConfirmedAt: Date | null
  /** What is booked in an open session; null: a slot was booked. */
  visitTypeId: string | null
  /** The open session that the visit is in; null: a slot was booked. */
  sessionId: string | null
  /**
   * When the patient asked for it, at a visit type that needs approval: while it is PENDING, the clinic has not
   * answered, and its hold ends when it must have. null: nobody had to ask.
   */
  requestedAt: Date | null
}

/** The outcomes that every change of one booking has. `Unchanged`: what else is known of one that changed nothing. */
export type BookingChanged<Unchanged = unknown> =
  | { kind: 'done'; booking: Booking; position: string }
  /** It is so already, or the request was repeated: the booking may have been changed since. */
  | ({ kind: 'unchanged'; booking: Booking; position: string } & Unchanged)
  | { kind: 'booking_missing' }
  /** The patient was erased. */
  | { kind: 'booking_erased' }
  | { kind: 'hold_expired'; booking: Booking }
  /** The booking's state does not allow it. */
  | { kind: 'invalid_transition'; booking: Booking }
