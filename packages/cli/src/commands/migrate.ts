import type { CommandContext, ExitCode } from '../command.ts'
import type { JsonOption } from '../command-options.ts'
import { withDatabase } from '../with-database.ts'

/**
 * `holdfast migrate`: updates the database to this release, and those of HOLDFAST_SHARDS. Idempotent, and safe beside
 * running servers. Exits with 1 if one of the others cannot be reached, or is missing in the settings.
 */
export async function migrateCommand(context: CommandContext, options: JsonOption): Promise<ExitCode> {
  const { terminal } = context
  const { migrated, unreachable } = await withDatabase(
    context,
    async ({ migrate, migrateShards }) => ({
      ...(await migrate()),
      unreachable: await migrateShards((line) => terminal.note(line)),
    }),
    { mayBeNew: true },
  )
  const { engine, accounts } = migrated
  const exitCode = unreachable.length === 0 ? 0 : 1
  const accountTables = [...accounts.createdTables, ...accounts.changedTables]
  if (options.json === true) {
    terminal.json({ version: engine.version, applied: engine.applied, functions: engine.functions, accountTables })
    return exitCode
  }
  for (const name of engine.applied) terminal.out(`applied ${name}`)
  if (engine.functions.length > 0) terminal.out(`wrote ${engine.functions.length} functions`)
  if (accountTables.length > 0) terminal.out(`created or changed the accounts' tables ${accountTables.join(', ')}`)
  const isNew = engine.applied.length + engine.functions.length + accountTables.length > 0
  terminal.out(`The database is ${isNew ? 'now' : 'already'} up to date (migration ${engine.version}).`)
  return exitCode
}
