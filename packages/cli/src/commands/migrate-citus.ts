import { isDistributed } from '@holdfast/engine'
import { checkCitus, DistributionRefused } from '@holdfast/engine/check-citus'
import { type Distribution, distributeDatabase } from '@holdfast/engine/distribute-database'
import { tryDropFormerShards } from '@holdfast/server/drop-former-shards'
import { oneAtATime } from '@holdfast/server/one-at-a-time'
import { updateCoordinator } from '@holdfast/server/update-coordinator'
import { writeShards } from '@holdfast/server/write-shards'
import { type CommandContext, CommandRefusal, type ExitCode } from '../command.ts'
import type { JsonOption } from '../command-options.ts'
import { refuseWhileRunning } from '../refuse-while-running.ts'
import { readSettings, withDatabase } from '../with-database.ts'
import { withPool } from '../with-pool.ts'

const poolName = 'holdfast migrate'

/**
 * `holdfast migrate --citus`: updates the database, and distributes it with all its rows over the nodes of Citus. A
 * database that is distributed is updated with all its shards. Repeated after an interruption, it does the rest.
 */
export async function distributeCommand(
  context: CommandContext,
  { json, acceptLoss = [] }: JsonOption & { acceptLoss?: readonly string[] },
): Promise<ExitCode> {
  if (readSettings(context).databaseUrl === null) {
    throw new CommandRefusal('the embedded database has no Citus: set DATABASE_URL to the coordinator of a cluster')
  }
  const beganAt = performance.now()
  const say = (line: string) => context.terminal.note(line)
  const { distribution, applied } = await withDatabase(context, async ({ ownerUrl, migrate }) => {
    const wasDistributed = await withPool(ownerUrl, poolName, isDistributed)
    // Servers of a database that is distributed wait for a shard until its schema is written.
    const refuseServers = async () => {
      if (!wasDistributed) await withPool(ownerUrl, poolName, refuseWhileRunning)
    }
    await refuseServers()
    await checkCitus(ownerUrl)
    if (!wasDistributed) await migrate(say)
    // Servers that start meanwhile wait, and then find the shards.
    return oneAtATime(ownerUrl, async () => {
      await refuseServers()
      const updated = wasDistributed ? (await updateCoordinator(ownerUrl, say)).engine.applied : []
      const found = await distributeDatabase(ownerUrl, acceptLoss)
      // With their job queues, as a start does.
      const refused = found.isFinished ? await writeShards(ownerUrl) : found.refused
      if (refused.size === 0) await tryDropFormerShards(ownerUrl, say)
      return { distribution: { ...found, refused }, applied: updated }
    })
  }).catch((error: unknown) => {
    throw error instanceof DistributionRefused ? new CommandRefusal(error.message) : error
  })
  const seconds = Math.round((performance.now() - beganAt) / 100) / 10
  if (json === true) {
    const { nodes, shards, distributed, ownRows, isCompleted: completed, updatedShards, shardsWithLoss } = distribution
    const refused = [...distribution.refused.keys()]
    const counts = { nodes, shards: shards.length, ownRows, updatedShards, shardsWithLoss, refused }
    const { isFinished: finished } = distribution
    context.terminal.json({ ...counts, distributed, applied, completed, finished, seconds })
  } else print(context, distribution, { applied, seconds })
  if (distribution.refused.size > 0)
    throw new CommandRefusal(Array.from(distribution.refused.values(), ({ reason }) => reason).join(' '))
  return 0
}

const afterwards = [
  'There is no way back. Start Holdfast with the same DATABASE_URL, which leads to the coordinator.',
  'On this database, `holdfast import`, `archive`, `backup`, `move-database` and `renumber-log` do not work, and ' +
    'HOLDFAST_BACKUP_TO, DATABASE_REPLICA_URLS and poolers are refused: see “Citus” in docs/operations/cluster.md.',
]

const notFinished = 'The distribution is not finished, and there is no way back: run `holdfast migrate --citus` again.'

type Update = { applied: readonly string[]; seconds: number }

function print({ terminal }: CommandContext, distribution: Distribution, { applied, seconds }: Update): void {
  const { nodes, shards, distributed, ownRows, isCompleted, shardsWithLoss } = distribution
  const whole = (value: number) => value.toLocaleString('en')
  const where = `${whole(shards.length)} shards on ${whole(nodes)} ${nodes === 1 ? 'node' : 'nodes'}`
  for (const name of applied) terminal.out(`applied ${name}`)
  for (const schema of shardsWithLoss) terminal.out(`The shard ${schema} goes on without the own rows that are lost.`)
  if (!distribution.isFinished) terminal.out(notFinished)
  // What was distributed now stays so, also if some shard cannot be used yet.
  if (distribution.refused.size > 0 && distributed === null) return
  if (distributed !== null) {
    terminal.out(
      `Distributed ${distributed.tables} tables with ${whole(distributed.rows)} rows, and copied ${whole(ownRows)} ` +
        `rows of the shards' own tables: ${where}, in ${seconds} s.`,
    )
    if (distribution.isFinished) for (const line of afterwards) terminal.out(line)
  } else if (isCompleted) {
    terminal.out(
      `Completed the distribution, and copied ${whole(ownRows)} rows of the shards' own tables: ${where}, in ` +
        `${seconds} s.`,
    )
  } else if (distribution.updatedShards > 0) {
    terminal.out(`Updated the database: ${distribution.updatedShards} of ${where}, in ${seconds} s.`)
  } else terminal.out(`The database is distributed already: ${where}. No row was changed.`)
}
