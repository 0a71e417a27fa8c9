import {
  type AdmissionOutcome,
  type BookingOrigin,
  type ClaimRequest,
  clinicNoIn,
  DatabaseUnavailable,
  type Engine,
  normalizedEmail,
  type Patient,
  type SettleOutcome,
  type TimeClaimOutcome,
} from '@holdfast/engine'
import type { AccountPrincipal } from '../../accounts/sessions/principals.ts'
import { networkOf } from '../../audit/network-prefix.ts'
import type { Principal } from '../../edge/authentication/principal.ts'
import { ProblemError } from '../../edge/errors/problem-error.ts'
import type { BookingOrigins } from '../../secrets/booking-origins.ts'
import { actorIn } from '../guards/access.ts'
import { refusalProblem } from '../responses/outcome-problems.ts'
import type { RestDeps } from '../rest-deps.ts'
import { freshKey } from '../sent-key.ts'

/** An IPv6 customer may have a /56, or a /48, which has four times the limit. */
const addressBits = 56

type Caller = { principal: Principal; ip: string }

/**
 * Claims units of a slot, or a visit, if the clinic's booking limits allow it: makes a reservation against them first,
 * and releases it if nothing was booked.
 *
 * @throws ProblemError too_many_bookings, too_many_units, overloaded
 */
export async function claimWithinLimits(
  engine: Engine,
  bookingOrigins: BookingOrigins,
  caller: Caller,
  request: Pick<ClaimRequest, 'bookingId' | 'key' | 'units' | 'confirm' | 'patient' | 'times'> & {
    visitTypeId?: string
  },
  claim: () => Promise<TimeClaimOutcome>,
): Promise<TimeClaimOutcome> {
  const { bookingId, key, units, confirm, patient, times, visitTypeId } = request
  const origins = [...originsOfCaller(bookingOrigins, caller), ...contactsOf(bookingOrigins, caller, patient)]
  requireAdmitted(await engine.admit({ bookingId, key, units, confirm, origins, times, visitTypeId }))
  try {
    const outcome = await claim()
    if (outcome.kind !== 'booked') engine.release({ bookingId, origins })
    return outcome
  } catch (error) {
    const isKnown = error instanceof DatabaseUnavailable ? !error.outcomeUnknown : error instanceof ProblemError
    if (isKnown) engine.release({ bookingId, origins })
    throw error
  }
}

/**
 * For a guest's confirmation that also supplies the patient: makes a reservation against the limits for the patient's
 * e-mail address and phone number. Other bookings keep the patient that they have.
 *
 * @returns a function to call with the outcome, which releases what was reserved for contacts that the booking did not
 *   get; null: nothing was reserved
 */
export async function admitContact(
  { engine, bookingOrigins, hasBookingLimits }: RestDeps,
  ip: string,
  bookingId: string,
  patient: Patient,
): Promise<((outcome: SettleOutcome) => void) | null> {
  if (!hasBookingLimits) return null
  const contactsIn = (of: Patient) => contactsOf(bookingOrigins, { principal: { kind: 'anonymous' }, ip }, of)
  const origins = contactsIn(patient)
  if (origins.length === 0) return null
  const booking = await engine.reads.booking(bookingId)
  // A request is confirmed again, and changes nothing.
  if (booking?.status !== 'PENDING' || booking.requestedAt !== null) return null
  const { visitTypeId } = booking
  requireAdmitted(await engine.admit({ bookingId, key: freshKey(), units: 1, confirm: true, origins, visitTypeId }))
  return (outcome) => {
    // If there are two confirmations at once, only one changes the booking, and both have made reservations for it:
    // what the booking has stays reserved. Without a booking in the outcome, the reservation ends after two minutes.
    if (outcome.kind === 'done' || !('booking' in outcome)) return
    const booked = new Set(contactsIn(outcome.booking.patient).map(({ subject }) => subject))
    engine.release({ bookingId, origins: origins.filter(({ subject }) => !booked.has(subject)) })
  }
}

/**
 * Links a guest's booking to an account if the account's limits allow it: otherwise one person could book as a guest
 * again and again, and have all bookings in one account. The limits do not apply to members of the clinic, to a booking
 * that has an account already, or to one that has begun or is no longer PENDING or CONFIRMED.
 *
 * @param key the digest of the link's key
 * @throws ProblemError too_many_bookings, overloaded
 */
export async function linkWithinLimits(
  { engine, hasBookingLimits }: RestDeps,
  principal: AccountPrincipal,
  { bookingId, key }: { bookingId: string; key: string },
  link: () => Promise<SettleOutcome>,
): Promise<SettleOutcome> {
  if (!hasBookingLimits || actorIn(principal, clinicNoIn(bookingId)) !== null) return link()
  const booking = await engine.reads.booking(bookingId)
  if (booking === null || booking.accountId !== null) return link()
  const { status, startsAt, visitTypeId } = booking
  if ((status !== 'PENDING' && status !== 'CONFIRMED') || startsAt <= new Date()) return link()
  const origins = [accountOrigin(principal)]
  // A confirmed booking is no request any more.
  const confirm = status === 'CONFIRMED'
  const asked = confirm ? null : visitTypeId
  requireAdmitted(await engine.admit({ bookingId, key, units: 1, confirm, origins, visitTypeId: asked }))
  // If it fails, the reservation ends after two minutes, or when another account gets the booking: another try may be
  // under way, here or on another server.
  return link()
}

function requireAdmitted(outcome: AdmissionOutcome): void {
  if (outcome.kind !== 'admitted') throw refusalProblem(outcome)
}

/** Signed-in callers are counted separately: a guest must not keep those behind the same address from booking. */
export function originsOfCaller(origins: BookingOrigins, { principal, ip }: Caller): BookingOrigin[] {
  const address = networkOf(ip, addressBits)
  const network = networkOf(ip, 48)
  const who = principal.kind === 'account' ? 'accounts at ' : ''
  return [
    origins.of('address', who + address),
    // The two are the same for IPv4.
    ...(network === address ? [] : [origins.of('network', who + network)]),
    ...(principal.kind === 'account' ? [accountOrigin(principal)] : []),
  ]
}

/** Its id, which the booking has too: a reservation for a booking of another account does not count. */
function accountOrigin({ accountId }: AccountPrincipal): BookingOrigin {
  return { kind: 'account', subject: accountId }
}

/**
 * The patient's e-mail address and phone number, each together with the client's network: otherwise a stranger on
 * another network could use up the limit of somebody's contact. For a signed-in caller, the account's own e-mail
 * address and the phone number are not counted; the account is counted instead.
 */
export function contactsOf(
  origins: BookingOrigins,
  { principal, ip }: Caller,
  { email, phone }: Patient,
): BookingOrigin[] {
  const mailbox = email === undefined ? undefined : normalizedEmail(email)
  const isOwn = principal.kind === 'account' && principal.email.toLowerCase() === mailbox
  const digits = phone?.replaceAll(/\D/g, '') ?? ''
  const contacts = [
    ...(mailbox === undefined || isOwn ? [] : [mailbox]),
    ...(digits === '' || principal.kind === 'account' ? [] : [digits]),
  ]
  return contacts.map((contact) => origins.of('contact', `${contact} ${networkOf(ip, addressBits)}`))
}
