import type { Booking } from './booking.ts'
import type { BusyTime } from './busy-calendar.ts'
import type { Page } from './page.ts'
import type { WriteKey } from './stored-responses.ts'

/**
 * When something is closed, in local times `YYYY-MM-DDTHH:MM` of the clinic's zone: [localStart, localEnd). `yearly`:
 * it is a whole day, and closed each year from then on; 29 February in leap years alone.
 */
export type ClosureTime = { localStart: string; localEnd: string; yearly: boolean }

/** Both null: the whole clinic. One at most is set. `resourceId`: a room or device that visits take; default: null. */
export type ClosureSubject = { doctorId: string | null; resourceId?: string | null | undefined }

/** A time when a clinic, one of its doctors, or a room or device of its visits is closed. */
export type Closure = ClosureTime & {
  id: string
  /** Of a room or device, and of the whole clinic: null. */
  doctorId: string | null
  resourceId: string | null
  note: string | null
  createdBy: string
  createdAt: Date
  /** Whether all slots are blocked and freed as it says; false: the rest follows within minutes. */
  isApplied: boolean
}

export type NewClosure = ClosureTime &
  ClosureSubject & {
    clinicNo: number
    note: string | null
    createdBy: string
  }

/** What is left out stays as it is. */
export type ClosureChange = { localStart?: string; localEnd?: string; note?: string | null }

/** `position`: the last transaction that blocked or freed slots; null: none was needed. */
export type ClosureDone = { kind: 'done'; closure: Closure; position: string | null }

/**
 * `closure_invalid`: its end would not be after its start, or it would be a yearly one of other than one whole day.
 * `closure_over`: it would be moved to a time that is over. `closure_too_long`: it would have more than `yearDaysMax`
 * days.
 */
export type ClosureOutcome =
  | ClosureDone
  | { kind: 'closure_missing' }
  | { kind: 'closure_invalid' }
  | { kind: 'closure_over' }
  | { kind: 'closure_too_long' }

export type CreateClosureOutcome =
  /** `isRepeated`: an earlier request with this key has created it. */
  (ClosureDone & { isRepeated: boolean }) | { kind: 'closure_missing' } | { kind: 'key_reused' } | TooManyClosures

/** The clinic, the doctor, or the room or device has as many that are not over; `areYearly`: as many yearly ones. */
export type TooManyClosures = {
  kind: 'too_many_closures'
  max: number
  of: 'clinic' | 'doctor' | 'resource'
  areYearly?: true
}

/** When a case is planned. `room`: its name. */
export type CaseTime = { caseId: string; startsAt: Date; endsAt: Date; room: string }

/** Cases to come in which a doctor is: at most `slotsToComeMax`, and the first ten of them. */
export type ConcernedCases = { cases: number; firstCases: CaseTime[] }

/** What a closure concerns. */
export type ClosureEffect = {
  /**
   * Of its slots to come, at most `slotsToComeMax`, and of cases, unless it is of the whole clinic; null: on pages
   * after the first one.
   */
  counts:
    | (ConcernedCases & {
        slots: number
        /** Those of them that a closure or an external calendar blocks already. */
        blockedSlots: number
        takenSlots: number
        /** Open sessions that are not over. */
        sessions: number
        /** How many of their units are booked or held. */
        takenUnits: number
      })
    | null
  /** The live bookings in them, by start. They are not changed. */
  bookings: Page<Booking>
}

/** Why a slot is blocked; a closure is named before an external calendar. `note`: of the closure. */
export type BlockedSlot = {
  slotId: string
  cause: 'clinic_closure' | 'doctor_closure' | 'external_calendar'
  note: string | null
}

/**
 * Closures of clinics and doctors, which block free places as busy times of external calendars do. A write blocks and
 * frees slots for a few seconds at most: what is left is done by the jobs.
 */
export type Closures = {
  /** A repetition creates nothing, and blocks what is not blocked yet. */
  create(closure: NewClosure, writeKey: WriteKey): Promise<CreateClosureOutcome>
  /** Those with a time in [from, to), by the first of these times: of the doctor and the clinic, or of all. */
  list(query: {
    clinicNo: number
    doctorId: string | null
    from: Date
    to: Date
    limit: number
    cursor: string | null
  }): Promise<Page<Closure & { times: BusyTime[] }>>
  /** Removed ones too, until they are deleted. */
  find(clinicNo: number, closureId: string): Promise<(Closure & { isRemoved: boolean }) | null>
  change(clinicNo: number, closureId: string, change: ClosureChange): Promise<ClosureOutcome>
  /** Frees its times, unless another source blocks them. A repetition goes on with that. */
  remove(clinicNo: number, closureId: string): Promise<ClosureDone | { kind: 'closure_missing' }>
  /**
   * What a closure of these times concerns.
   *
   * @throws InvalidCursor
   */
  effect(
    query: ClosureSubject & { clinicNo: number; time: ClosureTime; limit: number; cursor: string | null },
  ): Promise<ClosureEffect>
  /** The cases of a doctor in [from, to). */
  casesOf(query: { clinicNo: number; doctorId: string; from: Date; to: Date }): Promise<ConcernedCases>
  /** The doctor's slots that are blocked and start in [from, to), by start. */
  blockedSlots(query: { clinicNo: number; doctorId: string; from: Date; to: Date }): Promise<BlockedSlot[]>
}
