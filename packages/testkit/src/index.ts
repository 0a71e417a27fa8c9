export { aMove, aSettlement, aWithdrawal } from './a-change.ts'
export { aNewVisitType } from './a-new-visit-type.ts'
export { aPatientRecord } from './a-patient-record.ts'
export {
  aCombination,
  aQuestion,
  aSession,
  aTimeClaim,
  aVisitResource,
  aVisitType,
  type BuiltSession,
  type VisitTypeOverrides,
} from './a-visit.ts'
export {
  aWaitlistEntry,
  type WaitlistEntryOverrides,
} from './a-waitlist-entry.ts'
export { addMonths, ageBooking } from './add-months.ts'
export { aPng } from './an-image.ts'
export { anOfferMessage, type OfferMessageOverrides } from './an-offer-message.ts'
export {
  type Description,
  endLockWaiters,
  type HeldLock,
  holdLock,
  holdSlotLock,
  until,
  untilLockWaiters,
} from './barrier.ts'
export {
  aBooking,
  aClinic,
  aDoctor,
  aMember,
  anAccount,
  aSiteAdministrator,
  aSlot,
  type BookingOverrides,
  type BuilderDatabase,
  type BuiltBooking,
  type BuiltClinic,
  type BuiltDoctor,
  type BuiltSlot,
  type ClinicOverrides,
  type SlotOverrides,
  signedInAgo,
  someMessageSettings,
  withoutQuietHours,
} from './builders.ts'
export { checkHistory } from './check-history.ts'
export { aClaim, type ClaimWay, claimWays, kinds } from './claim-ways.ts'
export { lapseHolds, shiftSlot } from './clock.ts'
export { columnsRead } from './columns-read.ts'
export { lockCounter } from './count-locks.ts'
export { fillDataDirectory } from './data-directory.ts'
export { type DatabaseProxy, databaseProxy } from './database-proxy.ts'
export { drawnOfRun } from './drawn-of-run.ts'
export { type MailServer, mailServer, type ReceivedMail } from './mail-server.ts'
export { type MailServerProcess, type StoredMail, startMailServerProcess } from './mail-server-process.ts'
export { ofKind } from './of-kind.ts'
export { offerAsFreed } from './offer-as-freed.ts'
export { type PgBouncer, startPgBouncer, whyNoPgBouncer } from './pgbouncer.ts'
export { placesOfText } from './places-of-text.ts'
export { neverReadAgain, plantFunction } from './plant-function.ts'
export { portToKeep } from './port-to-keep.ts'
export { rolledBack } from './rolled-back.ts'
export { seededRandom } from './seeded-random.ts'
export { takenOf } from './taken-of.ts'
export { createTestCluster, type TestCluster } from './test-cluster.ts'
export { createEmptyDatabase, createTestDatabase, type TestDatabase } from './test-database.ts'
export { compileCacheEnvironment, provideTestEnvironment } from './test-environment.ts'
export { webhookReceiver } from './webhook-receiver.ts'
