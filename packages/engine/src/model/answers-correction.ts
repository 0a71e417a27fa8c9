import type { Booking, BookingChanged } from './booking.ts'
import type { BookingAccess } from './booking-access.ts'
import type { AnswerRefused, SentAnswer } from './visit-question.ts'

/** Corrects answers to what the visit type asked. Those that are left out stay. */
export type CorrectAnswersRequest = {
  bookingId: string
  answers: SentAnswer[]
  /** Of the booking that was read. */
  version: number
  /** The account that acts; null: the bearer of the manage token. */
  actorId: string | null
  /**
   * A member of the clinic does it for the patient: until the visit's end, and may skip what is no consent, but gives
   * none.
   */
  byDesk: boolean
  /** As in `SettleRequest`; null: none was sent. */
  key: string | null
  access?: BookingAccess | null
}

export type CorrectAnswersOutcome =
  /** `isRepeated`: the request was carried out before. */
  | BookingChanged<{ isRepeated: boolean }>
  | { kind: 'past_deadline'; booking: Booking }
  | { kind: 'visit_over'; booking: Booking }
  /** It has another version. */
  | { kind: 'booking_outdated'; booking: Booking }
  | AnswerRefused
