import type { Booking } from '@holdfast/engine'
import type { Principal } from '../../edge/principal.ts'
import { type ProblemError, problem } from '../../edge/problem-error.ts'
import type { RestDeps } from '../rest-deps.ts'
import { actorIn, clinicNoIn, requireCredential } from './access.ts'

/** As whom somebody reaches a booking. */
export type BookingReach = {
  /** `patient`: by manage token or as the booking's account; `desk`: one of the clinic's people. */
  as: 'patient' | 'desk'
  /** null: the manage token's holder. */
  actorId: string | null
  /** Where it had to be read to decide. */
  booking: Booking | null
}

/**
 * Who may touch a booking: the holder of its manage token, its account, the clinic's staff and admins, and a doctor
 * whose calendar it is in. Everybody else hears what a made-up id is answered. Token, staff and admin are decided
 * without a query.
 */
export async function reachBooking(deps: RestDeps, principal: Principal, bookingId: string): Promise<BookingReach> {
  requireCredential(principal)
  const clinicNo = clinicNoIn(bookingId)
  if (clinicNo === null) throw bookingNotFound(bookingId)
  if (principal.kind !== 'account') {
    const isHolder = principal.kind === 'manage_token' && deps.manageTokens.verify(bookingId, principal.token)
    if (!isHolder) throw bookingNotFound(bookingId)
    return { as: 'patient', actorId: null, booking: null }
  }
  const { accountId } = principal
  const actor = actorIn(principal, clinicNo)
  if (actor !== null && actor.role !== 'doctor') return { as: 'desk', actorId: accountId, booking: null }
  const booking = await deps.engine.reads.booking(bookingId)
  if (booking === null) throw bookingNotFound(bookingId)
  if (actor !== null && booking.doctorId === actor.doctorId) return { as: 'desk', actorId: accountId, booking }
  if (booking.accountId === accountId) return { as: 'patient', actorId: accountId, booking }
  throw bookingNotFound(bookingId)
}

export function bookingNotFound(bookingId: string): ProblemError {
  return problem('booking_not_found', `There is no booking ${bookingId}.`)
}
