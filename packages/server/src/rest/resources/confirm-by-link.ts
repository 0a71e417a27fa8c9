import {
  type AnsweringPatient,
  type Booking,
  clinicNoOf,
  type LinkOutcome,
  normalizedEmail,
  type Overloaded,
  type Patient,
  type SettleOutcome,
} from '@holdfast/engine'
import { invalidRequest } from '../../edge/bodies/validator.ts'
import { problem } from '../../edge/errors/problem-error.ts'
import type { BookingReach } from '../guards/reach-booking.ts'
import type { RestDeps } from '../rest-deps.ts'
import { keyDigest, type SentKey } from '../sent-key.ts'
import { asJudged } from './as-judged.ts'

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
  patient: AnsweringPatient | null
  reason: string | null
}

/**
 * Confirms a hold, or, if that needs a link, has the link sent by which the patient confirms it. A patient who is sent
 * with the request is what is judged and written; otherwise, the one in the hold, as long as it is the version that was
 * judged: another request may give the hold a patient who has to prove an address.
 *
 * @param confirm called if no link is needed, with that version
 */
export async function confirmOrRequestLink(
  deps: RestDeps,
  { bookingId, reach, key, patient, reason }: Confirmation,
  confirm: (judgedVersion: number | null) => Promise<SettleOutcome>,
): Promise<SentOutcome | SettleOutcome> {
  if (deps.confirmationTokens === null || reach.as === 'desk') return confirm(null)
  const write = async (judged: Patient, judgedVersion: number | null) => {
    const { actorId } = reach
    const asking = { clinicNo: clinicNoOf(bookingId), accountId: actorId, patient: judged }
    if (!(await isLinkRequired(deps, asking))) return confirm(judgedVersion)
    const request = { bookingId, actorId, patient, reason, judgedVersion, access: reach.access }
    return sendLink(deps, { ...request, key: key && keyDigest(key, `requestLink ${bookingId}`) })
  }
  if (patient !== null) return write(patient, null)
  return asJudged(deps, bookingId, reach, (booking) => write(booking.patient, booking.version))
}

type SentOutcome = Exclude<LinkOutcome, { kind: 'too_many_links' }>

/**
 * Sends the link within the clinic's concurrency limit: the route itself has none. @throws ProblemError rate_limited
 */
export async function sendLink(
  { engine, limitClinic }: Pick<RestDeps, 'engine' | 'limitClinic'>,
  request: Parameters<RestDeps['engine']['bookingLinks']['request']>[0],
): Promise<SentOutcome | Overloaded> {
  const outcome = await limitClinic(clinicNoOf(request.bookingId), () => engine.bookingLinks.request(request))
  if (outcome.kind !== 'too_many_links') return outcome
  throw problem('rate_limited', 'The link was sent as often as possible for this booking.')
}

/** Checks the secret of the link that was sent. @throws ProblemError invalid_request */
export function requireConfirmationToken(deps: RestDeps, { id, patient }: Booking, token: string): void {
  const isValid = deps.confirmationTokens?.verify(id, patient.email ?? '', token) ?? false
  if (isValid) return
  const message = 'is not the one that was sent last for this booking'
  throw invalidRequest([{ path: '/confirmationToken', message }])
}

/** Somebody who confirms by a link that was sent to their account's address has proven that address. */
export async function noteProvenAddress(deps: RestDeps, { accountId, patient }: Booking): Promise<void> {
  if (accountId === null) return
  const account = (await deps.accounts.byIds([accountId])).get(accountId)
  if (account === undefined || account.email.toLowerCase() !== normalizedEmail(patient.email ?? '')) return
  await deps.engine.bookingLinks.verify(accountId)
}
