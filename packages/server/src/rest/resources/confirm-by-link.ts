import {
  type Booking,
  clinicNoOf,
  type LinkOutcome,
  normalizedEmail,
  type Overloaded,
  type Patient,
} from '@holdfast/engine'
import { invalidRequest } from '../../edge/bodies/validator.ts'
import { problem } from '../../edge/errors/problem-error.ts'
import type { BookingReach } from '../guards/reach-booking.ts'
import { refusalProblem } from '../responses/outcome-problems.ts'
import type { RestDeps } from '../rest-deps.ts'
import { keyDigest, type SentKey } from '../sent-key.ts'

/** A patient who asks that a booking be confirmed. `accountId`: null: a guest. */
type Asking = { clinicNo: number; accountId: string | null; patient: { email?: string | undefined } }

/**
 * Whether the booking is confirmed by a link in an e-mail: the clinic wants that, the booking has an e-mail address,
 * and the account, if it belongs to one, has not proven its address yet. Not without a mail server, because nobody
 * would get the link. The clinic's people confirm at once; this is not called for them.
 */
export async function isLinkRequired(deps: RestDeps, { clinicNo, accountId, patient }: Asking): Promise<boolean> {
  const { confirmationTokens, engine } = deps
  if (confirmationTokens === null || patient.email === undefined) return false
  if (!(await engine.bookingLinks.areRequired(clinicNo))) return false
  return accountId === null || !(await engine.bookingLinks.isVerified(accountId))
}

type Confirmation = {
  bookingId: string
  reach: BookingReach
  key: SentKey | null
  patient: Patient | null
  reason: string | null
}

/**
 * Instead of confirming a hold, has the link sent by which the patient confirms it.
 *
 * @returns null: no link is needed, so the hold is confirmed
 */
export async function requestLinkInstead(
  deps: RestDeps,
  { bookingId, reach, key, patient, reason }: Confirmation,
): Promise<SentOutcome | Overloaded | null> {
  if (deps.confirmationTokens === null || reach.as === 'desk') return null
  const current = patient ?? (await bookingIn(deps, bookingId, reach))?.patient
  if (current === undefined) return null
  const asking = { clinicNo: clinicNoOf(bookingId), accountId: reach.actorId, patient: current }
  if (!(await isLinkRequired(deps, asking))) return null
  const request = { bookingId, actorId: reach.actorId, patient, reason }
  return sendLink(deps, { ...request, key: key && keyDigest(key, `requestLink ${bookingId}`) })
}

type SentOutcome = Exclude<LinkOutcome, { kind: 'too_many_links' }>

/** Within the clinic's concurrency limit: the route itself is not. @throws ProblemError rate_limited */
export async function sendLink(
  { engine, limitClinic }: Pick<RestDeps, 'engine' | 'limitClinic'>,
  request: Parameters<RestDeps['engine']['bookingLinks']['request']>[0],
): Promise<SentOutcome | Overloaded> {
  const outcome = await limitClinic(clinicNoOf(request.bookingId), () => engine.bookingLinks.request(request))
  if (outcome.kind !== 'too_many_links') return outcome
  throw problem('rate_limited', 'The link was sent as often as possible for this booking.')
}

/**
 * Checks the secret of the link that was sent.
 *
 * @returns the booking
 * @throws ProblemError invalid_request, or if there is no such booking
 */
export async function requireConfirmationToken(
  deps: RestDeps,
  bookingId: string,
  reach: BookingReach,
  token: string,
): Promise<Booking> {
  const booking = await bookingIn(deps, bookingId, reach)
  if (booking === null) throw refusalProblem({ kind: 'booking_missing' })
  const isValid = deps.confirmationTokens?.verify(bookingId, booking.patient.email ?? '', token) ?? false
  if (isValid) return booking
  const message = 'is not the one that was sent last for this booking'
  throw invalidRequest([{ path: '/confirmationToken', message }])
}

/** Whoever confirms by a link that was sent to their account's address has proven that address. */
export async function noteProvenAddress(deps: RestDeps, { accountId, patient }: Booking): Promise<void> {
  if (accountId === null) return
  const account = (await deps.accounts.byIds([accountId])).get(accountId)
  if (account === undefined || account.email.toLowerCase() !== normalizedEmail(patient.email ?? '')) return
  await deps.engine.bookingLinks.verify(accountId)
}

async function bookingIn(deps: RestDeps, bookingId: string, reach: BookingReach): Promise<Booking | null> {
  return reach.booking ?? (await deps.engine.reads.booking(bookingId))
}
