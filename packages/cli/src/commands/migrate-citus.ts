import { isDistributed } from '@holdfast/engine'
import { checkCitus, DistributionRefused } from '@holdfast/engine/check-citus'
import { type Distribution, distributeDatabase } from '@holdfast/engine/distribute-database'
import { oneAtATime } from '@holdfast/server/one-at-a-time'
import { type CommandContext, CommandRefusal, type ExitCode } from '../command.ts'
import type { JsonOption } from '../command-options.ts'
import { refuseWhileRunning } from '../refuse-while-running.ts'
import { readSettings, withDatabase } from '../with-database.ts'
import { withPool } from '../with-pool.ts'

export type CitusOptions = JsonOption & { withoutServers?: boolean }

const poolName = 'holdfast migrate'

/**
 * `holdfast migrate --citus`: updates the database, and distributes it with all its rows over the nodes of Citus.
 * Repeated after an interruption, it does the rest.
 */
export async function distributeCommand(context: CommandContext, options: CitusOptions): Promise<ExitCode> {
  if (readSettings(context).databaseUrl === null) {
    throw new CommandRefusal('the embedded database has no Citus: set DATABASE_URL to the coordinator of a cluster')
  }
  const beganAt = performance.now()
  const distribution = await withDatabase(context, async ({ ownerUrl, migrate }) => {
    await withPool(ownerUrl, poolName, refuseWhileRunning)
    await checkCitus(ownerUrl)
    const wasDistributed = await withPool(ownerUrl, poolName, isDistributed)
    if (!wasDistributed && options.withoutServers !== true) {
      throw new CommandRefusal(
        'Holdfast does not run on a distributed database yet: its servers, workers and commands will refuse this ' +
          'one, and there is no way back. Nothing was changed. To distribute it all the same, such as a copy, add ' +
          '--without-servers',
      )
    }
    if (!wasDistributed) await migrate((line) => context.terminal.note(line))
    // Servers that start meanwhile wait, and are then refused by a database that is distributed.
    return oneAtATime(ownerUrl, async () => {
      await withPool(ownerUrl, poolName, refuseWhileRunning)
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

function print({ terminal }: CommandContext, distribution: Distribution, seconds: number): void {
  const { nodes, shards, distributed, ownRows, isCompleted } = distribution
  const whole = (value: number) => value.toLocaleString('en')
  const where = `${whole(shards.length)} shards on ${whole(nodes)} ${nodes === 1 ? 'node' : 'nodes'}`
  if (distributed !== null) {
    terminal.out(
      `Distributed ${distributed.tables} tables with ${whole(distributed.rows)} rows, and copied ${whole(ownRows)} ` +
        `rows of the shards' own tables: ${where}, in ${seconds} s.`,
    )
    terminal.out('Holdfast does not start on this database: its servers do not run on shards yet.')
  } else if (isCompleted) {
    terminal.out(
      `Completed the distribution, and copied ${whole(ownRows)} rows of the shards' own tables: ${where}, in ` +
        `${seconds} s.`,
    )
  } else terminal.out(`The database is distributed already: ${where}. No row was changed.`)
}
