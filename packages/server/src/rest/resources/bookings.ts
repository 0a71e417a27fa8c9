import { type ReschedulingBody, restOperations } from '@holdfast/contract'
import { clinicNoIn, type MoveOutcome, type Patient, type PatientKnownBy } from '@holdfast/engine'
import { networkPrefix } from '../../audit/network-prefix.ts'
import { invalidRequest } from '../../edge/bodies/validator.ts'
import { afterCommit } from '../../edge/errors/after-commit.ts'
import { problem } from '../../edge/errors/problem-error.ts'
import type { MoveTarget } from '../guards/booking-target.ts'
import { type BookingReach, bookingNotFound, erasureKey } from '../guards/reach-booking.ts'
import { timeText } from '../responses/bodies/time-text.ts'
import { bookingBodyWithVisit } from '../responses/booking-bodies.ts'
import { historyBody } from '../responses/history-body.ts'
import { refusalProblem } from '../responses/outcome-problems.ts'
import { recordUnknown } from '../responses/record-unknown.ts'
import { slotFullProblems } from '../responses/slot-full-problems.ts'
import type { RestDeps } from '../rest-deps.ts'
import { freshKey, keyDigest } from '../sent-key.ts'
import type { Input, Serve } from '../serve.ts'
import { recordAddedPlaces } from './added-places.ts'
import { answering, checkAnswers } from './answering.ts'
import { asJudged } from './as-judged.ts'
import { admitContact, linkWithinLimits } from './booking-admission.ts'
import { confirmOrRequestLink, noteProvenAddress, requireConfirmationToken } from './confirm-by-link.ts'
import { createBooking } from './create-booking.ts'
import { changeResponse, confirmHold, settle, settleAndRespond, writtenBookingBody } from './settle-booking.ts'

/** Bookings: created by anyone, read and changed by those with access to them. */
export function serveBookings(serve: Serve, deps: RestDeps): void {
  const { engine } = deps
  const slotFull = slotFullProblems(engine.reads)

  serve(restOperations.createBooking, (input) => createBooking(deps, slotFull, input))

  const getBooking = async ({ params, granted: reach }: Input<typeof restOperations.getBooking>) => {
    const booking = reach.booking ?? (await engine.reads.booking(params.bookingId, reach.access))
    if (booking === null) throw bookingNotFound(params.bookingId)
    return { status: 200 as const, body: await bookingBodyWithVisit(deps, booking) }
  }
  serve(restOperations.getBooking, getBooking)

  serve(restOperations.listBookingEvents, (input) => readHistory(deps, input))

  serve(restOperations.rescheduleBooking, (input) => reschedule(deps, slotFull, input))
  serve(restOperations.confirmBooking, (input) => confirm(deps, input))
  serve(restOperations.extendBooking, (input) => settleAndRespond(deps, input, 'extend'))
  serve(restOperations.cancelBooking, (input) => settleAndRespond(deps, input, 'cancel', input.body))
  serve(restOperations.declineBooking, (input) => settleAndRespond(deps, input, 'decline', input.body))
  for (const change of ['confirmAttendance', 'withdrawAttendance'] as const) {
    serve(restOperations[change], (input) => changeAttendance(deps, input, change))
  }
  serve(restOperations.withdrawConsent, (input) => withdrawConsent(deps, input))
  serve(restOperations.arriveBooking, (input) => settleAndRespond(deps, input, 'arrive'))
  serve(restOperations.completeBooking, (input) => settleAndRespond(deps, input, 'complete'))
  serve(restOperations.noShowBooking, (input) => settleAndRespond(deps, input, 'no_show'))
  serve(restOperations.reopenBooking, (input) => settleAndRespond(deps, input, 'reopen'))

  serve(restOperations.linkBooking, (input) => link(deps, input))

  serve(restOperations.erasePatient, (input) => erase(deps, input))

  serve(restOperations.renewManageToken, async ({ params: { bookingId }, granted: renewal }) => {
    const epoch = await engine.manageTokenEpochs.renew(renewal)
    if (epoch === null) throw bookingNotFound(bookingId)
    const binding = { accountId: renewal.accountId, epoch }
    return { status: 200, body: { manageToken: deps.manageTokens.issue(bookingId, binding) } }
  })
}

async function confirm(deps: RestDeps, input: Input<typeof restOperations.confirmBooking>) {
  const { confirmationToken, patient, answers } = input.body
  if (answers !== undefined && patient === undefined && confirmationToken === undefined) {
    throw invalidRequest([{ path: '/answers', message: 'is allowed only together with patient or confirmationToken' }])
  }
  return confirmationToken === undefined ? confirmOrSendLink(deps, input) : confirmWith(deps, input, confirmationToken)
}

/** Confirms by the link that was sent. */
async function confirmWith(deps: RestDeps, input: Input<typeof restOperations.confirmBooking>, token: string) {
  const { granted: reach, body, params } = input
  if (body.patient !== undefined) {
    throw invalidRequest([{ path: '/patient', message: 'cannot be changed together with confirmationToken' }])
  }
  const outcome = await asJudged(deps, params.bookingId, reach, async (booking) => {
    requireConfirmationToken(deps, booking, token)
    // The link proves the address.
    const knownBy = body.refuseOverlap && !body.allowOverlap ? 'address' : null
    const patient = body.answers === undefined ? null : answering(booking.patient, body.answers)
    const judged = { patient, reason: null, judgedVersion: booking.version, knownBy } as const
    const settled = await confirmHold(deps, input, judged)
    if (settled.kind === 'done' || settled.kind === 'unchanged') {
      await afterCommit(() => noteProvenAddress(deps, booking))
    }
    return settled
  })
  return changeResponse(deps, input, outcome)
}

async function confirmOrSendLink(deps: RestDeps, input: Input<typeof restOperations.confirmBooking>) {
  const { granted: reach, body, key, params, request } = input
  if (body.patient !== undefined) await requirePatientOfOffer(deps, params.bookingId, reach, body.patient)
  const isGuest = reach.as === 'patient' && reach.actorId === null
  const release =
    isGuest && body.patient !== undefined ? await admitContact(deps, request.ip, params.bookingId, body.patient) : null
  const { reason = null, answers } = body
  const patient = body.patient === undefined ? null : answering(body.patient, answers)
  const confirmation = { bookingId: params.bookingId, reach, key, patient, reason }
  const knownBy = body.refuseOverlap && !body.allowOverlap ? (callerKnownBy(reach) ?? 'holder') : null
  const outcome = await confirmOrRequestLink(deps, confirmation, (judgedVersion) =>
    confirmHold(deps, input, { patient, reason, judgedVersion, knownBy }),
  )
  release?.(outcome)
  // The time of a request that held nothing.
  if (outcome.kind === 'slot_full') throw refusalProblem(outcome, { alternatives: [] })
  return changeResponse(deps, input, outcome)
}

async function reschedule(
  deps: RestDeps,
  slotFull: ReturnType<typeof slotFullProblems>,
  input: Input<typeof restOperations.rescheduleBooking>,
) {
  const { engine } = deps
  const { params, granted: reach, field, key, request } = input
  const { target, sameDoctor } = field
  const { bookingId } = params
  const { addsPlaces = false, refuseOverlap, allowOverlap, answers } = input.body
  if (answers !== undefined) requireMovable(target, answers)
  if (addsPlaces && reach.as !== 'desk') {
    throw invalidRequest([{ path: '/addsPlaces', message: 'is allowed only for members of the clinic' }])
  }
  if (reach.as === 'patient') await request.server.rateLimits.countMove(bookingId)
  const { actorId } = reach
  const moving = {
    bookingId,
    actorId,
    onBehalf: reach.as === 'desk',
    knownBy: refuseOverlap && !allowOverlap ? callerKnownBy(reach) : null,
    access: reach.access,
  }
  const keyFor = (place: string) => key && keyDigest(key, `rescheduleBooking ${bookingId} ${place}`)
  if (!('slotId' in target)) {
    const { sessionId, startsAt, visitTypeId } = target
    const place = [sessionId, timeText(startsAt), visitTypeId ?? ''].join(' ')
    const moved = await engine.moveToTime({ ...moving, ...target, answers, key: keyFor(place) })
    if (moved.kind === 'slot_full') throw refusalProblem(moved, { alternatives: [] })
    return changeResponse(deps, input, moved)
  }
  const { slotId } = target
  const moveRequest = { ...moving, slotId, key: keyFor(slotId), addsPlaces }
  const outcome = addsPlaces
    ? await recordAddedPlaces<MoveOutcome>(deps, { slotId, actorId, ip: request.ip }, () => engine.move(moveRequest))
    : await engine.move(moveRequest)
  if (outcome.kind === 'slot_full') {
    const booking = reach.booking ?? (await engine.reads.booking(bookingId, reach.access))
    if (booking === null) throw bookingNotFound(bookingId)
    const { units, appointmentType, slotId: fromSlotId } = booking
    const byDesk = reach.as === 'desk'
    throw await slotFull(request, { slotId, units, appointmentType, fromSlotId, sameDoctor, byDesk })
  }
  return changeResponse(deps, input, outcome)
}

/** @throws ProblemError invalid_request */
function requireMovable(target: MoveTarget, answers: NonNullable<ReschedulingBody['answers']>): void {
  if ('slotId' in target) throw invalidRequest([{ path: '/answers', message: 'is not allowed together with slotId' }])
  checkAnswers(answers)
}

/** The link of a ticket may have been passed on: its holder does not find out what else the patient has. */
function callerKnownBy({ as, actorId }: BookingReach): PatientKnownBy | null {
  if (as === 'desk') return 'clinic'
  return actorId === null ? null : 'account'
}

async function readHistory(deps: RestDeps, { params }: Input<typeof restOperations.listBookingEvents>) {
  const events = await deps.engine.reads.eventsOfBooking(params.bookingId)
  if (events.length === 0) throw bookingNotFound(params.bookingId)
  return { status: 200 as const, body: await historyBody(deps, events) }
}

async function changeAttendance(
  deps: RestDeps,
  input: Input<typeof restOperations.confirmAttendance>,
  change: 'confirmAttendance' | 'withdrawAttendance',
) {
  const { params, granted: reach, body, key } = input
  const { bookingId } = params
  const { slotId } = body
  const outcome = await deps.engine[change]({
    bookingId,
    slotId,
    actorId: reach.actorId,
    key: key && keyDigest(key, `${change} ${bookingId} ${slotId}`),
    access: reach.access,
  })
  return changeResponse(deps, input, outcome)
}

async function withdrawConsent(deps: RestDeps, input: Input<typeof restOperations.withdrawConsent>) {
  const { params, granted: reach, key } = input
  const { bookingId, questionId } = params
  const outcome = await deps.engine.withdrawConsent({
    bookingId,
    questionId,
    actorId: reach.actorId,
    key: key && keyDigest(key, `withdrawConsent ${bookingId} ${questionId}`),
    access: reach.access,
  })
  return changeResponse(deps, input, outcome)
}

/** The manage token alone decides: no role is enough, nor is an account that has the booking already. */
async function link(deps: RestDeps, input: Input<typeof restOperations.linkBooking>) {
  const { granted: account, params, key, field: access } = input
  const { bookingId } = params
  const reach: BookingReach = { as: 'patient', actorId: account.accountId, booking: null, access }
  const linking = { ...input, granted: reach }
  const admission = { bookingId, key: key === null ? freshKey() : keyDigest(key, `link ${bookingId}`) }
  const outcome = await linkWithinLimits(deps, account, admission, () => settle(deps, linking, 'link'))
  return changeResponse(deps, linking, outcome)
}

async function erase(deps: RestDeps, input: Input<typeof restOperations.erasePatient>) {
  const { engine, audit } = deps
  const { params, granted: reach, key, request } = input
  const { bookingId } = params
  const { actorId } = reach
  if (reach.as === 'patient' && (await engine.erasures.isLinkedAndToCome(bookingId))) throw linkedAndToCome()
  const isOwn = reach.as === 'patient' || reach.booking?.accountId === actorId
  // The patient's own account is erased with the rest.
  const by = isOwn ? { details: ['own account'] as const } : { actorId, network: networkPrefix(request.ip) }
  const entry = { kind: 'patients_erased', clinicNo: clinicNoIn(bookingId), subjectId: bookingId, ...by } as const
  let isRecorded = false
  // At once: what follows the erasure may fail, and its repetition changes nothing.
  const onErased = () => {
    isRecorded = true
    audit.record(entry)
  }
  const erasing = { bookingId, actorId, key: key && erasureKey(key, bookingId), access: reach.access, onErased }
  const outcome = await recordUnknown(
    audit,
    () => (isRecorded ? [] : [entry]),
    () => engine.erasures.ofBooking(erasing),
  )
  if (outcome.kind !== 'done' && outcome.kind !== 'unchanged') throw refusalProblem(outcome)
  const { booking, position } = outcome
  return { status: 200 as const, body: await writtenBookingBody(deps, booking), position }
}

/** Somebody who was forwarded the link must not erase the contact of a patient whom the clinic may have to call. */
function linkedAndToCome() {
  return problem(
    'booking_not_over',
    'The booking was made without an account, and linked to yours. Until its time is past, only the clinic erases it.',
  )
}

/**
 * An offer of the waitlist is accepted for the patient who waited: nobody gives the place to somebody else, or has a
 * stranger notified of it. What the entry lacks may be added. The clinic's people may change everything.
 *
 * @param patient as sent with the confirmation
 * @throws ProblemError offer_of_another_patient
 */
async function requirePatientOfOffer(
  { engine }: RestDeps,
  bookingId: string,
  reach: BookingReach,
  patient: Patient,
): Promise<void> {
  if (reach.as === 'desk') return
  const offeredTo = await engine.waitlist.patientOfOffer(bookingId)
  if (offeredTo === null) return
  const fields = (['name', 'email'] as const).filter((field) => isAnother(offeredTo[field], patient[field]))
  if (fields.length === 0) return
  throw problem('offer_of_another_patient', 'The place is offered to the patient of the waitlist entry.', {
    errors: fields.map((field) => ({ path: `/patient/${field}`, message: 'must be the one of the waitlist entry' })),
  })
}

function isAnother(offeredTo: string | undefined, sent: string | undefined): boolean {
  return offeredTo !== undefined && shapeOf(offeredTo) !== shapeOf(sent ?? '')
}

function shapeOf(text: string): string {
  return text.trim().toLowerCase()
}
