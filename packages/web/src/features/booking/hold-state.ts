import type { Booking, ConfirmationLink, Slot } from '@holdfast/contract/client'
import { isRequest } from '../../domain/bookings/offered-actions.ts'
import type { Attempt } from '../../domain/hold/attempt.ts'
import { isFinal, RefusedError } from '../../lib/api/api-error.ts'

/** The link by which the patient has to confirm a hold, and where it was sent. */
export type HoldLink = ConfirmationLink & { email: string }

/** The state of an attempt. */
export type HoldState =
  | { kind: 'choosing' }
  /**
   * The hold was requested, without a response yet. `error` is the last failure, after which it can be requested again.
   */
  | { kind: 'requesting'; attempt: Attempt; error: unknown }
  /**
   * `holdExpiresAt`: RFC 3339, by the server's clock. `link`: the patient has to confirm it by a link in an e-mail;
   * null: it is confirmed here.
   */
  | { kind: 'held'; attempt: Attempt; holdExpiresAt: string; link: HoldLink | null }
  | { kind: 'expired'; attempt: Attempt }
  /** Somebody else has the slot, or it can no longer be booked. */
  | { kind: 'unavailable'; attempt: Attempt; error: unknown; alternatives: Slot[] }
  /** Or requested, where the clinic has to agree. */
  | { kind: 'confirmed'; attempt: Attempt; booking: Booking }

/** The state of an attempt, derived from its booking. */
export function stateOfBooking(attempt: Attempt, booking: Booking): HoldState {
  // The clinic answers it, and the ticket says so.
  if (isRequest(booking)) return { kind: 'confirmed', attempt, booking }
  if (booking.status === 'PENDING' && booking.holdExpiresAt !== null) {
    const { holdExpiresAt, confirmationLink, patient } = booking
    const link = confirmationLink === undefined ? null : { ...confirmationLink, email: patient.email ?? '' }
    return { kind: 'held', attempt: { ...attempt, holdExpiresAt }, holdExpiresAt, link }
  }
  if (booking.status === 'FAILED') return { kind: 'expired', attempt }
  return booking.status === 'CONFIRMED' ? { kind: 'confirmed', attempt, booking } : { kind: 'choosing' }
}

/** The state of an attempt after its hold was refused or no response arrived. */
export function stateAfterRefusal(attempt: Attempt, error: unknown): HoldState {
  if (!isFinal(error)) return { kind: 'requesting', attempt, error }
  const alternatives = error instanceof RefusedError ? (error.problem.alternatives ?? []) : []
  return { kind: 'unavailable', attempt, error, alternatives }
}
