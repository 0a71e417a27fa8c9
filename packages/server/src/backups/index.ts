export { ErasureList, listErasures } from './erasure-list.ts'
export { backupKeys, openBackups, releaseOf } from './open-backups.ts'
export { restoreBackup, verifyRestored } from './restore-and-verify.ts'
export { listRestoreTests, type RestoreTest } from './restore-tests.ts'
