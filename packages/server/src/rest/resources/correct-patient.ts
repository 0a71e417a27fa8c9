import { restOperations } from '@holdfast/contract'
import type { CorrectAnswersOutcome, CorrectionOutcome } from '@holdfast/engine'
import type { RestDeps } from '../rest-deps.ts'
import { keyDigest } from '../sent-key.ts'
import type { Input, Serve } from '../serve.ts'
import { checkAnswers } from './answering.ts'
import { changeResponse } from './settle-booking.ts'

/** The desk corrects what a booking says of its patient; the patient, too, what they have answered. */
export function serveCorrections(serve: Serve, deps: RestDeps): void {
  serve(restOperations.correctPatient, (input) => correct(deps, input))
  serve(restOperations.correctAnswers, (input) => correctAnswers(deps, input))
}

async function correctAnswers(deps: RestDeps, input: Input<typeof restOperations.correctAnswers>) {
  const { params, granted: reach, body, key, request } = input
  const { bookingId } = params
  checkAnswers(body.answers)
  if (reach.as === 'patient') await request.server.rateLimits.countAnswerCorrection(bookingId)
  const outcome = await deps.engine.correctAnswers({
    bookingId,
    ...body,
    actorId: reach.actorId,
    byDesk: reach.as === 'desk',
    key: key && keyDigest(key, `correctAnswers ${bookingId} ${JSON.stringify(body)}`),
    access: reach.access,
  })
  return correctionResponse(deps, input, outcome)
}

async function correct(deps: RestDeps, input: Input<typeof restOperations.correctPatient>) {
  const { params, granted: reach, body, key } = input
  const { bookingId } = params
  const { patient = {}, reason, refuseOverlap, allowOverlap } = body
  const email =
    patient.email === undefined ? (await deps.engine.reads.booking(bookingId))?.patient.email : patient.email
  const accountId = email == null ? null : await deps.accounts.ofConfirmedEmail(email)
  const outcome = await deps.engine.correctPatient({
    bookingId,
    actorId: reach.actorId,
    key: key && keyDigest(key, `correctPatient ${bookingId} ${JSON.stringify(body)}`),
    patient,
    ...(reason === undefined ? {} : { reason }),
    knownBy: refuseOverlap && !allowOverlap ? 'clinic' : null,
    access: reach.access,
    accountOfEmail: email == null || accountId === null ? null : { email, accountId },
  })
  return correctionResponse(deps, input, outcome)
}

async function correctionResponse(
  deps: RestDeps,
  input: Input<typeof restOperations.correctPatient | typeof restOperations.correctAnswers>,
  outcome: CorrectionOutcome | CorrectAnswersOutcome,
) {
  const response = await changeResponse(deps, input, outcome)
  // The log has a correction that changes nothing as a read. The first response of a repeated one may be lost with the
  // record of it, which is made again.
  return { ...response, isRepeated: outcome.kind === 'unchanged' && !outcome.isRepeated }
}
