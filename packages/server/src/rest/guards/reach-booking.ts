import { type Booking, type BookingAccess, clinicNoIn, type ManageAccess, type TokenRenewal } from '@holdfast/engine'
import type { ApiKeyPrincipal, Principal } from '../../edge/authentication/principal.ts'
import { type ProblemError, problem } from '../../edge/errors/problem-error.ts'
import type { RestDeps } from '../rest-deps.ts'
import { freshKey, isUnguessable, keyDigest, type SentKey } from '../sent-key.ts'
import {
  actorIn,
  type ClinicActor,
  lacksSecondFactor,
  requireAccount,
  requireCredential,
  secondFactorRequired,
} from './access.ts'

/** How the caller has access to a booking. */
export type BookingReach = {
  /** `patient`: by its manage token or as its account; `desk`: as a member of the clinic. */
  as: 'patient' | 'desk'
  /** null: the bearer of the manage token. */
  actorId: string | null
  /** null: not read, for the bearer of the manage token. */
  booking: Booking | null
  /** With what a write compares again, under the booking's lock, whether the caller may make it. */
  access: BookingAccess | null
}

/**
 * Access to a booking: the bearer of its manage token, its account, the clinic's staff and admins, and the doctor whose
 * calendar it is in. For everybody else it does not exist. A case in an operating room is a booking too, but is not
 * read or changed as an appointment: it is hidden from every caller, so the booking is always read.
 */
export async function reachBooking(deps: RestDeps, principal: Principal, bookingId: string): Promise<BookingReach> {
  requireCredential(principal)
  const clinicNo = clinicNoIn(bookingId)
  if (clinicNo === null) throw bookingNotFound(bookingId)
  if (principal.kind === 'api_key') return reachByKey(deps, principal, bookingId)
  if (principal.kind !== 'account') {
    const access = principal.kind === 'manage_token' ? await accessByToken(deps, bookingId, principal.token) : null
    if (access === null) throw bookingNotFound(bookingId)
    return { as: 'patient', actorId: null, booking: null, access }
  }
  const { accountId } = principal
  const actor = actorIn(principal, clinicNo)
  const booking = await requireAppointment(deps, bookingId)
  if (actor !== null && isShownTo(actor, booking)) {
    return { as: 'desk', actorId: accountId, booking, access: accessOfMember(actor) }
  }
  if (booking.accountId === accountId) return { as: 'patient', actorId: accountId, booking, access: { accountId } }
  if (lacksSecondFactor(principal, clinicNo)) throw secondFactorRequired()
  throw bookingNotFound(bookingId)
}

/** An API key reaches every booking of its clinic as the desk does. */
async function reachByKey(deps: RestDeps, principal: ApiKeyPrincipal, bookingId: string): Promise<BookingReach> {
  const actor = actorIn(principal, clinicNoIn(bookingId))
  if (actor === null) throw bookingNotFound(bookingId)
  const booking = await requireAppointment(deps, bookingId)
  return { as: 'desk', actorId: actor.accountId, booking, access: accessOfMember(actor) }
}

/** Whether a member of the clinic sees a booking: those with the role doctor see only bookings with themselves. */
export function isShownTo({ role, doctorId }: ClinicActor, booking: Pick<Booking, 'doctorId'>): boolean {
  return role !== 'doctor' || booking.doctorId === doctorId
}

/** The access of a member of the clinic; null: to all of its bookings and entries. */
export function accessOfMember({ role, doctorId }: ClinicActor): BookingAccess | null {
  return role === 'doctor' && doctorId !== null ? { doctorId } : null
}

/** The booking with this id, which is no case. @throws ProblemError */
async function requireAppointment(deps: RestDeps, bookingId: string): Promise<Booking> {
  const booking = await deps.engine.reads.booking(bookingId)
  if (booking === null) throw bookingNotFound(bookingId)
  return booking
}

/**
 * The access by a manage token; null: it is not valid for the booking: it was renewed since, is not of the account that
 * the booking belongs to now, or a day has passed since the visit or the cancellation.
 */
async function accessByToken(
  { engine, manageTokens }: RestDeps,
  bookingId: string,
  token: string,
): Promise<BookingAccess | null> {
  return accessByTokenWith(manageTokens, await engine.manageTokenEpochs.access(bookingId), bookingId, token)
}

/** The access by a token to a booking or an entry of a waitlist; null: it is not valid. As isTokenWith. */
export function accessByTokenWith(
  manageTokens: RestDeps['manageTokens'],
  access: ManageAccess | null,
  id: string,
  token: string,
): BookingAccess | null {
  if (access === null || !isTokenWith(manageTokens, access, id, token)) return null
  return { accountId: access.accountId, tokenEpoch: access.epoch }
}

/** Whether a token is valid for a booking or an entry of a waitlist, with what decides which of its tokens is. */
export function isTokenWith(
  manageTokens: RestDeps['manageTokens'],
  access: ManageAccess | null,
  id: string,
  token: string,
): boolean {
  return access !== null && !access.isOver && manageTokens.verify(id, access, token)
}

/**
 * What a renewal by the bearer of a token requires: the token is valid, or a renewal with this key has voided it
 * within the last ten minutes. null: neither.
 */
export function renewalByBearer(
  manageTokens: RestDeps['manageTokens'],
  access: ManageAccess | null,
  renewed: { id: string; token: string; renewalKey: string },
): TokenRenewal | null {
  const { id, token, renewalKey } = renewed
  if (access === null || access.isOver) return null
  const { accountId } = access
  const isRetry = access.renewalKey === renewalKey
  const epochs = isRetry ? [access.epoch, access.epoch - 1] : [access.epoch]
  const epoch = epochs.find((one) => manageTokens.verify(id, { accountId, epoch: one }, token))
  return epoch === undefined ? null : { id, accountId, epoch, renewalKey }
}

/** The key of a request to renew a token. */
export function renewalKeyOf(key: SentKey | null, operationId: string, id: string): string {
  // The bearer of the voided token must not know the key.
  const isRetriable = key !== null && isUnguessable(key.key)
  return isRetriable ? keyDigest(key, `${operationId} ${id}`) : freshKey()
}

/** The same, without the clinic's people: they get no token of a patient. */
export async function reachBookingAsPatient(
  deps: RestDeps,
  { principal, params: { bookingId }, key }: KeyedCall,
): Promise<TokenRenewal> {
  const renewalKey = renewalKeyOf(key, 'renewManageToken', bookingId)
  if (principal.kind === 'manage_token') {
    const access = await deps.engine.manageTokenEpochs.access(bookingId)
    const { token } = principal
    const renewal = renewalByBearer(deps.manageTokens, access, { id: bookingId, token, renewalKey })
    if (renewal === null) throw bookingNotFound(bookingId)
    return renewal
  }
  const { accountId } = requireAccount(principal)
  const booking = await requireAppointment(deps, bookingId)
  if (booking.accountId === accountId) return { id: bookingId, accountId, epoch: null, renewalKey }
  await reachBooking(deps, principal, bookingId)
  throw problem('forbidden', 'Only the patient can do this.')
}

/**
 * Access to erase a booking's patient: the clinic's admins, and the account that it belongs to. Once it is erased, it
 * belongs to nobody: a retry by the account is known by its key.
 */
export async function reachBookingToErase(
  deps: RestDeps,
  { principal, params: { bookingId }, key }: KeyedCall,
): Promise<BookingReach> {
  if (principal.kind === 'api_key') return reachByKey(deps, principal, bookingId)
  if (principal.kind !== 'account') {
    await reachBooking(deps, principal, bookingId)
    throw problem('forbidden', 'A manage token is not enough for this: sign in with the account of the booking.')
  }
  const { accountId } = principal
  const actor = actorIn(principal, clinicNoIn(bookingId))
  const booking = await requireAppointment(deps, bookingId)
  if (actor?.role === 'admin' || actor?.role === 'site_administrator') {
    return { as: 'desk', actorId: accountId, booking, access: null }
  }
  const isOwn =
    booking.accountId === accountId ||
    (key !== null && (await deps.engine.erasures.wasErasedBy(bookingId, erasureKey(key, bookingId))))
  if (isOwn) return { as: 'patient', actorId: accountId, booking, access: { accountId } }
  await reachBooking(deps, principal, bookingId)
  throw problem('forbidden', 'Only admins of the clinic, and the patient’s own account, can do this.')
}

/** The digest of the key of a request to erase this booking. */
export function erasureKey(key: SentKey, bookingId: string): string {
  return keyDigest(key, `erasePatient ${bookingId}`)
}

type KeyedCall = { principal: Principal; params: { bookingId: string }; key: SentKey | null }

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
