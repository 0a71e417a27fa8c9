import type { Urgency, WaivedRule } from '@holdfast/vocabulary'
import type { NotDone } from './claim.ts'
import type { Page } from './page.ts'
import type { OnceResult, WriteKey } from './stored-responses.ts'
import type {
  BumpCasesOutcome,
  BumpCasesRequest,
  Case,
  CaseAction,
  CaseConflict,
  ChangeCaseOutcome,
  ClaimCaseOutcome,
  ClaimCaseRequest,
  EquipmentNeed,
  ExtendCaseOutcome,
  MoveCaseRequest,
  Procedure,
  RecordMilestoneOutcome,
  RecordMilestoneRequest,
  SentPatient,
  SwapCasesOutcome,
  SwapCasesRequest,
  TheatrePatient,
} from './theatre-case.ts'
import type {
  Block,
  BlockFilling,
  ChangeBlockOutcome,
  ChangeBlockRequest,
  CreateBlocksOutcome,
  CreateBlocksRequest,
  Equipment,
  NewEquipment,
  NewRoom,
  NewStaff,
  Room,
  Staff,
  TheatreDoctor,
} from './theatre-resource.ts'

/** A case that waits for a time. `roomId` null: any room; `surgeonId` null: not decided yet. */
export type NewCaseRequest = {
  patient: SentPatient
  service: string
  procedure: Procedure
  minutes: number
  urgency: Urgency
  /** `YYYY-MM-DD` in the clinic's zone: the last day on which it should take place. */
  dueOn: string | null
  roomId: string | null
  surgeonId: string | null
  anaesthetistId: string | null
  staffIds: string[]
  equipment: EquipmentNeed[]
  note: string | null
}

/** patient_mismatch: the record number belongs to a patient with another birth date or name. */
export type CreateCaseRequestOutcome =
  | { kind: 'created'; id: string }
  | { kind: 'resource_missing'; path: string }
  | { kind: 'patient_mismatch' }
  | { kind: 'due_in_past' }

type RequestedFields = Omit<NewCaseRequest, 'patient'>

/** What is left out, or undefined, stays as it is. */
export type CaseRequestChange = { [Name in keyof RequestedFields]?: RequestedFields[Name] | undefined }

/** `resource_invalid`: what the change adds does not exist, or takes no new cases. */
export type ChangeCaseRequestOutcome =
  | { kind: 'done' | 'unchanged' }
  /** There is no such request, or it was withdrawn. */
  | { kind: 'request_missing' }
  | { kind: 'request_scheduled' }
  | CaseRequestChanged
  /** The day that it would become due on is over. */
  | { kind: 'due_in_past' }
  | CaseInvalid

/** The request has another version than the one that was sent. */
export type CaseRequestChanged = { kind: 'case_request_changed'; version: number }

export type CaseRequest = Omit<NewCaseRequest, 'patient'> & {
  id: string
  patientId: string
  /** null: erased. */
  patient: TheatrePatient | null
  /** scheduled: its case is neither FAILED nor CANCELLED. When that changes, it is open again by itself. */
  status: 'open' | 'scheduled' | 'withdrawn'
  caseId: string | null
  /** The case that was bumped, and why. */
  bumpedCaseId: string | null
  bumpReason: string | null
  createdBy: string | null
  createdAt: Date
  /** The number of changes of what is requested, from 1. */
  version: number
}

/** What `suggest` looks for: the same as a request of the waitlist, or a case to be claimed or moved. */
export type SuggestQuery = {
  clinicNo: number
  minutes: number
  service: string
  urgency: Urgency
  /** Each has to be active; null: any room that is. */
  roomIds: string[] | null
  /** Only starts in this block; null: anywhere. */
  blockId: string | null
  surgeonId: string
  anaesthetistId: string | null
  staffIds: string[]
  equipment: EquipmentNeed[]
  /** null: a patient without other cases. */
  mrn: string | null
  /** This case, which would be moved, is not in its own way. */
  exceptCaseId: string | null
  /** Local days of the clinic, `YYYY-MM-DD`, both included; at most 62 days. */
  from: string
  to: string
  /** At most 50. */
  limit: number
  /** Starts are multiples of it from local midnight: 1–60. */
  stepMinutes: number
}

/**
 * A start for which a claim would have no conflict, at the time of reading. `isOwnBlock`: in a block of the case's
 * service or surgeon. `waivedRules`: what it breaks of what urgent and immediate cases need not keep to.
 */
export type Suggestion = {
  roomId: string
  startsAt: Date
  endsAt: Date
  blockId: string | null
  isOwnBlock: boolean
  waivedRules: WaivedRule[]
}

/** A day without a suggestion, and what prevents the case there, most frequent first. */
export type DayRefusal = { day: string; reasons: CaseConflict['kind'][]; busy: { resourceId: string; name: string }[] }

export type Suggestions = { suggestions: Suggestion[]; refusals: DayRefusal[]; searchedUntil: string | null }

export type DurationEstimate = {
  procedureCode: string
  surgeonId: string | null
  /** The number of completed cases with both times: the surgeon's, or all surgeons' if this one has fewer than 5. */
  cases: number
  /** The minutes from in_room to out_of_room. null: no cases. */
  medianMinutes: number | null
  p80Minutes: number | null
}

/** A change of a room, person or kind of equipment. `withCases`: it may become inactive; cases that have it stay. */
export type ResourceChange<Fields> = Partial<Fields> & { active?: boolean; withCases?: boolean }

/** Cases that are not over have it, and it was to be made inactive: the first 100, by start. Nothing is changed. */
export type ResourceInUse = { kind: 'resource_in_use'; conflicts: Extract<CaseConflict, { kind: 'resource_busy' }>[] }

export type UpdateResourceOutcome<Resource> =
  | { kind: 'done'; value: Resource }
  | { kind: 'resource_missing' }
  | ResourceInUse

export type UpdateEquipmentOutcome =
  | UpdateResourceOutcome<Equipment>
  /** Cases that are not over have units above the new number: the first 100 such uses, by start. Nothing is changed. */
  | { kind: 'units_in_use'; conflicts: Extract<CaseConflict, { kind: 'resource_busy' }>[] }

/**
 * The operating theatre. A case is a booking in a block, or in the room's open time; its holds lapse like any other.
 * The promise of a write resolves after its COMMIT. Who may do what is decided at the edge.
 */
export type Theatre = {
  /** @throws pg.DatabaseError for a clinic that does not exist; the edge has checked the limits of the fields */
  createRoom(clinicNo: number, room: NewRoom, writeKey: WriteKey): Promise<OnceResult<Room>>
  createStaff(clinicNo: number, staff: NewStaff, writeKey: WriteKey): Promise<OnceResult<Staff>>
  createEquipment(clinicNo: number, equipment: NewEquipment, writeKey: WriteKey): Promise<OnceResult<Equipment>>
  /** Allocations of existing cases stay as they are. */
  updateRoom(roomId: string, change: ResourceChange<NewRoom>): Promise<UpdateResourceOutcome<Room>>
  updateStaff(staffId: string, change: ResourceChange<NewStaff>): Promise<UpdateResourceOutcome<Staff>>
  /** null: there is none with this id. */
  updateDoctor(doctorId: string, change: Pick<TheatreDoctor, 'preferredEquipmentIds'>): Promise<TheatreDoctor | null>
  updateEquipment(equipmentId: string, change: ResourceChange<NewEquipment>): Promise<UpdateEquipmentOutcome>
  /** All of them, by name; inactive ones too. */
  rooms(clinicNo: number): Promise<Room[]>
  staff(clinicNo: number): Promise<Staff[]>
  doctors(clinicNo: number): Promise<TheatreDoctor[]>
  equipment(clinicNo: number): Promise<Equipment[]>
  /** What rooms, people (doctors too) and equipment of the clinic are called, by id; unknown ids are left out. */
  names(clinicNo: number, resourceIds: string[]): Promise<Map<string, string>>

  /** Which of these cases were confirmed, whatever became of them: the others were only held. */
  confirmedCases(clinicNo: number, caseIds: readonly string[]): Promise<Set<string>>

  /** Under which the log has cases: the rooms, and the resources of their open time. Inactive ones too. */
  roomResourceIds(clinicNo: number): Promise<string[]>

  createBlocks(request: CreateBlocksRequest): Promise<CreateBlocksOutcome>
  changeBlock(request: ChangeBlockRequest): Promise<ChangeBlockOutcome>
  block(blockId: string): Promise<Block | null>
  /** All that overlap [from, to) and are not withdrawn, by room and start. */
  blocks(query: { clinicNo: number; from: Date; to: Date }): Promise<Block[]>

  claimCase(request: ClaimCaseRequest): Promise<ClaimCaseOutcome>
  /** What would prevent the claim now; nothing is written. Empty: nothing. */
  checkCase(
    request: ClaimCaseRequest,
  ): Promise<{ kind: 'checked'; conflicts: CaseConflict[] } | CaseInvalid | { kind: 'request_missing' }>
  confirmCase(action: CaseAction): Promise<ChangeCaseOutcome>
  /**
   * `reasonCode`: one of the contract's. `onlyHold`: ends a hold, and is an `invalid_transition` of a case that was
   * confirmed meanwhile.
   */
  cancelCase(action: CaseAction & { reasonCode: string; onlyHold?: boolean }): Promise<ChangeCaseOutcome>
  /** Time, room, team or equipment, in one step. */
  moveCase(request: MoveCaseRequest): Promise<ChangeCaseOutcome>
  /** Each gets the other's room and start, and keeps its minutes, team and equipment. */
  swapCases(request: SwapCasesRequest): Promise<SwapCasesOutcome>
  /** Books or moves an emergency, and cancels the cases in its way as `bumped`, with a request for each. */
  bumpCases(request: BumpCasesRequest): Promise<BumpCasesOutcome>
  /** Records a milestone of a CONFIRMED case or one in progress. */
  recordMilestone(request: RecordMilestoneRequest): Promise<RecordMilestoneOutcome>
  /**
   * A case will last until `expectedEndsAt`, not before its end. What it takes is extended as far as it is free: later
   * cases keep what they have.
   */
  extendCase(request: CaseAction & { expectedEndsAt: Date }): Promise<ExtendCaseOutcome>

  case(caseId: string): Promise<Case | null>
  /**
   * The cases that overlap [from, to) by their plan, run into it, or began before its end, by start. One that has not
   * ended runs at least until now; one that is late, for its minutes from now on. `withEnded`: FAILED and CANCELLED
   * ones are included.
   */
  cases(query: CasesQuery): Promise<Case[]>
  /** The same, in pages. One with ended cases that are left out has fewer than `limit`. @throws InvalidCursor */
  casesPage(query: CasesQuery & PageQuery): Promise<Page<Case>>

  /**
   * `mayChangePatient`: a patient whom the clinic knows may be corrected. Otherwise name and birth date have
   * to be the stored ones. `today`: the clinic's local date, before which a request is not due. A repetition returns
   * what is stored, also when the due day is over.
   */
  createCaseRequest(
    clinicNo: number,
    request: NewCaseRequest & { createdBy: string | null; mayChangePatient: boolean; today?: string },
    writeKey: WriteKey,
  ): Promise<OnceResult<CreateCaseRequestOutcome>>
  /** Corrects an open request, as it is under its lock. `version`: of the request that was read. */
  changeCaseRequest(requestId: string, version: number, change: CaseRequestChange): Promise<ChangeCaseRequestOutcome>
  /** Returns false if there is no open request with this id. */
  withdrawCaseRequest(requestId: string): Promise<boolean>
  caseRequest(requestId: string): Promise<CaseRequest | null>
  /** Sorted by urgency, due date, and time of the request. */
  caseRequests(query: CaseRequestsQuery): Promise<CaseRequest[]>
  /** The same, in pages. @throws InvalidCursor */
  caseRequestsPage(query: CaseRequestsQuery & PageQuery): Promise<Page<CaseRequest>>

  /**
   * Feasible times, the best first (suggest_cases.sql), and what prevents the case on days without one.
   * `searchedUntil`: the first day that was not searched to its end, because there was too much to check; null: there
   * is none.
   */
  suggest(query: SuggestQuery): Promise<Suggestions | CaseInvalid | NotDone>
  /**
   * Books open requests in a block, or holds times for them, in the order of the list, as many as fit, each by a claim.
   * `key`: a digest, as of a claim; a repetition finds what the first call has booked. `overloaded`, `locked`: nothing
   * was booked.
   *
   * A call ends after some seconds of searches. `nextCursor`: where the next one, with another key, goes on; null: the
   * block is full, or the list has ended. `examined`: how many open requests were looked at, of those that the owner,
   * the room and the free minutes of the block admit.
   *
   * One run of steps fills a block at a time. `block_being_filled`: another one does, and nothing was booked. It is
   * over when its last step has ended, or 20 seconds after a step if no other follows, a minute if that did not end.
   *
   * `filled_in_part`: the same after some were booked. A repetition with the key books the rest. `room_inactive`: the
   * room takes no new cases, and nothing was booked.
   *
   * @throws DatabaseUnavailable with `outcomeUnknown` if it fails after a part was booked: a repetition continues it
   * @throws InvalidCursor for a cursor that no call for this block returned
   */
  fillBlock(request: {
    blockId: string
    confirm: boolean
    actorId: string | null
    key: string
    cursor?: string | null
  }): Promise<
    | { kind: 'filled'; cases: Case[]; examined: number; nextCursor: string | null }
    | { kind: 'filled_in_part'; cases: Case[]; retryAfterSeconds: number }
    | ({ kind: 'block_being_filled' } & BlockFilling)
    | { kind: 'block_missing' }
    | { kind: 'room_inactive'; roomId: string }
    | NotDone
  >
  estimate(query: { clinicNo: number; procedureCode: string; surgeonId: string | null }): Promise<DurationEstimate>
}

/**
 * `surgeonId`: only what they are the surgeon of, so that cursors and `atRiskBy` name nothing else; null: nothing;
 * undefined: everything.
 */
type OfSurgeon = { surgeonId?: string | null | undefined }

export type CasesQuery = OfSurgeon & {
  clinicNo: number
  from: Date
  to: Date
  withEnded: boolean
  /** false: atRiskBy and lacks, for which many rows are read, are null; `of` a case: only its own are read. */
  withRisks?: boolean | { of: string }
}

export type CaseRequestsQuery = OfSurgeon & {
  clinicNo: number
  status: CaseRequest['status'] | null
  filter?: CaseRequestsFilter
}

/** What is left out, or blank, matches every request. */
export type CaseRequestsFilter = {
  /** Each word of it is part of the service, the procedure or its code, the patient’s name or number, or the note. */
  text?: string
  /** A part of the service’s name. */
  service?: string
  surgeonId?: string
  urgency?: Urgency
  /** `YYYY-MM-DD`: due on this day or before. */
  dueUntil?: string
  fits?: RequestFit
}

/**
 * Requests with a surgeon and a patient, for this room or any, of at most so many minutes, and of one of these
 * urgencies. `service`, `surgeonId`: of this owner; null: of any.
 */
export type RequestFit = {
  roomId: string
  minutesMax: number
  urgencies: Urgency[]
  service: string | null
  surgeonId: string | null
}

type PageQuery = { limit: number; cursor: string | null }

export type CaseInvalid = {
  kind: 'resource_invalid'
  path: string
  resourceId: string
  /** The name of what is inactive. */
  name: string | null
  why: 'missing' | 'inactive' | 'repeated'
}
