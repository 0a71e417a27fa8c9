import { isDistributed } from '@holdfast/engine'
import { checkCitus, DistributionRefused } from '@holdfast/engine/check-citus'
import { type Distribution, distributeDatabase } from '@holdfast/engine/distribute-database'
import { oneAtATime } from '@holdfast/server/one-at-a-time'
import { type CommandContext, CommandRefusal, type ExitCode } from '../command.ts'
import type { JsonOption } from '../command-options.ts'
import { refuseWhileRunning } from '../refuse-while-running.ts'
import { readSettings, withDatabase } from '../with-database.ts'
import { withPool } from '../with-pool.ts'

const poolName = 'holdfast migrate'

/**
 * `holdfast migrate --citus`: updates the database, and distributes it with all its rows over the nodes of Citus.
 * Repeated after an interruption, it does the rest.
 */
export async function distributeCommand(context: CommandContext, options: JsonOption): Promise<ExitCode> {
  if (readSettings(context).databaseUrl === null) {
    throw new CommandRefusal('the embedded database has no Citus: set DATABASE_URL to the coordinator of a cluster')
  }
  const beganAt = performance.now()
  const distribution = await withDatabase(context, async ({ ownerUrl, migrate }) => {
    const wasDistributed = await withPool(ownerUrl, poolName, isDistributed)
    // Servers of a database that is distributed wait for a shard until its schema is written.
    const refuseServers = async () => {
      if (!wasDistributed) await withPool(ownerUrl, poolName, refuseWhileRunning)
    }
    await refuseServers()
    await checkCitus(ownerUrl)
    if (!wasDistributed) await migrate((line) => context.terminal.note(line))
    // Servers that start meanwhile wait, and then find the shards.
    return oneAtATime(ownerUrl, async () => {
      await refuseServers()
      return distributeDatabase(ownerUrl)
    })
  }).catch((error: unknown) => {
    throw error instanceof DistributionRefused ? new CommandRefusal(error.message) : error
  })
  const seconds = Math.round((performance.now() - beganAt) / 100) / 10
  if (options.json === true) {
    const { nodes, shards, distributed, ownRows, isCompleted } = distribution
    context.terminal.json({ nodes, shards: shards.length, distributed, ownRows, completed: isCompleted, seconds })
  } else print(context, distribution, seconds)
  return 0
}

const afterwards = [
  'There is no way back. Start Holdfast with the same DATABASE_URL, which leads to the coordinator.',
  'On this database, `holdfast import`, `archive`, `backup`, `move-database` and `renumber-log` do not work, and ' +
    'HOLDFAST_BACKUP_TO, DATABASE_REPLICA_URLS and poolers are refused: see “Citus” in docs/operations/cluster.md.',
]

function print({ terminal }: CommandContext, distribution: Distribution, seconds: number): void {
  const { nodes, shards, distributed, ownRows, isCompleted } = distribution
  const whole = (value: number) => value.toLocaleString('en')
  const where = `${whole(shards.length)} shards on ${whole(nodes)} ${nodes === 1 ? 'node' : 'nodes'}`
  if (distributed !== null) {
    terminal.out(
      `Distributed ${distributed.tables} tables with ${whole(distributed.rows)} rows, and copied ${whole(ownRows)} ` +
        `rows of the shards' own tables: ${where}, in ${seconds} s.`,
    )
    for (const line of afterwards) terminal.out(line)
  } else if (isCompleted) {
    terminal.out(
      `Completed the distribution, and copied ${whole(ownRows)} rows of the shards' own tables: ${where}, in ` +
        `${seconds} s.`,
    )
  } else terminal.out(`The database is distributed already: ${where}. No row was changed.`)
}
