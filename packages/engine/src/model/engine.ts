import type pg from 'pg'
import type { AccountPeople } from './account-person.ts'
import type { CorrectAnswersOutcome, CorrectAnswersRequest } from './answers-correction.ts'
import type { ApiKeys } from './api-key.ts'
import type { AttendanceOutcome, AttendanceRequest } from './attendance.ts'
import type { AuditLog } from './audit-event.ts'
import type { AdmissionOutcome, AdmissionRequest, BookingBurst, BookingLimits } from './booking-limits.ts'
import type { BookingLinks } from './booking-link.ts'
import type { BusyCalendars } from './busy-calendar.ts'
import type { CalendarFeeds } from './calendar-feed.ts'
import type { ClaimOutcome, ClaimRequest } from './claim.ts'
import type { Closures } from './closure.ts'
import type { Committed } from './committed.ts'
import type { WithdrawConsentOutcome, WithdrawConsentRequest } from './consent.ts'
import type { CorrectionOutcome, CorrectionRequest } from './correction.ts'
import type { Directory } from './directory.ts'
import type { Erasures } from './erasure.ts'
import type { DirectoryImport, ImportCounts, ImportOutcome } from './import.ts'
import type { Invitations } from './invitation.ts'
import type { ManageTokenEpochs } from './manage-access.ts'
import type { Messages } from './message.ts'
import type { Patients } from './patient-record.ts'
import type { PersonalDataOf } from './personal-data.ts'
import type { Reads } from './reads.ts'
import type { Series } from './series.ts'
import type { Sessions, TimeClaimOutcome, TimeClaimRequest } from './session.ts'
import type {
  MoveOutcome,
  MoveRequest,
  SettleOutcome,
  SettleRequest,
  TimeMoveOutcome,
  TimeMoveRequest,
} from './settle.ts'
import type {
  CreateSlotsRequest,
  CreateSlotsResult,
  SetCapacityOutcome,
  SetCapacityRequest,
  WithdrawSlotsOutcome,
  WithdrawSlotsRequest,
} from './slot.ts'
import type { StoredResponses } from './stored-responses.ts'
import type { Theatre } from './theatre.ts'
import type { Waitlist } from './waitlist.ts'
import type { Webhooks } from './webhook.ts'
import type { DoctorWorkingHours } from './working-hours.ts'

/** Everything that the engine does. The promise of a write resolves after its COMMIT. */
export type Engine = {
  /**
   * Checks a claim against its clinic's limits, and reserves room for it within them. Call it before `claim`, and
   * `release` if that booked nothing; or before a confirmation that names a contact.
   */
  admit(request: AdmissionRequest): Promise<AdmissionOutcome>
  release(request: Pick<AdmissionRequest, 'bookingId' | 'origins'>): void
  claim(request: ClaimRequest): Promise<ClaimOutcome>
  claimTime(request: TimeClaimRequest): Promise<TimeClaimOutcome>
  settle(request: SettleRequest): Promise<SettleOutcome>
  move(request: MoveRequest): Promise<MoveOutcome>
  moveToTime(request: TimeMoveRequest): Promise<TimeMoveOutcome>
  confirmAttendance(request: AttendanceRequest): Promise<AttendanceOutcome>
  withdrawAttendance(request: AttendanceRequest): Promise<AttendanceOutcome>
  withdrawConsent(request: WithdrawConsentRequest): Promise<WithdrawConsentOutcome>
  correctAnswers(request: CorrectAnswersRequest): Promise<CorrectAnswersOutcome>
  correctPatient(request: CorrectionRequest): Promise<CorrectionOutcome>
  createSlots(request: CreateSlotsRequest): Promise<CreateSlotsResult>
  setCapacity(request: SetCapacityRequest): Promise<SetCapacityOutcome>
  withdrawSlots(request: WithdrawSlotsRequest): Promise<WithdrawSlotsOutcome>
  /** Creates clinics, doctors and slots: all of them, or none when `input` has a problem. */
  importDirectory(
    input: DirectoryImport,
    options: {
      dryRun: boolean
      /** Writes more in the same transaction, unless nothing was written. */
      alsoWrite?: (transaction: pg.PoolClient, counts: ImportCounts) => Promise<void>
    },
  ): Promise<ImportOutcome>
  reads: Reads
  sessions: Sessions
  series: Series
  directory: Directory
  invitations: Invitations
  bookingLimits: {
    read(clinicNo: number): Promise<BookingLimits>
    /** Limits that are not named are not changed. */
    change(clinicNo: number, limits: Partial<BookingLimits>): Promise<BookingLimits>
    /** The accounts of live bookings of the last hours that are counted by origin; at most 10,000, the latest. */
    accountsOfBursts(query: { clinicNo: number; hours: number }): Promise<string[]>
    /** Origins with at least `bookingsMin` live bookings of the last hours; the largest first. */
    bursts(query: {
      clinicNo: number
      hours: number
      bookingsMin: number
      newAccountIds: readonly string[]
      limit: number
    }): Promise<BookingBurst[]>
    /** The ids of a burst's live bookings that belong to no account, or to one of these; the oldest first. */
    bookingsOfBurst(query: {
      clinicNo: number
      burstId: string
      hours: number
      newAccountIds: readonly string[]
      limit: number
    }): Promise<string[]>
  }
  bookingLinks: BookingLinks
  erasures: Erasures
  manageTokenEpochs: ManageTokenEpochs
  storedResponses: StoredResponses
  auditLog: AuditLog
  messages: Messages
  theatre: Theatre
  patients: Patients
  personalData: PersonalDataOf
  waitlist: Waitlist
  webhooks: Webhooks
  apiKeys: ApiKeys
  accountPeople: AccountPeople
  calendarFeeds: CalendarFeeds
  busyCalendars: BusyCalendars
  closures: Closures
  workingHours: DoctorWorkingHours
  /**
   * Calls the subscriber for every transaction of this engine that wrote: after COMMIT, and before the caller gets its
   * result. A batch of claims is one transaction. Other processes' writes arrive by the log (see `EventTail`).
   *
   * A subscriber must not throw. If one does, the other subscribers are still called, the caller gets its result, and
   * then the error ends the process as an uncaught exception: the subscriber may be a cache that still has what the
   * write outdated (docs/decisions/0005).
   *
   * @returns a function that ends the subscription
   */
  onCommitted(subscriber: (committed: Committed) => void): () => void
  /** Takes no new work, and resolves when everything accepted has its outcome. */
  stop(): Promise<void>
}
