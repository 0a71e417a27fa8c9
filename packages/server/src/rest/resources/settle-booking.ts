import type { BookingBody } from '@holdfast/contract'
import {
  type AnsweringPatient,
  type AttendanceOutcome,
  type Booking,
  type CorrectAnswersOutcome,
  type CorrectionOutcome,
  clinicNoIn,
  type MoveOutcome,
  type PatientKnownBy,
  type SettleAction,
  type SettleOutcome,
  type WithdrawConsentOutcome,
} from '@holdfast/engine'
import type { AuditEntry } from '../../audit/audit-entry.ts'
import { networkPrefix } from '../../audit/network-prefix.ts'
import { afterCommit } from '../../edge/errors/after-commit.ts'
import type { ProblemError } from '../../edge/errors/problem-error.ts'
import type { BookingReach } from '../guards/reach-booking.ts'
import { bookingBodyWithVisit } from '../responses/booking-bodies.ts'
import { type Refusal, refusalProblem } from '../responses/outcome-problems.ts'
import { patientBookedProblem } from '../responses/patient-booked-problem.ts'
import { recordAllowedOverlap } from '../responses/record-allowed-overlap.ts'
import type { RestDeps } from '../rest-deps.ts'
import { keyDigest, type SentKey } from '../sent-key.ts'

export async function settleAndRespond(...of: Parameters<typeof settle>) {
  const [deps, input] = of
  return changeResponse(deps, input, await settle(...of))
}

/** Patients' reads of their own booking are not recorded. */
function readByDesk({ params: { bookingId }, granted: { as } }: ReadInput): AuditEntry | null {
  return as === 'desk' ? { kind: 'booking_read', clinicNo: clinicNoIn(bookingId), subjectId: bookingId } : null
}

export type ReadInput = { params: { bookingId: string }; granted: BookingReach }
type SettleInput = ReadInput & { key: SentKey | null; request: { ip: string }; body?: unknown }

/** A confirmation says by which version of the booking it was judged: see {@link confirmOrRequestLink}. */
type Confirmed = {
  patient: AnsweringPatient | null
  reason: string | null
  judgedVersion: number | null
  knownBy: PatientKnownBy | null
}

export function confirmHold({ engine }: RestDeps, input: SettleInput, confirmed: Confirmed): Promise<SettleOutcome> {
  return engine.settle({ ...settleRequest(input, 'confirm'), ...confirmed })
}

export function settle(
  { engine }: RestDeps,
  input: SettleInput,
  action: Exclude<SettleAction, 'confirm'>,
  details: { reason?: string } = {},
): Promise<SettleOutcome> {
  const { reason = null } = details
  return engine.settle({ ...settleRequest(input, action), reason })
}

function settleRequest<Action extends SettleAction>(
  { params: { bookingId }, granted: reach, key }: SettleInput,
  action: Action,
) {
  return {
    bookingId,
    action,
    actorId: reach.actorId,
    onBehalf: reach.as === 'desk',
    key: key && keyDigest(key, `${action} ${bookingId}`),
    access: reach.access,
  }
}

/** The body of a booking that was changed: see {@link afterCommit}. */
export function writtenBookingBody(deps: RestDeps, booking: Booking): Promise<BookingBody> {
  return afterCommit(() => bookingBodyWithVisit(deps, booking))
}

type ChangeSucceeded = Extract<
  SettleOutcome | MoveOutcome | AttendanceOutcome | WithdrawConsentOutcome | CorrectionOutcome | CorrectAnswersOutcome,
  { kind: 'done' | 'unchanged' }
>

/** Changes are in the event log; a caller who changed nothing, but gets the booking, has read it. */
export async function changeResponse(deps: RestDeps, input: SettleInput, outcome: ChangeSucceeded | Refusal) {
  if (outcome.kind !== 'done' && outcome.kind !== 'unchanged') {
    if (outcome.kind === 'patient_booked') {
      const { as, actorId, access } = input.granted
      const ownDoctorId = access !== null && 'doctorId' in access ? access.doctorId : null
      const deskId = as === 'desk' ? actorId : null
      throw await patientBookedProblem(deps, outcome, { deskId, ip: input.request.ip, ownDoctorId })
    }
    const refusal = await refusalWithVisit(deps, outcome)
    if (refusal.extras.booking !== undefined) await recordDeskRead(deps, input)
    throw refusal
  }
  if (outcome.kind === 'unchanged') await recordDeskRead(deps, input)
  else if (input.granted.as === 'desk') {
    recordAllowedOverlap(deps, input, { id: outcome.booking.id, actorId: input.granted.actorId })
  }
  const { booking, position } = outcome
  return { status: 200 as const, body: await writtenBookingBody(deps, booking), position }
}

async function recordDeskRead({ audit }: RestDeps, input: SettleInput): Promise<void> {
  const read = readByDesk(input)
  if (read === null) return
  await audit.acknowledge([{ ...read, actorId: input.granted.actorId, network: networkPrefix(input.request.ip) }])
}

/** A refusal whose problem contains the booking contains all of it, with the address of a video visit. */
async function refusalWithVisit(deps: RestDeps, outcome: Refusal): Promise<ProblemError> {
  const refusal = refusalProblem(outcome)
  if (refusal.extras.booking === undefined || !('booking' in outcome)) return refusal
  return refusalProblem(outcome, { booking: await bookingBodyWithVisit(deps, outcome.booking) })
}
