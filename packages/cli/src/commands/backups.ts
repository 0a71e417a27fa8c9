import { BackupError, describeGap, loadReadingKeys, mergedRanges, readCatalogue } from '@holdfast/adapters/backup'
import { backupKeys, listRestoreTests, restoreObstacle } from '@holdfast/server/backups'
import type { CommandContext, ExitCode } from '../command.ts'
import type { JsonOption } from '../command-options.ts'
import { columns } from '../terminal.ts'
import { megabytes, withBackups } from '../with-backups.ts'
import { readSettings } from '../with-database.ts'

export type BackupsOptions = JsonOption & { from?: string }

/**
 * `holdfast backups`: lists what can be restored. Needs neither the key nor the database; with the key it also finds
 * the backups that it can't decrypt.
 */
export async function backupsCommand(context: CommandContext, options: BackupsOptions): Promise<ExitCode> {
  const { terminal } = context
  const config = readSettings(context)
  const { backups, unusable, restoreTest, place } = await withBackups(options.from, '--from', config, async (store) => {
    const keys = await loadReadingKeys(store, backupKeys(config)).catch((error: unknown) => {
      if (!(error instanceof BackupError)) throw error
      terminal.note(`warning: ${error.message}`)
      return null
    })
    const catalogue = await readCatalogue(store, keys)
    return { ...catalogue, place: store.name, restoreTest: (await listRestoreTests(store)).at(-1) ?? null }
  })
  const obstacles = await Promise.all(backups.map(({ manifest }) => restoreObstacle(manifest)))
  const ranges = mergedRanges(backups.filter((_, index) => obstacles[index] === null))
  if (options.json === true) {
    terminal.json({
      backups: backups.map(({ id, from, until, bytes, manifest, gap }, index) => {
        const { release, postgres, installation } = manifest
        const obstacle = obstacles[index] ?? null
        return { id, from, until, gap, obstacle, bytes, release, postgres: postgres.version, installation }
      }),
      unusable: unusable.map(({ id, error }) => ({ id, kind: error.kind, reason: error.message })),
      ranges,
      restoreTest,
    })
    return 0
  }
  const rows = backups.map(({ id, from, until, bytes, manifest }) => [
    id,
    from.toISOString(),
    until.toISOString(),
    megabytes(bytes),
    manifest.release,
  ])
  if (rows.length > 0) {
    for (const line of columns([['backup', 'from', 'until', 'size', 'release'], ...rows], '')) terminal.out(line)
  }
  for (const { error } of unusable) terminal.note(error.message)
  for (const [index, { id }] of backups.entries()) {
    const obstacle = obstacles[index] ?? null
    if (obstacle !== null) terminal.note(`The backup ${id} can’t be restored by \`holdfast restore\`: ${obstacle}`)
  }
  for (const backup of backups) if (backup.gap !== null) terminal.note(describeGap(place, backup))
  for (const range of ranges) terminal.out(describeRange(range))
  if (ranges.length === 0) terminal.out('There are no backups that can be restored.')
  if (restoreTest !== null) {
    const { backup, startedAt, failure } = restoreTest
    const outcome = failure === null ? 'was restored and verified' : `could not be restored: ${failure}`
    terminal.out(`Last restore test, ${startedAt}: ${backup} ${outcome}`)
  }
  return 0
}

/** A copy without the WAL after it has one moment. */
function describeRange({ from, until }: { from: Date; until: Date }): string {
  if (from.getTime() === until.getTime()) return `The moment ${from.toISOString()} can be restored.`
  return `Any moment from ${from.toISOString()} to ${until.toISOString()} can be restored.`
}
