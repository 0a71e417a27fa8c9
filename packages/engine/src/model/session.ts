import type { AppointmentType, VisitResourceKind } from '@holdfast/vocabulary'
import type { ClaimOutcome, ClaimRequest } from './claim.ts'
import type { AnswerRefused } from './visit-question.ts'

/** A time in which patients book visits of a doctor. Visits begin at its start, and every `gridMinutes` after it. */
export type OpenSession = {
  id: string
  doctorId: string
  startsAt: Date
  endsAt: Date
  gridMinutes: number
  /** The visit types that are booked in it; null: all that the doctor offers. */
  visitTypeIds: string[] | null
}

export type SessionDraft = { startsAt: Date; endsAt: Date }

/** `drafts`, at most 1,000, each up to 25 hours long, are checked at the edge; `doctorId` is an existing doctor. */
export type CreateSessionsRequest = {
  doctorId: string
  drafts: SessionDraft[]
  gridMinutes: number
  visitTypeIds: string[] | null
}

/**
 * skipped: the same session exists, or it has ended; conflict: it overlaps another session, `sessionId`, or one before
 * it in the list.
 */
export type SessionDraftOutcome = SessionDraft & {
  outcome: 'created' | 'skipped' | 'conflict'
  sessionId: string | null
}

export type CreateSessionsOutcome =
  /** One item per draft, in order. `position` null: nothing was created or found. */
  | { kind: 'done'; items: SessionDraftOutcome[]; position: string | null }
  /** One of the visit types does not exist. Nothing was written. */
  | { kind: 'visit_type_missing' }

/** A start at which a visit of a type can be booked. `available`: how many can be, more than one for groups. */
export type OpenTime = { doctorId: string; sessionId: string; startsAt: Date; endsAt: Date; available: number }

/** Times that start in [from, to), by start, at most `limit` different ones, each with all doctors who are free. */
export type OpenTimesQuery = {
  clinicNo: number
  /** null: all active doctors of the clinic. */
  doctorId: string | null
  visitTypeId: string
  from: Date
  to: Date
  /** Only of doctors who offer it so. Default: either way. */
  appointmentType?: AppointmentType | undefined
  /** For the clinic's desk: without notice, beyond the horizon, and also what only the desk books. */
  byDesk: boolean
  /** Who asks: some visit types are for patients only who are known to the clinic. */
  accountId: string | null
  limit: number
  /** The booking that is to be moved: it may keep its type, and its own time is free for it. Default: none. */
  movedId?: string | undefined
}

/** A start, instead of a range of times. */
export type StartQuery = Omit<OpenTimesQuery, 'doctorId' | 'from' | 'to' | 'limit'> & { startsAt: Date }

/** `doctorId`: only with this doctor. */
type RefusalQuery = StartQuery & { doctorId?: string }

/** A claim of a time of a session; its slot comes with the booking. `bookingId` is of the session's clinic. */
export type TimeClaimRequest = Omit<ClaimRequest, 'slotId' | 'addsPlaces'> & {
  sessionId: string
  startsAt: Date
  visitTypeId: string
  /** Since when its caller has waited, by `performance.now()`: several claims can share one wait. Default: now. */
  waitsSince?: number
}

export type TimeClaimOutcome = ClaimOutcome | TimeRefusal | AnswerRefused

/** Why no visit can begin then. */
export type TimeRefusal =
  | { kind: 'session_missing' }
  /** The visit type does not exist. */
  | { kind: 'visit_type_missing' }
  /** The doctor does not offer it, or not in this session, or nobody does any more. */
  | { kind: 'visit_type_not_offered' }
  /** Only the clinic's desk books it, or patients whom the clinic knows. */
  | { kind: 'visit_type_restricted'; bookableBy: 'desk' | 'known_patients' }
  /** No room or device that it needs is free then. */
  | { kind: 'needs_taken'; missing: MissingNeed[] }
  /** No visit of the type begins then, because it is not on the session's grid, or does not fit into it. */
  | { kind: 'time_not_offered' }

/** `name`: of the device, or of the room if only one would do; null: of several rooms, none is free. */
export type MissingNeed = { kind: VisitResourceKind; name: string | null }

/** Why no visit can begin then, also because of what is booked. */
export type VisitRefusal =
  | TimeRefusal
  | Extract<ClaimOutcome, { kind: 'slot_full' | 'slot_closed' | 'appointment_type_not_offered' }>

/** The doctor's sessions, and the times that can be booked in them. */
export type Sessions = {
  /** Idempotent. */
  create(request: CreateSessionsRequest): Promise<CreateSessionsOutcome>
  /** Those that end after `from` and start before `to`, by start, without withdrawn ones; at most 1,000. */
  list(query: { doctorId: string; from: Date; to: Date }): Promise<OpenSession[]>
  /** How many of these times lie in sessions of the doctor, wholly or in part. */
  countInSessions(query: { doctorId: string; times: readonly SessionDraft[] }): Promise<number>
  /** Also one that was withdrawn. */
  find(sessionId: string): Promise<OpenSession | null>
  /** null: the doctor has no such session. What was booked in it stays. */
  withdraw(sessionId: string, doctorId: string): Promise<{ position: string } | null>
  /** Who is free at a start. `isLocked`: a claim of it would wait for another transaction at the moment. */
  freeAt(query: StartQuery): Promise<(OpenTime & { isLocked: boolean })[]>
  /** `searchedUntil`: before `to` if the sessions have more than 20,000 starts (timesSearchedMax) until then. */
  times(query: OpenTimesQuery): Promise<{ items: OpenTime[]; searchedUntil: Date }>
  /** Why no doctor of the clinic, or not the one named, can be booked at a start. */
  refusal(query: RefusalQuery): Promise<VisitRefusal>
}
