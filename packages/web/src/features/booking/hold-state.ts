import type { Booking, Slot } from '@holdfast/contract/client'
import { RefusedError } from '../../lib/api-error.ts'
import type { Attempt } from './attempt.ts'

/** How a try stands. */
export type HoldState =
  | { kind: 'choosing' }
  /** Asked for, and not yet answered; `error` is what went wrong last, and it may be asked for again. */
  | { kind: 'requesting'; attempt: Attempt; error: unknown }
  /** `holdExpiresAt`: RFC 3339, by the server's clock. */
  | { kind: 'held'; attempt: Attempt; holdExpiresAt: string; isExtended: boolean }
  | { kind: 'expired'; attempt: Attempt }
  /** Somebody else has it, or it can't be booked any more. */
  | { kind: 'unavailable'; attempt: Attempt; error: unknown; alternatives: Slot[] }
  | { kind: 'confirmed'; attempt: Attempt; booking: Booking }

/** What a booking that was asked about says of its try. */
export function stateOfBooking(attempt: Attempt, booking: Booking): HoldState {
  if (booking.status === 'PENDING' && booking.holdExpiresAt !== null) {
    return { kind: 'held', attempt, holdExpiresAt: booking.holdExpiresAt, isExtended: booking.extended }
  }
  if (booking.status === 'FAILED') return { kind: 'expired', attempt }
  return booking.status === 'CONFIRMED' ? { kind: 'confirmed', attempt, booking } : { kind: 'choosing' }
}

const mayBeTriedAgain = new Set(['rate_limited', 'overloaded', 'unavailable', 'internal_error', 'request_timeout'])

/** What a try is after its hold was refused, or no answer came. */
export function stateAfterRefusal(attempt: Attempt, error: unknown): HoldState {
  if (!(error instanceof RefusedError) || mayBeTriedAgain.has(error.problem.code)) {
    return { kind: 'requesting', attempt, error }
  }
  return { kind: 'unavailable', attempt, error, alternatives: error.problem.alternatives ?? [] }
}
