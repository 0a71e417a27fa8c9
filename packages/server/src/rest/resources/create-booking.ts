import type { NewBookingBody, restOperations } from '@holdfast/contract'
import {
  type ClaimedBooking,
  type ClaimOutcome,
  type ClaimRequest,
  clinicNoIn,
  newId,
  type TimeClaimOutcome,
} from '@holdfast/engine'
import { invalidRequest } from '../../edge/bodies/validator.ts'
import { afterCommit } from '../../edge/errors/after-commit.ts'
import type { ProblemError } from '../../edge/errors/problem-error.ts'
import { type BookingTarget, targetOf } from '../guards/booking-target.ts'
import { timeText } from '../responses/bodies/time-text.ts'
import { bookingRequestHash } from '../responses/idempotency.ts'
import { refusalProblem } from '../responses/outcome-problems.ts'
import { patientBookedProblem } from '../responses/patient-booked-problem.ts'
import type { slotFullProblems } from '../responses/slot-full-problems.ts'
import type { RestDeps } from '../rest-deps.ts'
import { freshKey, keyDigest } from '../sent-key.ts'
import type { Input } from '../serve.ts'
import { recordAddedPlaces } from './added-places.ts'
import { claimWithAnyDoctor } from './any-doctor.ts'
import { claimWithinLimits } from './booking-admission.ts'
import { isLinkRequired, sendLink } from './confirm-by-link.ts'
import { writtenBookingBody } from './settle-booking.ts'

type CreateInput = Input<typeof restOperations.createBooking>

/** Claims a slot or a time, and sends the link by which a guest confirms, if the clinic wants one. */
export async function createBooking(deps: RestDeps, slotFull: ReturnType<typeof slotFullProblems>, input: CreateInput) {
  const isByLink = await isConfirmedByLink(deps, input)
  const outcome = await claim(deps, input, isByLink)
  const { slotId } = input.body
  if (outcome.kind === 'slot_full' && slotId !== undefined) throw await slotFull(input.request, wantedBy(input, slotId))
  if (outcome.kind !== 'booked' && outcome.kind !== 'replayed') throw await claimRefusal(deps, input, outcome)
  const createdBody = createdBookingBody(outcome.booking, tokenOf(deps, input, outcome.booking.id))
  const status = outcome.kind === 'booked' ? (201 as const) : (200 as const)
  if (isByLink && outcome.booking.status === 'PENDING') {
    const { booking, position } = await afterCommit(() => requestLink(deps, input, outcome.booking.id))
    const { holdExpiresAt, confirmationLink } = await writtenBookingBody(deps, booking)
    return {
      status,
      body: { ...createdBody, holdExpiresAt, ...(confirmationLink && { confirmationLink }) },
      position,
    }
  }
  return { status, body: createdBody, position: outcome.position }
}

function claimRefusal(
  deps: RestDeps,
  { field: bookedBy, request }: CreateInput,
  outcome: Exclude<TimeClaimOutcome, { kind: 'booked' | 'replayed' }>,
): Promise<ProblemError> | ProblemError {
  if (outcome.kind === 'slot_full') return refusalProblem(outcome, { alternatives: [] })
  if (outcome.kind !== 'patient_booked') return refusalProblem(outcome)
  const ownDoctorId = bookedBy?.role === 'doctor' ? bookedBy.doctorId : null
  return patientBookedProblem(deps, outcome, { deskId: bookedBy?.accountId ?? null, ip: request.ip, ownDoctorId })
}

/** What a claim wanted, of which others are the alternatives. */
function wantedBy({ body, field: bookedBy }: CreateInput, slotId: string) {
  const { units = 1, appointmentType = null } = body
  return { slotId, units, appointmentType, fromSlotId: null, sameDoctor: false, byDesk: bookedBy !== null }
}

/** The patient of a hold; the confirmation names the patient. */
const unknownPatient = { name: '' }

function claim(
  deps: RestDeps,
  { body, granted: principal, field: bookedBy, key, request }: CreateInput,
  isByLink: boolean,
): Promise<TimeClaimOutcome> | TimeClaimOutcome {
  const { engine, bookingOrigins, hasBookingLimits } = deps
  const target = targetOf(body)
  const clinicNo = clinicNoOfTarget(body)
  if (clinicNo === null) return { kind: 'slotId' in target ? 'slot_missing' : 'session_missing' }
  if (body.patient === undefined && body.confirm) {
    throw invalidRequest([{ path: '/patient', message: 'is required together with confirm' }])
  }
  const deskField = body.addsPlaces ? '/addsPlaces' : body.formerBookingId === undefined ? null : '/formerBookingId'
  if (deskField !== null && bookedBy === null) {
    throw invalidRequest([{ path: deskField, message: 'is allowed only together with onBehalf' }])
  }
  const wanted = {
    ...target,
    units: body.units ?? 1,
    patient: body.patient ?? unknownPatient,
    appointmentType: body.appointmentType ?? null,
    reason: body.reason ?? null,
    confirm: body.confirm ?? false,
  }
  const { formerBookingId } = body
  const byDesk = { onBehalf: true, formerBookingId, ...(body.addsPlaces ? { addsPlaces: true } : {}) } as const
  const accountId = principal.kind === 'account' && bookedBy === null ? principal.accountId : null
  const ofPatient = accountId === null ? null : 'account'
  const booker = bookedBy === null ? ofPatient : 'clinic'
  const claimRequest = {
    ...wanted,
    confirm: wanted.confirm && !isByLink,
    bookingId: newId(clinicNo),
    accountId,
    formerBookingId,
    formerDoctorId: bookedBy?.role === 'doctor' ? bookedBy.doctorId : null,
    actorId: bookedBy?.accountId ?? null,
    key: key === null ? freshKey() : keyDigest(key, 'createBooking'),
    requestHash: bookingRequestHash(bookedBy === null ? wanted : { ...wanted, ...byDesk }),
    // A hold is judged when it is confirmed, and a guest's name proves nothing.
    knownBy: body.refuseOverlap && wanted.confirm && !isByLink ? booker : null,
    times: request.times ?? undefined,
  } satisfies BookingTarget & Omit<ClaimRequest, 'slotId'>
  if (body.addsPlaces && 'slotId' in claimRequest) {
    const adding = { slotId: claimRequest.slotId, actorId: claimRequest.actorId, ip: request.ip }
    const slotRequest = { ...claimRequest, addsPlaces: true }
    // These claims are in no queue of the engine.
    return deps.limitClinic(clinicNo, () =>
      recordAddedPlaces<ClaimOutcome>(deps, adding, () => engine.claim(slotRequest)),
    )
  }
  const claiming = () => {
    if ('slotId' in claimRequest) return engine.claim(claimRequest)
    return 'clinicId' in claimRequest ? claimWithAnyDoctor(engine, claimRequest) : engine.claimTime(claimRequest)
  }
  // The clinic's people are not limited. `ip` is computed at each access, so it is read only where it is needed.
  if (!hasBookingLimits || bookedBy !== null) return claiming()
  return claimWithinLimits(engine, bookingOrigins, { principal, ip: request.ip }, claimRequest, claiming)
}

function clinicNoOfTarget({ slotId, sessionId, clinicId }: NewBookingBody): number | null {
  return clinicNoIn(slotId ?? sessionId ?? clinicId ?? '')
}

/** A booking that is to be confirmed at once, and becomes a hold until the link in the e-mail is used. */
function isConfirmedByLink(
  deps: RestDeps,
  { body, granted: principal, field: bookedBy }: CreateInput,
): Promise<boolean> | boolean {
  if (!body.confirm || body.patient === undefined || bookedBy !== null || deps.confirmationTokens === null) return false
  const clinicNo = clinicNoOfTarget(body)
  if (clinicNo === null) return false
  const accountId = principal.kind === 'account' ? principal.accountId : null
  return isLinkRequired(deps, { clinicNo, accountId, patient: body.patient })
}

async function requestLink(deps: RestDeps, { granted: principal, key }: CreateInput, bookingId: string) {
  const actorId = principal.kind === 'account' ? principal.accountId : null
  const digest = key && keyDigest(key, `requestLink ${bookingId}`)
  const outcome = await sendLink(deps, {
    bookingId,
    actorId,
    key: digest,
    patient: null,
    reason: null,
    judgedVersion: null,
  })
  if (outcome.kind === 'done' || outcome.kind === 'unchanged') return outcome
  throw refusalProblem(outcome)
}

/** The patient's; nobody else gets one. A retry after the booking was linked or the token renewed gets a void one. */
function tokenOf(
  { manageTokens }: RestDeps,
  { granted: principal, field: bookedBy }: CreateInput,
  bookingId: string,
): string | null {
  if (bookedBy !== null) return null
  return manageTokens.issue(bookingId, {
    accountId: principal.kind === 'account' ? principal.accountId : null,
    epoch: 0,
  })
}

function createdBookingBody(booking: ClaimedBooking, manageToken: string | null) {
  return {
    id: booking.id,
    clinicId: booking.clinicId,
    doctorId: booking.doctorId,
    slotId: booking.slotId,
    status: booking.status,
    units: booking.units,
    appointmentType: booking.appointmentType,
    startsAt: timeText(booking.startsAt),
    endsAt: timeText(booking.endsAt),
    holdExpiresAt: booking.holdExpiresAt && timeText(booking.holdExpiresAt),
    createdAt: timeText(booking.createdAt),
    manageToken,
  }
}
