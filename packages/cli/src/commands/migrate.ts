import type { openDatabase } from '@holdfast/server/compose'
import { type CommandContext, CommandRefusal, type ExitCode } from '../command.ts'
import type { JsonOption } from '../command-options.ts'
import { refuseDistributed } from '../refuse-distributed.ts'
import { withDatabase } from '../with-database.ts'
import { distributeCommand } from './migrate-citus.ts'

export type MigrateOptions = JsonOption & { citus?: boolean; acceptLoss?: string[] }

/** `holdfast migrate`: updates the database to this release. Idempotent, and safe beside running servers. */
export async function migrateCommand(context: CommandContext, options: MigrateOptions): Promise<ExitCode> {
  if (options.citus === true) return distributeCommand(context, options)
  if (options.acceptLoss !== undefined) throw new CommandRefusal('--accept-loss is for a shard of Citus: add --citus')
  const { terminal } = context
  const migrated = async ({ ownerUrl, migrate }: Awaited<ReturnType<typeof openDatabase>>) => {
    await refuseDistributed(ownerUrl, 'to update it, or to complete a move or split of a shard, run it with --citus')
    return (await migrate()).migrated
  }
  const { engine, accounts } = await withDatabase(context, migrated, { mayBeNew: true })
  const accountTables = [...accounts.createdTables, ...accounts.changedTables]
  if (options.json === true) {
    terminal.json({ version: engine.version, applied: engine.applied, functions: engine.functions, accountTables })
    return 0
  }
  for (const name of engine.applied) terminal.out(`applied ${name}`)
  if (engine.functions.length > 0) terminal.out(`wrote ${engine.functions.length} functions`)
  if (accountTables.length > 0) terminal.out(`created or changed the accounts' tables ${accountTables.join(', ')}`)
  const isNew = engine.applied.length + engine.functions.length + accountTables.length > 0
  terminal.out(`The database is ${isNew ? 'now' : 'already'} up to date (migration ${engine.version}).`)
  return 0
}
