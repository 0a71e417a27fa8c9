import type { AppointmentType, Booking, Doctor, VisitType } from '@holdfast/contract/client'
import { visitFee } from './visit-fee.ts'

/** A visit type as a doctor offers it. `appointmentTypes`: those of both. */
export type OfferedVisit = {
  visitType: VisitType
  minutes: number
  fee: VisitType['fee']
  appointmentTypes: AppointmentType[]
}

/**
 * What a doctor offers of a clinic's visit types, as the engine's visit_of_doctor finds it. `byDesk`: also those that
 * patients cannot book.
 */
export function offeredVisits(visitTypes: readonly VisitType[], doctor: Doctor, byDesk: boolean): OfferedVisit[] {
  return visitTypes
    .filter(({ bookableBy }) => byDesk || bookableBy !== 'desk')
    .flatMap((visitType) => offeredVisit(visitType, doctor) ?? [])
}

/** A visit type as a doctor offers it; undefined: not. One that names no doctors is offered by all. */
export function offeredVisit(visitType: VisitType, doctor: Doctor): OfferedVisit | undefined {
  const { active, doctors, minutes } = visitType
  const own = doctors.find(({ doctorId }) => doctorId === doctor.id)
  const appointmentTypes = visitType.appointmentTypes.filter((type) => doctor.appointmentTypes.includes(type))
  if (!active || appointmentTypes.length === 0 || (doctors.length > 0 && own === undefined)) return undefined
  return { visitType, minutes: own?.minutes ?? minutes, fee: visitFee(visitType, doctor.id), appointmentTypes }
}

/** Whether patients join a waitlist for visits of a type. Of others, the clinic adds them. */
export function canWaitFor({ bookableBy, approval }: Pick<VisitType, 'bookableBy' | 'approval'>): boolean {
  return bookableBy === 'anyone' && approval === 'none'
}

/** Whether a booking can be moved to a doctor's times: those of its visit type, in the same way; else any slots. */
export function isOfferedFor(
  { appointmentType }: Pick<Booking, 'appointmentType'>,
  visitType: VisitType | undefined,
  doctor: Doctor,
): boolean {
  const offered = visitType === undefined ? doctor : offeredVisit(visitType, doctor)
  return offered?.appointmentTypes.includes(appointmentType) ?? false
}
