import type { NewBookingBody, restOperations } from '@holdfast/contract'
import {
  type Booking,
  type ClaimedBooking,
  type ClaimOutcome,
  type ClaimRequest,
  clinicNoIn,
  isNotDone,
  newId,
  type TimeClaimOutcome,
} from '@holdfast/engine'
import type { AuditEntry } from '../../audit/audit-entry.ts'
import { networkPrefix } from '../../audit/network-prefix.ts'
import { invalidRequest } from '../../edge/bodies/validator.ts'
import { afterCommit } from '../../edge/errors/after-commit.ts'
import { type ProblemError, problem } from '../../edge/errors/problem-error.ts'
import { type BookingTarget, targetOf } from '../guards/booking-target.ts'
import { timeText } from '../responses/bodies/time-text.ts'
import { bookingRequestHash } from '../responses/idempotency.ts'
import { refusalProblem } from '../responses/outcome-problems.ts'
import { patientBookedProblem } from '../responses/patient-booked-problem.ts'
import { recordAllowedOverlap } from '../responses/record-allowed-overlap.ts'
import { recordUnknown } from '../responses/record-unknown.ts'
import type { slotFullProblems } from '../responses/slot-full-problems.ts'
import type { RestDeps } from '../rest-deps.ts'
import { freshKey, keyDigest } from '../sent-key.ts'
import type { Input } from '../serve.ts'
import { recordAddedPlaces } from './added-places.ts'
import { answering } from './answering.ts'
import { claimWithAnyDoctor } from './any-doctor.ts'
import { claimWithinLimits } from './booking-admission.ts'
import { isLinkRequired, sendLink } from './confirm-by-link.ts'
import { writtenBookingBody } from './settle-booking.ts'

type CreateInput = Input<typeof restOperations.createBooking>

/**
 * Claims a slot or a time, and, of what was to be confirmed and is only held, sends the link by which a guest confirms,
 * or the request to the clinic, whichever is needed.
 */
export async function createBooking(deps: RestDeps, slotFull: ReturnType<typeof slotFullProblems>, input: CreateInput) {
  const isByLink = await isConfirmedByLink(deps, input)
  const linked = linkedEntries(input)
  const outcome = await recordUnknown(
    deps.audit,
    () => linked,
    () => claim(deps, input, isByLink),
  )
  if (outcome.kind === 'booked') {
    for (const entry of linked) deps.audit.record(entry)
    if (input.field !== null) recordAllowedOverlap(deps, input, { ...outcome.booking, actorId: input.field.accountId })
  }
  const { slotId } = input.body
  if (outcome.kind === 'slot_full' && slotId !== undefined) throw await slotFull(input.request, wantedBy(input, slotId))
  if (outcome.kind !== 'booked' && outcome.kind !== 'replayed') throw await claimRefusal(deps, input, outcome)
  const createdBody = createdBookingBody(outcome.booking, tokenOf(deps, input, outcome.booking.id))
  const status = outcome.kind === 'booked' ? (201 as const) : (200 as const)
  if (input.body.confirm && outcome.booking.status === 'PENDING') {
    const ask = isByLink ? requestLink : requestApproval
    const { booking, position } = await afterCommit(() => ask(deps, input, outcome.booking.id))
    const { holdExpiresAt, confirmationLink, requestedAt, units } = await writtenBookingBody(deps, booking)
    const body = {
      ...createdBody,
      status: booking.status,
      units,
      holdExpiresAt,
      ...(confirmationLink && { confirmationLink }),
      ...(requestedAt && { requestedAt }),
    }
    return { status, body, position: position ?? outcome.position }
  }
  return { status, body: createdBody, position: outcome.position }
}

/** What the security log has of a booking for a record: the event log has only the booking. */
function linkedEntries({ body: { patientId }, field: bookedBy, request }: CreateInput): AuditEntry[] {
  if (patientId === undefined || bookedBy === null) return []
  const by = { actorId: bookedBy.accountId, network: networkPrefix(request.ip) }
  return [{ kind: 'patient_linked', clinicNo: clinicNoIn(patientId), subjectId: patientId, ...by }]
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
  requireAllowedFields(body, bookedBy)
  const wanted = {
    ...target,
    units: body.units ?? 1,
    patient: answering(body.patient ?? unknownPatient, answersOf(body)),
    appointmentType: body.appointmentType ?? null,
    reason: body.reason ?? null,
    confirm: body.confirm ?? false,
  }
  const { formerBookingId, patientId } = body
  const byDesk = {
    onBehalf: true,
    formerBookingId,
    patientId,
    ...(body.addsPlaces ? { addsPlaces: true } : {}),
  } as const
  const accountId = principal.kind === 'account' && bookedBy === null ? principal.accountId : null
  const ofPatient = accountId === null ? null : 'account'
  const booker = bookedBy === null ? ofPatient : 'clinic'
  const claimRequest = {
    ...wanted,
    confirm: wanted.confirm && !isByLink,
    bookingId: newId(clinicNo),
    accountId,
    patientId,
    formerBookingId,
    formerDoctorId: bookedBy?.role === 'doctor' ? bookedBy.doctorId : null,
    actorId: bookedBy?.accountId ?? null,
    key: key === null ? freshKey() : keyDigest(key, 'createBooking'),
    requestHash: bookingRequestHash(bookedBy === null ? wanted : { ...wanted, ...byDesk }),
    // A hold is judged when it is confirmed, and a guest's name proves nothing.
    knownBy: body.refuseOverlap && !body.allowOverlap && wanted.confirm && !isByLink ? booker : null,
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

/** @throws ProblemError invalid_request, forbidden */
function requireAllowedFields(body: NewBookingBody, bookedBy: CreateInput['field']): void {
  if (body.patient === undefined && body.patientId === undefined && body.confirm) {
    throw invalidRequest([{ path: '/patient', message: 'is required together with confirm' }])
  }
  const deskField = (['addsPlaces', 'formerBookingId', 'patientId'] as const).find((field) => body[field])
  if (deskField !== undefined && bookedBy === null) {
    throw invalidRequest([{ path: `/${deskField}`, message: 'is allowed only together with onBehalf' }])
  }
  if (body.patientId !== undefined && bookedBy?.role === 'doctor') {
    throw problem('forbidden', 'Your role in this clinic is doctor; only staff and admins book for a record.')
  }
}

/** Confirmed at once, all questions are asked, also where a link confirms it. */
function answersOf({ answers, confirm, patient, patientId, slotId }: NewBookingBody): NewBookingBody['answers'] {
  if (answers === undefined) return confirm && slotId === undefined ? [] : undefined
  if (slotId !== undefined) {
    throw invalidRequest([{ path: '/answers', message: 'is allowed only for a visit, which has a visitTypeId' }])
  }
  if (patient === undefined && patientId === undefined) {
    throw invalidRequest([{ path: '/answers', message: 'is allowed only together with patient or patientId' }])
  }
  return answers
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
  if (isEndedRequest(outcome)) return { booking: outcome.booking, position: null }
  throw refusalProblem(outcome)
}

type Ended = { kind: 'invalid_transition' | 'hold_expired'; booking: Booking }

/** What a repeated request finds that was declined or withdrawn since, or not answered in time. */
function isEndedRequest(outcome: { kind: string } | Ended): outcome is Ended {
  return (
    (outcome.kind === 'invalid_transition' || outcome.kind === 'hold_expired') &&
    'booking' in outcome &&
    outcome.booking.requestedAt !== null
  )
}

/** A booking has it until it is first changed. */
const versionOfHold = 1

/**
 * Asks the clinic for what was claimed. If that is refused, the hold is released: it would be in the patient's way. It
 * stays if nothing was decided, since a retry asks again, or if one has changed it meanwhile.
 */
async function requestApproval(deps: RestDeps, input: CreateInput, bookingId: string) {
  const { granted: principal, key, body } = input
  const actorId = principal.kind === 'account' ? principal.accountId : null
  const settling = { bookingId, actorId, onBehalf: false, reason: null }
  const outcome = await deps.engine.settle({
    ...settling,
    action: 'confirm',
    key: key && keyDigest(key, `confirm ${bookingId}`),
    knownBy: body.refuseOverlap && !body.allowOverlap && actorId !== null ? 'account' : null,
  })
  if (outcome.kind === 'done' || outcome.kind === 'unchanged') return outcome
  if (isEndedRequest(outcome)) return { booking: outcome.booking, position: null }
  if (isNotDone(outcome)) throw refusalProblem(outcome)
  const release = { action: 'decline', key: key && keyDigest(key, `release ${bookingId}`) } as const
  await deps.engine.settle({ ...settling, ...release, judgedVersion: versionOfHold })
  if (outcome.kind !== 'patient_booked') throw refusalProblem(outcome)
  throw await patientBookedProblem(deps, outcome, { deskId: null, ip: input.request.ip, ownDoctorId: null })
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
