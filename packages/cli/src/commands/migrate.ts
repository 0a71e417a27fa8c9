import type { CommandContext, ExitCode } from '../command.ts'
import type { JsonOption } from '../command-options.ts'
import { withDatabase } from '../with-database.ts'

export type MigrateCommandOptions = JsonOption & { contract?: boolean }

/**
 * `holdfast migrate`: updates the database to this release, and those of HOLDFAST_SHARDS. Idempotent, and safe beside
 * running servers, with --contract only of this release. Exits with 1 if one of the others cannot be reached, or is
 * missing in the settings.
 */
export async function migrateCommand(context: CommandContext, options: MigrateCommandOptions): Promise<ExitCode> {
  const { terminal } = context
  const contracts = options.contract === true
  const { migrated, unreachable } = await withDatabase(
    context,
    async ({ migrate, migrateShards }) => ({
      ...(await migrate(undefined, contracts)),
      unreachable: await migrateShards((line) => terminal.note(line), contracts),
    }),
    { mayBeNew: true },
  )
  const { engine, accounts } = migrated
  const exitCode = unreachable.length === 0 ? 0 : 1
  const accountTables = [...accounts.createdTables, ...accounts.changedTables]
  if (options.json === true) {
    const { version, applied, functions, postponed } = engine
    terminal.json({ version, applied, functions, accountTables, postponed })
    return exitCode
  }
  for (const name of engine.applied) terminal.out(`applied ${name}`)
  if (engine.functions.length > 0) terminal.out(`wrote ${engine.functions.length} functions`)
  if (accountTables.length > 0) terminal.out(`created or changed the accounts' tables ${accountTables.join(', ')}`)
  const isNew = engine.applied.length + engine.functions.length + accountTables.length > 0
  terminal.out(`The database is ${isNew ? 'now' : 'already'} up to date (migration ${engine.version}).`)
  if (engine.postponed.length > 0) {
    terminal.out(`When no server of the release before runs, \`holdfast migrate --contract\` drops what it used:`)
    for (const name of engine.postponed) terminal.out(`  ${name}`)
  }
  return exitCode
}
