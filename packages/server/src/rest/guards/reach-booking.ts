import { type Booking, clinicNoIn } from '@holdfast/engine'
import type { Principal } from '../../edge/principal.ts'
import { type ProblemError, problem } from '../../edge/problem-error.ts'
import type { RestDeps } from '../rest-deps.ts'
import { actorIn, requireCredential } from './access.ts'

/** How the caller has access to a booking. */
export type BookingReach = {
  /** `patient`: by its manage token or as its account; `desk`: as a member of the clinic. */
  as: 'patient' | 'desk'
  /** null: the bearer of the manage token. */
  actorId: string | null
  /** The booking, if the decision needed it. */
  booking: Booking | null
}

/**
 * Access to a booking: the bearer of its manage token, its account, the clinic's staff and admins, and the doctor whose
 * calendar it is in. For everybody else it does not exist. For the token, staff and admins this takes no query.
 */
export async function reachBooking(deps: RestDeps, principal: Principal, bookingId: string): Promise<BookingReach> {
  requireCredential(principal)
  const clinicNo = clinicNoIn(bookingId)
  if (clinicNo === null) throw bookingNotFound(bookingId)
  if (principal.kind !== 'account') {
    const isBearer = principal.kind === 'manage_token' && deps.manageTokens.verify(bookingId, principal.token)
    if (!isBearer) throw bookingNotFound(bookingId)
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

/** The same, without the patient. */
export async function reachBookingAsDesk(
  deps: RestDeps,
  principal: Principal,
  bookingId: string,
): Promise<BookingReach> {
  const reach = await reachBooking(deps, principal, bookingId)
  if (reach.as !== 'desk') throw problem('forbidden', 'Only members of the clinic can do this.')
  return reach
}

export function bookingNotFound(bookingId: string): ProblemError {
  return problem('booking_not_found', `There is no booking ${bookingId}.`)
}
