import type { AppointmentType } from '@holdfast/vocabulary'
import type { VisitRefusal } from './session.ts'

/** Times that are wanted with one doctor: the dates of a series, or those that bookings are to be moved to. */
export type NearTimesQuery = {
  clinicNo: number
  doctorId: string
  /** null: fixed slots. */
  visitTypeId: string | null
  appointmentType: AppointmentType | null
  /** A member of the clinic books for the patient: the notice, the horizon and who may book bind patients only. */
  onBehalf: boolean
  /** Not on behalf: the patient's account, which the clinic may know. */
  accountId: string | null
  /** A booking of this visit type that moves to one of them, and takes no time itself. null: none does. */
  movedId?: string | null
  starts: readonly Date[]
  /** Only the starts are looked for, and no times near them. */
  exact?: boolean
}

/** A free time: of an open session, or a fixed slot. */
export type FreeTime = { startsAt: Date; endsAt: Date } & ({ sessionId: string } | { slotId: string })

/**
 * Free times near a start that was wanted, the nearest first. `refusal` null: the first of them begins then; otherwise
 * why none does.
 */
export type NearTimes = { startsAt: Date; free: FreeTime[]; refusal: VisitRefusal | null }
