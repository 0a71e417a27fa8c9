import type {
  AppointmentType,
  CombinationFault,
  VisitApproval,
  VisitTypeBooker,
  VisitTypeColor,
} from '@holdfast/vocabulary'
import type { LocalNames, Money } from './doctor.ts'
import type { ExternalId } from './external-id.ts'
import type { NewVisitQuestion, VisitQuestion } from './visit-question.ts'
import type { VisitNeeds } from './visit-resource.ts'

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
  externalIds: ExternalId[]
  active: boolean
  needs: VisitNeeds
  /** Who offers it, active or not; empty: all doctors of the clinic. */
  doctors: VisitTypeDoctor[]
  /** What patients are asked when they book it. */
  questions: VisitQuestion[]
  /** Whether the clinic has to agree to what a patient books. */
  approval: VisitApproval
  /** How long the clinic has to answer a request, at most until the visit begins. */
  approvalMinutes: number
  /** Whether it can be booked together with others, as one visit. */
  combinable: boolean
  /** It is a combination of these, sorted, from which all else is derived; null: it is not. */
  partIds: string[] | null
}

export type NewVisitType = Omit<VisitType, 'id' | 'clinicId' | 'externalIds' | 'questions' | 'partIds'> & {
  externalIds?: ExternalId[]
  questions: NewVisitQuestion[]
}

export type CombinationOutcome =
  | { kind: 'done'; visitType: VisitType }
  | { kind: 'visit_type_missing' }
  | { kind: 'not_combinable'; unsuitable: CombinationFault }

/**
 * `doctor_missing`: one of `doctors` is not a doctor of this clinic; `visit_resource_missing`: one of `needs` is not a
 * room or device of it; `too_many_combinable`: `combinableMax` others can be combined. Nothing was written.
 */
export type CreateVisitTypeOutcome =
  | { kind: 'done' | 'replayed'; visitType: VisitType }
  | {
      kind: 'doctor_missing' | 'visit_resource_missing' | 'too_many_visit_types' | 'too_many_combinable' | 'key_reused'
    }

export type UpdateVisitTypeOutcome =
  | { kind: 'done'; visitType: VisitType }
  | { kind: 'doctor_missing' | 'visit_resource_missing' | 'visit_type_missing' | 'too_many_combinable' }
