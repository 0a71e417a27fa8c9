import type { Booking, Patient } from './booking.ts'
import type { Overloaded, SlotClosedWhy } from './claim.ts'

/**
 * `reopen` takes a mark back: ARRIVED and NO_SHOW become CONFIRMED, COMPLETED becomes ARRIVED. `link` gives a guest's
 * booking, whatever its state, to the account that acts.
 */
export type SettleAction = 'confirm' | 'cancel' | 'extend' | 'arrive' | 'complete' | 'no_show' | 'reopen' | 'link'

/** One change of a booking's state that needs no other slot. */
export type SettleRequest = {
  bookingId: string
  action: SettleAction
  /** The account that acts; null: the holder of the manage token. link: whose the booking becomes, never null. */
  actorId: string | null
  /** true for the clinic's own people: the clinic's cancellation deadline binds patients, not them. */
  onBehalf: boolean
  /** extend only: the retry's digest; the same key again is told `unchanged` instead of `already_extended`. */
  key: string | null
  /** Of a cancellation; with confirm, why the patient comes (null: as the hold says). */
  reason: string | null
  /** confirm only: who comes, as a hold is made before that is known. Absent: as the hold says. */
  patient?: Patient | null
}

export type SettleOutcome =
  | { kind: 'done'; booking: Booking; position: string }
  /**
   * It already was so: confirm, cancel, arrive, complete, no_show, link or the same extension, repeated; or not marked.
   */
  | { kind: 'unchanged'; booking: Booking }
  | { kind: 'booking_missing' }
  | { kind: 'hold_expired'; booking: Booking }
  | { kind: 'invalid_transition'; booking: Booking }
  | { kind: 'already_extended'; booking: Booking }
  /** The clinic's cancellation deadline has passed. */
  | { kind: 'past_deadline'; booking: Booking }
  /** arrive before the slot's local day, or no_show before its start. */
  | { kind: 'too_early'; booking: Booking }
  /** link: it is another account's. */
  | { kind: 'booking_has_account' }
  | Overloaded

/** Move a booking to another slot of its clinic: one atomic step, both slots' capacities kept. */
export type MoveRequest = {
  bookingId: string
  slotId: string
  actorId: string | null
  /** As in {@link SettleRequest}: a move away is held to the cancellation deadline too. */
  onBehalf: boolean
}

export type MoveOutcome =
  /** `fromDoctorId`: whose slot it left. */
  | { kind: 'done'; booking: Booking; position: string; fromDoctorId: string }
  /** It already is in that slot. */
  | { kind: 'unchanged'; booking: Booking }
  | { kind: 'booking_missing' }
  | { kind: 'slot_missing' }
  | { kind: 'slot_full' }
  | { kind: 'slot_closed'; why: SlotClosedWhy }
  | { kind: 'units_over_capacity'; capacity: number }
  | { kind: 'appointment_type_not_offered' }
  | { kind: 'hold_expired'; booking: Booking }
  | { kind: 'invalid_transition'; booking: Booking }
  | { kind: 'past_deadline'; booking: Booking }
  | Overloaded
