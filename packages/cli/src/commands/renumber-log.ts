import { checkLogIsOfServer, type DatabasePool, inTransaction, LogAhead, renumberLog, withPool } from '@holdfast/engine'
import type { CommandContext, ExitCode } from '../command.ts'
import type { JsonOption, ShardOption } from '../command-options.ts'
import { recordCommand } from '../record-command.ts'
import { refuseUnlessMigrated } from '../refuse-unless-migrated.ts'
import { refuseWhileRunning } from '../refuse-while-running.ts'
import { withDatabase } from '../with-database.ts'

/**
 * `holdfast renumber-log`: makes a log that was restored from a dump precede everything that this database server will
 * write. Does nothing to any other log.
 */
export async function renumberLogCommand(
  context: CommandContext,
  options: JsonOption & ShardOption,
): Promise<ExitCode> {
  const { terminal } = context
  const events = await withDatabase(context, ({ ownerUrl }) => renumber(ownerUrl), options)
  if (options.json === true) terminal.json({ renumbered: events ?? 0 })
  else if (events === null) terminal.out('The event log is in the order of this database server: nothing to do.')
  else
    terminal.out(`Renumbered ${events.toLocaleString('en')} events. Check them with \`holdfast verify\`, then start.`)
  return 0
}

/** @returns the number of events; null: there was nothing to do */
async function renumber(ownerUrl: string): Promise<number | null> {
  return withPool({ url: ownerUrl, name: 'holdfast renumber-log' }, async (pool) => {
    await refuseUnlessMigrated(pool)
    if (!(await isAhead(pool))) return null
    await refuseWhileRunning(pool)
    return inTransaction(pool, async (transaction) => {
      const events = await renumberLog(transaction)
      await recordCommand(transaction, { kind: 'log_renumbered', details: [`${events}`] })
      return events
    })
  })
}

async function isAhead(pool: DatabasePool): Promise<boolean> {
  try {
    await checkLogIsOfServer(pool)
    return false
  } catch (error) {
    if (error instanceof LogAhead) return true
    throw error
  }
}
