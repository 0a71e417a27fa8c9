import type { AppointmentType, VisitTypeBooker, VisitTypeColor } from '@holdfast/vocabulary'
import type { LocalNames, Money } from './doctor.ts'

/** A doctor who offers a visit type, and what is different with them; null: as the visit type says. */
export type VisitTypeDoctor = {
  doctorId: string
  minutes: number | null
  bufferBeforeMinutes: number | null
  bufferAfterMinutes: number | null
  fee: Money | null
}

/** What patients book at a clinic. */
export type VisitType = {
  id: string
  clinicId: string
  name: string
  /** Its name for readers of other languages. */
  names: Partial<LocalNames>
  minutes: number
  /** How long the doctor stays taken before and after the visit. */
  bufferBeforeMinutes: number
  bufferAfterMinutes: number
  fee: Money | null
  appointmentTypes: AppointmentType[]
  bookableBy: VisitTypeBooker
  /** null: as the clinic's settings say. */
  minimumNoticeMinutes: number | null
  bookingHorizonDays: number | null
  cancellationDeadlineMinutes: number | null
  /** Units of a visit; above 1, it is a group. */
  capacity: number
  preparation: string | null
  color: VisitTypeColor | null
  /** The place in lists, the smallest first, and then by name. */
  position: number
  active: boolean
  /** Who offers it, active or not; empty: all doctors of the clinic. */
  doctors: VisitTypeDoctor[]
}

export type NewVisitType = Omit<VisitType, 'id' | 'clinicId'>

/** `doctor_missing`: one of `doctors` is not a doctor of this clinic. Nothing was written. */
export type CreateVisitTypeOutcome =
  | { kind: 'done' | 'replayed'; visitType: VisitType }
  | { kind: 'doctor_missing' | 'too_many_visit_types' | 'key_reused' }

export type UpdateVisitTypeOutcome =
  | { kind: 'done'; visitType: VisitType }
  | { kind: 'doctor_missing' | 'visit_type_missing' }
