import {
  type BackupCatalogue,
  BackupError,
  chooseBackup,
  otherHistories,
  type RestorableBackup,
  readCatalogue,
} from '@holdfast/adapters/backup'
import { readSystemIdentifier } from '@holdfast/adapters/embedded-postgres'
import { isShard, readRelease, withPool } from '@holdfast/engine'
import {
  backupKeys,
  type Collation,
  collationRepair,
  listErasures,
  readCollation,
  restoreBackup,
  restoreObstacle,
  verifyRestored,
} from '@holdfast/server/backups'
import type { Config } from '@holdfast/server/config'
import { type CommandContext, CommandRefusal, type ExitCode } from '../command.ts'
import type { JsonOption } from '../command-options.ts'
import { pathOf } from '../terminal.ts'
import { withBackups } from '../with-backups.ts'
import { readSettings } from '../with-database.ts'
import { describeErasures } from './repeat-erasures.ts'

export type RestoreOptions = JsonOption & {
  from?: string
  to?: Date
  backup?: string
  data: string
  otherInstallation?: boolean
}

/** `holdfast restore`: restores into a new data directory and verifies it. */
export async function restoreCommand(context: CommandContext, options: RestoreOptions): Promise<ExitCode> {
  const { terminal, signal, env } = context
  const config = readSettings(context)
  const dataDirectory = pathOf(options.data, env)
  const beganAt = performance.now()
  const to = options.to ?? null
  let collation: Collation | undefined
  let ofSeveral = false
  const { backup, list, report } = await withBackups(options.from, '--from', config, async (store) => {
    const catalogue = await readCatalogue(store)
    const choice = { to, id: options.backup ?? null, release: await readRelease() }
    const chosen = chooseBackup(store.name, catalogue, choice)
    await refuseOtherServer(chosen)
    if (options.otherInstallation !== true) await refuseOtherInstallation(config, chosen)
    for (const { error } of catalogue.unusable) terminal.note(`warning: ${error.message}`)
    const say = (line: string) => terminal.note(line)
    if (options.backup === undefined) for (const line of nameOtherHistories(catalogue, chosen, to)) say(line)
    // Read before anything is written: a wrong key is refused.
    const erasures = await listErasures(store, config, to ?? chosen.until)
    const complete = async ({ ownerUrl }: { ownerUrl: string }) => {
      const pool = { url: ownerUrl, name: 'holdfast restore' }
      collation = await withPool(pool, readCollation)
      say('Verifying it …')
      const verified = await verifyRestored(ownerUrl, erasures?.erased)
      ofSeveral = await withPool(pool, isShard)
      return verified
    }
    const restoring = { store, keys: backupKeys(config), backup: chosen, to, dataDirectory, complete, say, signal }
    return { backup: chosen, list: erasures, report: await restoreBackup(restoring) }
  }).catch((error: unknown) => {
    if (signal.aborted) terminal.note(`Interrupted: there is no database in ${dataDirectory}. Run this command again.`)
    throw error
  })
  const seconds = Math.round((performance.now() - beganAt) / 100) / 10
  const { erasures, ...verified } = report
  const isGood = report.overbooked === 0 && report.mismatches === 0
  const unusable = list?.unusable.map(({ message }) => message) ?? []
  const isComplete = isGood && erasures.pending.length + unusable.length === 0
  const restoredTo = to ?? backup.until
  if (list !== null) for (const line of describeErasures(erasures, unusable)) terminal.note(line)
  for (const line of afterRestore(restoredTo, list !== null, ofSeveral)) terminal.note(line)
  if (options.json === true) {
    const ended = { backup: backup.id, to: restoredTo, dataDirectory, seconds, verify: verified }
    terminal.json({ ...ended, erasures: list === null ? null : { ...erasures, unusable } })
    return isComplete ? 0 : 1
  }
  terminal.out(`Restored ${backup.id} as it was at ${restoredTo.toISOString()}, in ${seconds} s.`)
  if (!isGood) terminal.out('Something is wrong: run `holdfast verify` on it.')
  else if (isComplete) terminal.out(`${report.bookings.toLocaleString('en')} bookings. Everything adds up.`)
  else terminal.out('Its bookings are right, but erasures are missing: see above, and do not use it before.')
  if (collation !== undefined) for (const line of describeRepair(collation)) terminal.out(line)
  const use = ofSeveral ? howToUseShard(dataDirectory) : howToUse(config, backup, dataDirectory)
  for (const line of use) terminal.out(line)
  return isComplete ? 0 : 1
}

function howToUse({ secrets, secretFile, dataDirectory: data }: Config, backup: RestorableBackup, restored: string) {
  const { embedded } = backup.manifest
  const lines = [`To use it, stop Holdfast and start it with HOLDFAST_DATA=${restored}`]
  if (!embedded) {
    const move = `holdfast move-database --from-data ${restored} --to -`
    lines.push(`and without DATABASE_URL; \`${move}\` moves it to a new database server`)
  }
  // If no setting names it, the secret of a separate server is in its database.
  if (secrets !== null || (!embedded && secretFile === null)) return lines
  const file = secretFile ?? `${data}-secret`
  return [...lines, `and with its secret, which is not in the backup: HOLDFAST_SECRET_FILE=${file}`]
}

/** A database that HOLDFAST_SHARDS names has to be on a server. The secret is that of the directory. */
function howToUseShard(restored: string): string[] {
  return [
    'It is one of several databases (“Restore” in docs/operations/shards.md). To use it, move it to an empty database',
    `by \`holdfast move-database --from-data ${restored} --to -\`, and set its URL in HOLDFAST_SHARDS to that one.`,
  ]
}

/** docs/operations/restore.md, “Another version of the C library”. */
function describeRepair(collation: Collation): string[] {
  const repair = collationRepair(collation)
  if (repair === null) return []
  return [
    `warning: ${repair.found}. Run this in it before patients use it (docs/operations/restore.md):`,
    ...repair.statements.map((statement) => `  ${statement};`),
    `Then run \`${repair.afterwards}\`.`,
  ]
}

/**
 * Warns of another history that has ended.
 *
 * @throws BackupError `ambiguous` if two have the moment
 */
function nameOtherHistories({ backups }: BackupCatalogue, chosen: RestorableBackup, to: Date | null): string[] {
  const { differing, ended } = otherHistories(backups, chosen, to)
  const named = ({ id, from, until }: RestorableBackup) => `${id} (${from.toISOString()} to ${until.toISOString()})`
  if (differing.length > 0) {
    throw new BackupError(
      'ambiguous',
      'Two databases were in use at that time, and their backups differ: ' +
        `${[chosen, ...differing].map(named).join(', ')}. Say by --backup ID which one to restore.`,
    )
  }
  return ended.map(
    (other) =>
      `warning: another database was in use meanwhile, whose changes are not in this backup: ${named(other)}. ` +
      'To restore it instead, add --backup ID.',
  )
}

/**
 * What a database of an earlier moment does not know; docs/operations/restore.md, “After a restore”.
 *
 * @param ofSeveral whether it has clinics alone: the accounts and their sessions are in the directory
 */
function afterRestore(moment: Date, hasList: boolean, ofSeveral: boolean): string[] {
  const sessions = '  run `holdfast admin end-sessions --all`: ended sessions and former passwords are valid again;'
  return [
    `What happened after ${moment.toISOString()} is undone. Before patients use it (“After a restore” in ` +
      'docs/operations/restore.md):',
    hasList
      ? '  repeat the erasures of the last minutes before the database was lost, which may not have been listed;'
      : '  repeat the erasures since then: these patients are back (the place of the backups has no list of them);',
    ...(ofSeveral ? [] : [sessions]),
    '  review the members of each clinic: those who were removed are back;',
    '  tell those who receive webhooks or events of RabbitMQ that what came after that moment is undone.',
  ]
}

async function refuseOtherInstallation({ dataDirectory }: Config, { id, manifest }: RestorableBackup): Promise<void> {
  const installation = await readSystemIdentifier(dataDirectory)
  if (installation === undefined || installation === manifest.installation) return
  throw new BackupError(
    'other_installation',
    `The backup ${id} is of another installation than the database in ${dataDirectory} (server ` +
      `${manifest.installation}, and this is ${installation}). To restore it nevertheless, add --other-installation.`,
  )
}

async function refuseOtherServer({ id, manifest }: RestorableBackup): Promise<void> {
  const obstacle = await restoreObstacle(manifest)
  if (obstacle !== null) throw new CommandRefusal(`the backup ${id} can’t be restored: ${obstacle}`)
}
