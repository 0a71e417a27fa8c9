export { type HeldLock, holdLock, holdSlotLock, until, untilLockWaiters } from './barrier.ts'
export {
  aBooking,
  aClinic,
  aDoctor,
  aMember,
  aSlot,
  type BookingOverrides,
  type BuilderDatabase,
  type BuiltBooking,
  type BuiltClinic,
  type BuiltDoctor,
  type BuiltSlot,
  type ClinicOverrides,
  type DoctorOverrides,
  type SlotOverrides,
} from './builders.ts'
export { checkHistory } from './check-history.ts'
export { aClaim, type ClaimWay, claimWays, kinds } from './claim-ways.ts'
export { lapseHolds, shiftSlot } from './clock.ts'
export { fillDataDirectory } from './data-directory.ts'
export { type DatabaseProxy, databaseProxy } from './database-proxy.ts'
export { placesOfText } from './places-of-text.ts'
export { plantFunction } from './plant-function.ts'
export { portToKeep } from './port-to-keep.ts'
export { takenOf } from './taken-of.ts'
export { createTestCluster, type TestCluster } from './test-cluster.ts'
export { createEmptyDatabase, createTestDatabase, type TestDatabase } from './test-database.ts'
export { compileCacheEnvironment, provideTestEnvironment } from './test-environment.ts'
