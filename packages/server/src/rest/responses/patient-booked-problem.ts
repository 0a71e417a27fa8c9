import { clinicNoIn, type PatientBooked } from '@holdfast/engine'
import { networkPrefix } from '../../audit/network-prefix.ts'
import type { ProblemError } from '../../edge/errors/problem-error.ts'
import type { RestDeps } from '../rest-deps.ts'
import { timeText } from './bodies/time-text.ts'
import { refusalProblem } from './outcome-problems.ts'

/** The caller who is refused. `deskId`: the account of a member of the clinic; null: the patient. */
type Refused = { deskId: string | null; ip: string; ownDoctorId: string | null }

/** Records the appointments that these refusals disclose as read by the desk, and waits until this is committed. */
export async function recordPatientBooked(
  audit: RestDeps['audit'],
  outcomes: readonly PatientBooked[],
  { deskId, ip }: { deskId: string; ip: string },
): Promise<void> {
  const by = { actorId: deskId, network: networkPrefix(ip) }
  await audit.acknowledge(
    outcomes.map(({ otherId }) => ({
      kind: 'booking_read',
      clinicNo: clinicNoIn(otherId),
      subjectId: otherId,
      ...by,
    })),
  )
}

/**
 * The refusal with the appointment that the patient has at the same time, which the security log records as read by
 * the desk. A member with the role doctor (`ownDoctorId`) sees none of other doctors, but finds out that there is one,
 * which is recorded too. It may have been cancelled meanwhile: it is named all the same, as what the decision was made
 * by.
 */
export async function patientBookedProblem(
  { engine, audit }: RestDeps,
  outcome: PatientBooked,
  { deskId, ip, ownDoctorId }: Refused,
): Promise<ProblemError> {
  const { otherId } = outcome
  if (deskId !== null) await recordPatientBooked(audit, [outcome], { deskId, ip })
  const other = await engine.reads.booking(otherId)
  if (other === null && deskId !== null && ownDoctorId === null) {
    const otherAppointment = await caseAsAppointment(engine, otherId)
    return refusalProblem(outcome, otherAppointment === null ? {} : { otherAppointment })
  }
  if (other === null || (ownDoctorId !== null && other.doctorId !== ownDoctorId)) return refusalProblem(outcome)
  const doctor = await engine.directory.doctor(other.doctorId)
  const otherAppointment = {
    bookingId: other.id,
    doctorId: other.doctorId,
    doctorName: doctor?.name ?? '',
    startsAt: timeText(other.startsAt),
    endsAt: timeText(other.endsAt),
  }
  return refusalProblem(outcome, { otherAppointment })
}

/** A case of the patient's record, with its surgeon. */
async function caseAsAppointment({ theatre }: RestDeps['engine'], caseId: string) {
  const found = await theatre.case(caseId)
  if (found === null) return null
  const { surgeonId, startsAt, endsAt } = found
  const names = await theatre.names(clinicNoIn(caseId) ?? 0, [surgeonId])
  const surgeon = { doctorId: surgeonId, doctorName: names.get(surgeonId) ?? '' }
  return { bookingId: caseId, ...surgeon, startsAt: timeText(startsAt), endsAt: timeText(endsAt) }
}
