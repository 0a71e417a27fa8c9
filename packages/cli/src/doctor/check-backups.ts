import { type BackupCatalogue, BackupError, loadReadingKeys, readCatalogue } from '@holdfast/adapters/backup'
import { ObjectStoreError } from '@holdfast/adapters/object-store'
import { backupAgeMax } from '@holdfast/server/alert-thresholds'
import { backupKeys, openBackups } from '@holdfast/server/backups'
import type { Config } from '@holdfast/server/config'
import { messageOf } from '@holdfast/vocabulary'
import { type Check, ok, problem, warning } from './check.ts'
import { checkDirectory } from './check-machine.ts'

const name = 'backups'
const seeLog = 'start Holdfast if it does not run; else its log says why: “backup failed, and is tried again”'
const waitOrSeeLog = `wait if the first copy is being taken (HOLDFAST_BACKUP_MB_PER_SECOND); ${seeLog}`

/** Other tools can back up a PostgreSQL that Holdfast does not start. */
const none = warning(
  name,
  'there are none: with the disk, everything is lost',
  'set HOLDFAST_BACKUP_TO and HOLDFAST_BACKUP_PASSPHRASE, as docs/operations/back-up.md says',
)

/** Whether backups can be taken and read at HOLDFAST_BACKUP_TO, if it is set, and have the last minutes. */
export async function checkBackups(config: Config, now = new Date()): Promise<Check[]> {
  const { backupTo: place, backupPassphrase, backupRecipient, databaseUrl } = config
  if (place === null) return databaseUrl === null ? [none] : []
  if (backupPassphrase === null && backupRecipient === null) {
    const fix = 'set HOLDFAST_BACKUP_PASSPHRASE, or HOLDFAST_BACKUP_RECIPIENT'
    return [problem(name, 'there is no key, and backups are encrypted: Holdfast does not start', fix)]
  }
  const directory = place.includes('://') ? null : await checkDirectory(name, place, 'HOLDFAST_BACKUP_TO')
  if (directory?.state === 'error') return [directory]
  const space = directory?.state === 'warning' ? [directory] : []
  try {
    const store = openBackups(place, config)
    const keys = await loadReadingKeys(store, backupKeys(config))
    return [...space, judge(place, await readCatalogue(store, keys), ageMsMax(config), now)]
  } catch (error) {
    if (!(error instanceof BackupError || error instanceof ObjectStoreError)) throw error
    return [problem(name, messageOf(error), 'see “Backups and restores” in docs/operations/troubleshooting.md')]
  }
}

function ageMsMax({ backupSeconds }: Config): number {
  return backupAgeMax(backupSeconds) * 1_000
}

function judge(place: string, { backups, unusable }: BackupCatalogue, ageMs: number, now: Date): Check {
  const newest = backups.toSorted((a, b) => a.until.getTime() - b.until.getTime()).at(-1)
  if (newest === undefined) {
    const reason = unusable.at(-1)?.error.message
    if (reason !== undefined) return problem(name, `nothing can be restored. ${reason}`, waitOrSeeLog)
    return warning(name, `${place} has no copy yet: nothing can be restored`, waitOrSeeLog)
  }
  const until = newest.until.toISOString()
  if (newest.gap !== null) {
    const found = `end at ${until}: the next file of WAL, ${newest.gap}, is missing in ${place}`
    return problem(name, found, 'put it back, or run `holdfast backup`, so that later moments can be restored again')
  }
  if (now.getTime() - newest.until.getTime() <= ageMs) return ok(name, `${place} has every moment until ${until}`)
  return warning(name, `the last moment that can be restored is ${until}`, seeLog)
}
