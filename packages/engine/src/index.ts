export { AppLoginError, type AppLoginErrorKind } from './app-login/app-login-error.ts'
export { ensureAppLogin } from './app-login.ts'
export type { AppointmentType, Booking, BookingStatus, FailureReason, Patient } from './bookings/booking.ts'
export type { ClaimedBooking, ClaimOutcome, ClaimRequest, Overloaded, SlotClosedWhy } from './bookings/claim.ts'
export type { MoveOutcome, MoveRequest, SettleAction, SettleOutcome, SettleRequest } from './bookings/settle.ts'
export { type Commit, createEngine, type EngineSettings, type QueueDepths } from './create-engine.ts'
export { createKysely, createPool, inTransaction, type PoolSettings } from './database.ts'
export { DatabaseUnavailable, isConnectionLost } from './database-unavailable.ts'
export { changeDatabaseUrl } from './database-url.ts'
export type { Clinic, ClinicSettings, Doctor, Membership, Money, Page, Role } from './directory/directory.ts'
export { importDirectory } from './directory/import.ts'
export { UnknownTimeZone } from './directory/time-zone.ts'
export { videoRoomCharactersMax, videoRoomProblem, visitAddress } from './directory/video-room.ts'
export type {
  BookingsOfAccountQuery,
  BookingsOfClinicQuery,
  CreateSlotsRequest,
  Directory,
  DoctorsQuery,
  Engine,
  KeptAnswers,
  NewClinic,
  NewDoctor,
  Reads,
  Remembered,
  WithdrawSlotsRequest,
  WriteKey,
} from './engine.ts'
export { clinicNoMax, clinicNoOf, isId, newId, timeOf } from './id.ts'
export { MigrateError, type MigrateErrorKind } from './migrate/migrate-error.ts'
export { type MigrationStatus, migrationStatus } from './migrate/migration-status.ts'
export { type MigrateOptions, type MigrateResult, migrate } from './migrate.ts'
export { ensurePartitions } from './partitions.ts'
export { purgeOutdated } from './purge-outdated.ts'
export type { BatchReport } from './queue/batch-queue.ts'
export type { BookingEvent } from './reads/booking-event.ts'
export type { ClinicStats } from './reads/clinic-stats.ts'
export { InvalidCursor } from './reads/cursor.ts'
export { createLiveReads, type LiveDoctor, type LiveReads, type LiveSlot } from './reads/live-slots.ts'
export { instantsOfLocalDays } from './reads/local-days.ts'
export { serverSecrets } from './server-secrets.ts'
export type {
  AffectedBooking,
  CreateSlotsResult,
  Slot,
  SlotDraft,
  SlotDraftOutcome,
  SlotRule,
  WithdrawSlotsOutcome,
} from './slots/slot.ts'
export { expandSlotRule, slotsAheadYearsMax, slotsPerCallMax } from './slots/slot-rule.ts'
export { EventTail, type EventTailSettings, type TailListener } from './tail/event-tail.ts'
export type { LogEntry } from './tail/log-entry.ts'
export { createWaker } from './tail/wake-others.ts'
export { type VerifyQuery, verify } from './verify/verify.ts'
export type { VerifyFinding, VerifyReport } from './verify/verify-report.ts'
