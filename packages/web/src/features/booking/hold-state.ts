import type { Booking, Slot } from '@holdfast/contract/client'
import { isFinal, RefusedError } from '../../lib/api-error.ts'
import type { Attempt } from './attempt.ts'

/** The state of an attempt. */
export type HoldState =
  | { kind: 'choosing' }
  /**
   * The hold was requested, without a response yet. `error` is the last failure, after which it can be requested again.
   */
  | { kind: 'requesting'; attempt: Attempt; error: unknown }
  /** `holdExpiresAt`: RFC 3339, by the server's clock. */
  | { kind: 'held'; attempt: Attempt; holdExpiresAt: string }
  | { kind: 'expired'; attempt: Attempt }
  /** Somebody else has the slot, or it can no longer be booked. */
  | { kind: 'unavailable'; attempt: Attempt; error: unknown; alternatives: Slot[] }
  | { kind: 'confirmed'; attempt: Attempt; booking: Booking }

/** The state of an attempt, derived from its booking. */
export function stateOfBooking(attempt: Attempt, booking: Booking): HoldState {
  if (booking.status === 'PENDING' && booking.holdExpiresAt !== null) {
    return { kind: 'held', attempt, holdExpiresAt: booking.holdExpiresAt }
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
