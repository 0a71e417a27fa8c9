import {
  findArchive,
  loadSealer,
  removeErasures,
  removeExpired,
  type Sealer,
  takeBaseBackup,
} from '@holdfast/adapters/backup'
import type { ObjectStore } from '@holdfast/adapters/object-store'
import { readRelease, withPool } from '@holdfast/engine'
import { backupKeys, collationNeed, ErasureList, readCollation, restoreObstacle } from '@holdfast/server/backups'
import type { Config } from '@holdfast/server/config'
import type { CommandContext, ExitCode } from '../command.ts'
import type { JsonOption, ShardOption } from '../command-options.ts'
import { megabytes, withBackups } from '../with-backups.ts'
import { withDatabase } from '../with-database.ts'

export type BackupOptions = JsonOption & ShardOption & { to?: string; onlyErasures?: boolean }

/** `holdfast backup`: copies the running database, and removes backups that are older than HOLDFAST_BACKUP_DAYS. */
export async function backupCommand(context: CommandContext, options: BackupOptions): Promise<ExitCode> {
  if (options.onlyErasures === true) return listErasuresOnly(context, options)
  const { terminal, signal } = context
  const beganAt = performance.now()
  type Opened = { ownerUrl: string; embedded: boolean }
  const take = async ({ ownerUrl: databaseUrl, embedded }: Opened, config: Config) => {
    return withBackups(options.to, '--to', config, async (store) => {
      const sealer = await loadSealer(store, backupKeys(config))
      const archive = await findArchive(databaseUrl, store, sealer.recipient)
      const release = await readRelease()
      const copied = await takeBaseBackup({
        databaseUrl,
        store,
        sealer,
        release,
        embedded,
        archive,
        megabytesPerSecond: config.backupMegabytesPerSecond,
        signal,
      })
      await storeErasures(databaseUrl, store, sealer, new Date(copied.endedAt))
      const expired = await removeExpired(store, config.backupDays, new Date(copied.endedAt))
      const obstacle = await restoreObstacle(copied)
      const need = collationNeed(await withPool({ url: databaseUrl, name: 'holdfast backup' }, readCollation))
      return { manifest: copied, removed: expired, place: store.name, obstacle, need }
    })
  }
  const done = await withDatabase(context, take, options)
  const { manifest, removed, place, obstacle, need } = done
  if (obstacle !== null) terminal.note(`warning: \`holdfast restore\` can’t restore this backup: ${obstacle}`)
  if (need !== null) terminal.note(`warning: ${need} (docs/operations/restore.md)`)
  const seconds = Math.round((performance.now() - beganAt) / 100) / 10
  const { id, bytes, parts, endedAt, archive } = manifest
  const stored = parts.reduce((sum, part) => sum + part.bytes, 0)
  if (options.json === true) {
    terminal.json({ id, place, bytes, stored, from: endedAt, continuous: archive !== null, removed, seconds })
    return 0
  }
  terminal.out(`Backed up ${megabytes(bytes)} as ${megabytes(stored)} to ${place} in ${seconds} s: ${id}`)
  const restorable =
    archive === null
      ? `It can be restored as it was at ${endedAt}.`
      : `Every moment from ${endedAt} on can be restored, while the server archives to this place.`
  if (obstacle === null) terminal.out(restorable)
  if (removed.length > 0) terminal.out(`Removed ${removed.length} older backups.`)
  return 0
}

const dayMs = 86_400_000

/** For a database that other tools back up: a restore needs the list, and nothing else from here. */
async function listErasuresOnly(context: CommandContext, options: BackupOptions): Promise<ExitCode> {
  const { terminal } = context
  const list = ({ ownerUrl }: { ownerUrl: string }, config: Config) =>
    withBackups(options.to, '--to', config, async (store) => {
      const sealer = await loadSealer(store, backupKeys(config))
      await storeErasures(ownerUrl, store, sealer, new Date())
      await removeErasures(store, new Date(Date.now() - (config.backupDays + 1) * dayMs))
      return store.name
    })
  const place = await withDatabase(context, list, options)
  if (options.json === true) terminal.json({ place })
  else terminal.out(`The list of erasures in ${place} is up to date.`)
  return 0
}

async function storeErasures(ownerUrl: string, store: ObjectStore, sealer: Sealer, until: Date): Promise<void> {
  await withPool({ url: ownerUrl, name: 'holdfast backup' }, (pool) =>
    new ErasureList(pool, store).store(sealer, until.getTime()),
  )
}
