import type { AppointmentType, Doctor, VisitType } from '@holdfast/contract/client'
import { visitFee } from './visit-fee.ts'

/** A visit type as a doctor offers it. `appointmentTypes`: those of both. */
export type OfferedVisit = {
  visitType: VisitType
  minutes: number
  fee: VisitType['fee']
  appointmentTypes: AppointmentType[]
}

/**
 * What a doctor offers of a clinic's visit types, as the engine's visit_of_doctor finds it: a visit type that names no
 * doctors is offered by all. `byDesk`: also those that patients cannot book.
 */
export function offeredVisits(visitTypes: readonly VisitType[], doctor: Doctor, byDesk: boolean): OfferedVisit[] {
  return visitTypes.flatMap((visitType) => {
    const { active, bookableBy, doctors, minutes } = visitType
    const own = doctors.find(({ doctorId }) => doctorId === doctor.id)
    const appointmentTypes = visitType.appointmentTypes.filter((type) => doctor.appointmentTypes.includes(type))
    const isOffered = active && appointmentTypes.length > 0 && (doctors.length === 0 || own !== undefined)
    if (!isOffered || (bookableBy === 'desk' && !byDesk)) return []
    return [{ visitType, minutes: own?.minutes ?? minutes, fee: visitFee(visitType, doctor.id), appointmentTypes }]
  })
}
