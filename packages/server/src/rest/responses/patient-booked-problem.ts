import { clinicNoIn, type PatientBooked } from '@holdfast/engine'
import { networkPrefix } from '../../audit/network-prefix.ts'
import type { ProblemError } from '../../edge/errors/problem-error.ts'
import type { RestDeps } from '../rest-deps.ts'
import { timeText } from './bodies/time-text.ts'
import { refusalProblem } from './outcome-problems.ts'

/** The caller who is refused. `deskId`: the account of a member of the clinic; null: the patient. */
type Refused = { deskId: string | null; ip: string; ownDoctorId: string | null }

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
  if (deskId !== null) {
    const read = { kind: 'booking_read', clinicNo: clinicNoIn(otherId), subjectId: otherId } as const
    await audit.acknowledge([{ ...read, actorId: deskId, network: networkPrefix(ip) }])
  }
  const other = await engine.reads.booking(otherId)
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
