export { AppLoginError } from './app-login/app-login-error.ts'
export { checkAppLogin } from './app-login/check-app-login.ts'
export { appLoginName, ensureAppLogin, storedAppLogin } from './app-login/ensure-app-login.ts'
export { scramVerifier } from './app-login/scram-verifier.ts'
export {
  everybodyCreatesLargeObjects,
  largeObjectsStep,
  mayConnectTo,
  type SetupNames,
  type SetupStep,
  setupScript,
  setupSteps,
  stepsInDatabase,
} from './app-login/setup-steps.ts'
export { archiveAgeMonths, archiveMonth } from './archive/archive-month.ts'
export { ArchiveRefused } from './archive/archive-refused.ts'
export { listMonths } from './archive/list-months.ts'
export { restoreMonth } from './archive/restore-month.ts'
export { createAuditLog } from './audit/create-audit-log.ts'
export { purgeAuditEvents } from './audit/purge-audit-events.ts'
export { noteAnchored, sealAuditEvents, unanchoredHeads } from './audit/seal-audit-events.ts'
export { storeAuditMonths } from './audit/store-audit-months.ts'
export {
  type AnchoredHead,
  type AuditReport,
  verifyAudit,
} from './audit/verify-audit.ts'
export { createManageTokenEpochs } from './bookings/manage-token-epochs.ts'
export { PartitionMissing } from './bookings/partition-missing.ts'
export { applyDueClosures } from './calendars/apply-closures.ts'
export {
  recordBusyCalendar,
  takeBusyCalendarNotices,
  takeDueBusyCalendars,
} from './calendars/read-busy-calendars.ts'
export { batchConnectionsMax, createEngine, type EngineSettings } from './create-engine.ts'
export { advisoryLocks } from './database/advisory-locks.ts'
export { canChange } from './database/can-change-sql.ts'
export { connectClient } from './database/connect-client.ts'
export { type DatabasePool, openDatabasePool } from './database/database-pool.ts'
export {
  ClinicMoving,
  DatabaseUnavailable,
  isClinicMoving,
  isConnectionLost,
  isDatabaseUnusable,
  isLockTimeout,
  isLoginRefused,
  isNotWritable,
  isTransient,
  mayHaveRun,
  PoolExhausted,
  refusedWith,
} from './database/database-unavailable.ts'
export {
  asPooled,
  changeDatabaseUrl,
  databaseOf,
  isPooled,
  loginOf,
  takeOptions,
  withLoginOf,
} from './database/database-url.ts'
export { ExternalIdTaken } from './database/external-ids.ts'
export { type Blocker, findBlockers } from './database/find-blockers.ts'
export { findPooler, type Pooler, poolerOf } from './database/find-pooler.ts'
export { createPool, inTransaction, type PoolSettings, withPool } from './database/pools.ts'
export { prepared } from './database/prepared.ts'
export { promptly } from './database/promptly.ts'
export { repeatUntilFewer } from './database/repeat-until-fewer.ts'
export { requestTimes } from './database/request-times.ts'
export { deleteStoredSecret, serverSecrets, storedSecret } from './database/server-secrets.ts'
export { directoryNo, ShardRefused } from './database/shard-mark.ts'
export type { ShardPools } from './database/shard-pools.ts'
export { advisoryWaitMinutesMax, takeAdvisoryLock } from './database/take-advisory-lock.ts'
export {
  accountClinics,
  pruneAccountClinic,
  rolesInShard,
  secondFactorClinics,
} from './directory/account-clinics.ts'
export { accountRights } from './directory/account-rights.ts'
export { readLogo } from './directory/clinic-logos.ts'
export { createDirectory } from './directory/create-directory.ts'
export { isInvitationOpen } from './directory/invitations.ts'
export { UnknownTimeZone } from './directory/time-zone.ts'
export { videoRoomCharactersMax, videoRoomProblem, visitAddress } from './directory/video-room.ts'
export { engineMethods } from './engine-methods.ts'
export { MonthsInTransit } from './erasure/months-in-transit.ts'
export { type Erased, erasuresSince, type RepeatedErasures, repeatErasures } from './erasure/repeat-erasures.ts'
export { digitsOf } from './erasure/same-phone.ts'
export { InvalidCursor } from './lists/cursor.ts'
export { pagesOf } from './lists/pages-of.ts'
export {
  beginAccountMail,
  deleteAccountMail,
  deleteExpiredAccountMails,
  endAccountRequest,
  repeatAccountMail,
  storeAccountMail,
  takeAccountMails,
  waitingAccountMails,
} from './messages/account-mails.ts'
export { type EntryFacts, endedEntryFacts, entryFacts } from './messages/entry-facts.ts'
export {
  countMail,
  countMessage,
  furtherTicketsPerDay,
  linksToConfirmPerDay,
  lostEntriesPerDay,
  lostTicketPerDayMax,
  lostTicketsPerDay,
  messagesPerDay,
  networkOfBooking,
  ownLostEntriesPerDayMax,
  smsPerDayMax,
} from './messages/message-budget.ts'
export { defaultMessageChoices, messageChoices } from './messages/message-choices.ts'
export { defaultMessageSettings } from './messages/message-settings.ts'
export { planMessages } from './messages/plan-messages.ts'
export { type Bounce, recordBounce } from './messages/record-bounce.ts'
export { hasNoReminders } from './messages/reminder-opt-outs.ts'
export { quietHoursAround, reminderDelay } from './messages/reminder-times.ts'
export {
  beginSending,
  isLaterReminderDue,
  messageFacts,
  recordMessage,
  takeDueMessages,
} from './messages/send-messages.ts'
export { timesInstead } from './messages/times-instead.ts'
export { grantedFunctions } from './migrate/granted-functions.ts'
export { type MigrateResult, migrate } from './migrate/migrate.ts'
export { MigrateError } from './migrate/migrate-error.ts'
export { migrationStatus } from './migrate/migration-status.ts'
export { readRelease } from './migrate/read-release.ts'
export type { DueAccountMail, NewAccountMail } from './model/account-mail.ts'
export type { CorrectAnswersOutcome } from './model/answers-correction.ts'
export type { ApiKey, ApiKeys, OpenApiKey } from './model/api-key.ts'
export type { AttendanceOutcome } from './model/attendance.ts'
export type { AuditEvent, AuditEventsQuery, AuditHead, AuditLog, NewAuditEvent } from './model/audit-event.ts'
export type { Booking, Patient } from './model/booking.ts'
export type { BookingAccess } from './model/booking-access.ts'
export type { BookingEvent, CaseDetails } from './model/booking-event.ts'
export type { AdmissionOutcome, BookingOrigin } from './model/booking-limits.ts'
export type { LinkOutcome } from './model/booking-link.ts'
export type { MoveFacts } from './model/booking-moves.ts'
export type {
  BusyCalendarFailure,
  BusyCalendarNotice,
  BusyCalendarRead,
  BusyTime,
  DueBusyCalendar,
  LeftOutEvents,
} from './model/busy-calendar.ts'
export type { FeedSubject, OpenFeed } from './model/calendar-feed.ts'
export {
  type AnsweringPatient,
  type ClaimedBooking,
  type ClaimOutcome,
  type ClaimRequest,
  isNotDone,
  type Overloaded,
  type PatientBooked,
  type PatientKnownBy,
} from './model/claim.ts'
export type { Clinic, ClinicLogo, NewClinic } from './model/clinic.ts'
export type { ClinicStats } from './model/clinic-stats.ts'
export type {
  Closure,
  ClosureDone,
  ClosureEffect,
  ClosureTime,
  ConcernedCases,
  TooManyClosures,
} from './model/closure.ts'
export type { Committed, CommittedSlot } from './model/committed.ts'
export type { WithdrawConsentOutcome } from './model/consent.ts'
export type { CorrectionOutcome } from './model/correction.ts'
export { digestUuid } from './model/digest-uuid.ts'
export type { Directory } from './model/directory.ts'
export { type Doctor, type NewDoctor, nextSlotsMax } from './model/doctor.ts'
export type { Engine } from './model/engine.ts'
export type { ErasureOutcome, PatientContact, PatientErased, UnlinkedOfRecord } from './model/erasure.ts'
export type { ExternalId } from './model/external-id.ts'
export { clinicNoIn, clinicNoOf, isId, newId } from './model/id.ts'
export type {
  DirectoryImport,
  ImportClinic,
  ImportCounts,
  ImportDoctor,
  ImportList,
  ImportOutcome,
  ImportSlot,
} from './model/import.ts'
export type { Invitation, InvitationMail, InvitationProof, Invitations } from './model/invitation.ts'
export { mailReceiverName } from './model/mail-receiver-name.ts'
export type { ManageAccess, TokenRenewal } from './model/manage-access.ts'
export type { HeldMembership, Membership } from './model/membership.ts'
export type {
  DueMessage,
  ListedMessage,
  Message,
  MessageChoices,
  MessageContent,
  MessageFacts,
  MessageOutcome,
  MessageReason,
  MessageSettings,
  SeriesFacts,
  TimeInstead,
} from './model/message.ts'
export type { FreeTime, NearTimes } from './model/near-times.ts'
export { normalizedEmail } from './model/normalized-email.ts'
export type { Page } from './model/page.ts'
export type {
  Guardian,
  MergedRecord,
  PatientFields,
  PatientRecord,
  Patients,
  PatientVisits,
} from './model/patient-record.ts'
export {
  type PersonalSectionRows,
  type PersonInClinic,
  personalLimits,
  type SeenData,
  TooMuchPersonalData,
} from './model/personal-data.ts'
export type { AlternativesQuery, BookingsOfClinicQuery, ListedBooking, Reads } from './model/reads.ts'
export { noTimes, type RequestTimes, type Span } from './model/request-times.ts'
export type * from './model/series.ts'
export type * from './model/session.ts'
export type * from './model/settle.ts'
export type * from './model/slot.ts'
export { parseSnapshot, Snapshot } from './model/snapshot.ts'
export type { OnceResult, WriteKey } from './model/stored-responses.ts'
export type {
  CaseInvalid,
  CaseRequest,
  CaseRequestChange,
  CaseRequestChanged,
  NewCaseRequest,
  SuggestQuery,
  Theatre,
  UpdateResourceOutcome,
} from './model/theatre.ts'
export type {
  BumpCasesOutcome,
  BumpRefusal,
  Case,
  CaseConflict,
  CasePlan,
  CaseRefusal,
  CaseUnchangeable,
  ChangeCaseOutcome,
  ClaimCaseRequest,
  ExtendCaseOutcome,
  RecordMilestoneOutcome,
  RuleOverride,
  SentPatient,
} from './model/theatre-case.ts'
export type * from './model/theatre-resource.ts'
export type { VerifyReport } from './model/verify-report.ts'
export type { BookedAnswer, NewVisitQuestion, VisitQuestion } from './model/visit-question.ts'
export type { NewVisitResource } from './model/visit-resource.ts'
export type { NewVisitType, VisitType, VisitTypeDoctor } from './model/visit-type.ts'
export type {
  JoinOutcome,
  LaterVisit,
  NewWaitlistEntry,
  StoreEntryMail,
  WaitlistEntry,
  WaitlistOffer,
} from './model/waitlist.ts'
export {
  type DeliveryFailure,
  type DeliveryOutcome,
  type DueDelivery,
  type PauseReason,
  publishedEvents,
  type Webhook,
  type WebhookDelivery,
} from './model/webhook.ts'
export type {
  NewWorkingHours,
  WorkingBand,
  WorkingHours,
  WorkingHoursPreview,
  WorkingHoursRefusal,
} from './model/working-hours.ts'
export { type ClinicCopy, chooseClinic } from './move/choose-clinic.ts'
export { isClinicHere } from './move/clinic-fence.ts'
export { moveNoticeMs } from './move/clinic-note.ts'
export {
  type MovedClinic,
  type MoveStep,
  moveClinic,
} from './move/move-clinic.ts'
export { MoveRefused, moveDatabase } from './move/move-database.ts'
export type { MoveEnd } from './move/move-refusals.ts'
export type { BatchReport } from './queue/batch-report.ts'
export { type ClinicLimiter, createClinicLimiter, createSharedLimiter } from './queue/clinic-limiter.ts'
export {
  type CalendarDays,
  type CalendarDoctor,
  type CalendarReads,
  type CalendarRules,
  type CalendarSlot,
  createCalendarReads,
  type DaysOfAnyDoctor,
} from './reads/calendar-reads.ts'
export { createReads } from './reads/create-reads.ts'
export { instantsOfLocalDays, localDays } from './reads/local-days.ts'
export { lostBookings } from './reads/lost-bookings.ts'
export { clinicLoads } from './shards/clinic-loads.ts'
export {
  drainedShards,
  findClinicPlace,
  findClinicShard,
  movingClinics,
  placeClinic,
  readClinicShards,
  recentBookings,
} from './shards/clinic-shards.ts'
export { drainShard, releaseNotes, undrainShard } from './shards/drain-shard.ts'
export { emptiestShard } from './shards/emptiest-shard.ts'
export { ImportInterrupted, importIntoShards } from './shards/import-into-shards.ts'
export { type MisplacedClinic, misplacedClinics } from './shards/misplaced-clinics.ts'
export { balancingMoves, type ClinicLoad, drainingMoves, type ProposedMove } from './shards/propose-moves.ts'
export { copySiteAdministrators, isShard, refuseOtherShard, registerShard } from './shards/register-shard.ts'
export {
  checkShard,
  describeMissing,
  expectedShard,
  missingShards,
  openShardPool,
  registeredEnds,
  registeredShardNo,
  shardAsDirectory,
} from './shards/registered-shards.ts'
export { type SettledClinic, settleClinics } from './shards/settle-clinics.ts'
export { latestStart, slotHoursMax, slotsAheadYearsMax } from './slots/slot-dates.ts'
export { expandSlotRule } from './slots/slot-rule.ts'
export { EventTail, type EventTailSettings } from './tail/event-tail.ts'
export { LogAhead } from './tail/log-ahead.ts'
export { type BookingLine, changedSlotsOf, type LogEntry } from './tail/log-entry.ts'
export { checkLogIsOfServer, renumberLog } from './tail/log-epoch.ts'
export { findLogHeldBack, type LogHeldBack, logHeldBackSeconds } from './tail/log-held-back.ts'
export {
  acknowledgeLog,
  addLogReceiver,
  hasLogReceiver,
  holdLogReceiver,
  type LogPosition,
  ReceiverLost,
  releaseLogReceiver,
} from './tail/log-receivers.ts'
export { type LoggedEvent, loggedEvents } from './tail/logged-events.ts'
export { createWaker } from './tail/wake-others.ts'
export { type DatabaseLoad, readDatabaseLoad } from './upkeep/database-load.ts'
export { endWaitlistEntries } from './upkeep/end-waitlist-entries.ts'
export { ensurePartitions } from './upkeep/ensure-partitions.ts'
export { eraseOutdated } from './upkeep/erase-outdated.ts'
export {
  expireHolds,
  expireHoldsOfAllMonths,
  passOnLapsedPlaces,
  passOnLapsedPlacesOfAllMonths,
} from './upkeep/expire-holds.ts'
export { finishErasures } from './upkeep/finish-erasures.ts'
export { purgeOutdated } from './upkeep/purge-outdated.ts'
export {
  forgetUpkeep,
  readUpkeepResults,
  recordUpkeep,
  scheduleUpkeep,
  type UpkeepResult,
} from './upkeep/upkeep-results.ts'
export {
  endFailuresOf,
  readWorkResults,
  recordWork,
  type WorkDone,
  type WorkKind,
  type WorkResult,
} from './upkeep/work-results.ts'
export { verify } from './verify/verify.ts'
export { clinicsWithWebhooks, planDeliveries } from './webhooks/plan-deliveries.ts'
export { type Published, publishedForm, recentEvents } from './webhooks/published-events.ts'
export { planReplays } from './webhooks/replay-webhooks.ts'
export { recordDelivery, takeDueDeliveries } from './webhooks/send-deliveries.ts'
export { fillDueDoctors } from './working-hours/fill-doctor.ts'
