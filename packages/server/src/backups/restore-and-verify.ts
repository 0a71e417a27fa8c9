import {
  type BackupKeySettings,
  checkBackup,
  loadOpener,
  type RestorableBackup,
  recoverySettings,
  refuseWithoutSpace,
  unpackBackup,
} from '@holdfast/adapters/backup'
import { refuseUnlessEmpty, restoreEmbeddedPostgres } from '@holdfast/adapters/embedded-postgres'
import type { ObjectStore } from '@holdfast/adapters/object-store'
import {
  type Erased,
  migrate,
  migrationStatus,
  type RepeatedErasures,
  repeatErasures,
  type VerifyReport,
  verify,
  withPool,
} from '@holdfast/engine'

export type RestoreOptions<Result> = {
  store: ObjectStore
  keys: BackupKeySettings
  backup: RestorableBackup
  /** null: the latest moment that the backup has. */
  to: Date | null
  /** New or empty. */
  dataDirectory: string
  /** Runs with the restored database before anybody can start it: `verifyRestored`. */
  complete(database: { ownerUrl: string }): Promise<Result>
  say?: (line: string) => void
  signal?: AbortSignal
}

const detailsMax = 100

/**
 * Restores a backup of the embedded database into a new data directory: reads and checks everything, then unpacks it,
 * and lets PostgreSQL replay the WAL.
 *
 * @throws BackupError, EmbeddedPostgresError, and what `complete` throws; then there is no new directory
 */
export async function restoreBackup<Result>(options: RestoreOptions<Result>): Promise<Result> {
  const { store, keys, backup, to, dataDirectory, complete, say = () => undefined, signal } = options
  const opener = await loadOpener(store, keys, backup.manifest.recipient)
  await refuseUnlessEmpty(dataDirectory)
  await refuseWithoutSpace(backup, dataDirectory)
  say(`Checking the backup ${backup.id} …`)
  await checkBackup(store, opener, backup, signal)
  say(`Restoring it into ${dataDirectory} …`)
  return restoreEmbeddedPostgres({
    dataDirectory,
    majorVersion: backup.manifest.postgres.majorVersion,
    recoverySettings: recoverySettings(backup, to),
    fill: (directory) => unpackBackup(store, opener, backup, directory, signal),
    complete,
    log: say,
    ...(signal === undefined ? {} : { signal }),
  })
}

/** Updates the restored database to this release, as a start would, erases again what has to be, and verifies it. */
export async function verifyRestored(
  ownerUrl: string,
  erased: readonly Erased[] = [],
): Promise<VerifyReport & { erasures: RepeatedErasures }> {
  return withPool({ url: ownerUrl, name: 'holdfast restore' }, async (pool) => {
    if (!(await migrationStatus(pool)).current) await migrate({ ownerUrl })
    const erasures = await repeatErasures(pool, erased)
    return { ...(await verify(pool, { clinicNo: null, detailsMax })), erasures }
  })
}
