export { type BackupCatalogue, type RestorableBackup, readCatalogue } from './backup-catalogue.ts'
export { BackupError } from './backup-error.ts'
export { type BackupKeySettings, loadOpener, loadReadingKeys, loadSealer, type Sealer } from './backup-keys.ts'
export { takeBaseBackup } from './base-backup.ts'
export type { BaseManifest } from './base-manifest.ts'
export { chooseBackup, describeGap, mergedRanges, otherHistories } from './choose-backup.ts'
export { type BackupEvent, dropArchives, findArchive, runContinuousBackup } from './continuous-backup.ts'
export { listedUntil, readErasures, removeErasures, storeErasures } from './erasure-list.ts'
export { removeExpired } from './remove-expired.ts'
export {
  checkBackup,
  recoverySettings,
  unpackBackup,
} from './restore-backup.ts'
export { refuseWithoutSpace } from './restore-space.ts'
