import { isDistributed, withPool } from '@holdfast/engine'
import { checkCitus, DistributionRefused, refuseUnknownShards } from '@holdfast/engine/check-citus'
import { type Distribution, distributeDatabase } from '@holdfast/engine/distribute-database'
import { isDistributionFinished } from '@holdfast/engine/distribution-state'
import type { WrittenShards } from '@holdfast/engine/write-shard-schemas'
import { tryDropFormerShards } from '@holdfast/server/drop-former-shards'
import { oneAtATime } from '@holdfast/server/one-at-a-time'
import { updateCoordinator } from '@holdfast/server/update-coordinator'
import { writeShards } from '@holdfast/server/write-shards'
import { type CommandContext, CommandRefusal, type ExitCode } from '../command.ts'
import type { JsonOption } from '../command-options.ts'
import { refuseWhileRunning } from '../refuse-while-running.ts'
import { readSettings, withDatabase } from '../with-database.ts'

/**
 * `holdfast migrate --citus`: updates the database, and distributes it with all its rows over the nodes of Citus.
 * Repeated after an interruption, it does the rest. A database that is distributed is updated with all its shards, as
 * by a start.
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
  const done = await withDatabase(context, async ({ ownerUrl, migrate }) => {
    const owner = { url: ownerUrl, name: 'holdfast migrate' }
    const wasDistributed = await withPool(owner, isDistributed)
    // Servers of a database that is distributed wait for a shard until its schema is written.
    const refuseServers = async () => {
      if (!wasDistributed) await withPool(owner, refuseWhileRunning)
    }
    await refuseServers()
    const nodes = await checkCitus(ownerUrl)
    if (!wasDistributed) await migrate(say)
    // Servers that start meanwhile wait, and then find the shards.
    return oneAtATime(ownerUrl, async () => {
      await refuseServers()
      await withPool(owner, (coordinator) => refuseUnknownShards(coordinator, acceptLoss))
      const applied = wasDistributed ? (await updateCoordinator(ownerUrl, say)).engine.applied : []
      const wasFinished = wasDistributed && (await withPool(owner, isDistributionFinished))
      const distribution = wasFinished ? null : await distributeDatabase(ownerUrl, acceptLoss)
      const { written, refused } = await writeAll(ownerUrl, distribution, acceptLoss)
      if (refused.size === 0) await tryDropFormerShards(ownerUrl, say)
      return { nodes, distribution, written, refused, applied }
    })
  }).catch((error: unknown) => {
    throw error instanceof DistributionRefused ? new CommandRefusal(error.message) : error
  })
  const report = reportOf(done, Math.round((performance.now() - beganAt) / 100) / 10)
  if (json === true) context.terminal.json(report)
  else print(context, report)
  const { refused } = done
  if (refused.size > 0) throw new CommandRefusal(Array.from(refused.values(), ({ reason }) => reason).join(' '))
  return 0
}

/** Writes all shards with their job queues, as a start does, once all of them have their own rows. */
async function writeAll(
  ownerUrl: string,
  distribution: Distribution | null,
  lossAccepted: readonly string[],
): Promise<WrittenShards> {
  if (distribution?.isFinished === false) return distribution
  const { written, refused } = await writeShards(ownerUrl, { lossAccepted })
  return { written: distribution?.written ?? written, refused }
}

type Done = WrittenShards & {
  nodes: number
  /** null: it was finished before. */
  distribution: Distribution | null
  applied: readonly string[]
}

type Report = ReturnType<typeof reportOf>

function reportOf({ nodes, distribution, written, refused, applied }: Done, seconds: number) {
  const distributed = distribution?.distributed ?? null
  return {
    nodes,
    shards: written.length,
    ownRows: written.reduce((sum, { copiedRows }) => sum + (copiedRows ?? 0), 0),
    updatedShards: written.filter(({ isWritten }) => isWritten).length,
    shardsWithLoss: written.filter(({ hasLostRows }) => hasLostRows).map(({ schema }) => schema),
    refused: [...refused.keys()],
    distributed,
    applied,
    completed: distribution !== null && distributed === null,
    finished: distribution?.isFinished ?? true,
    seconds,
  }
}

const afterwards = [
  'There is no way back. Start Holdfast with the same DATABASE_URL, which leads to the coordinator.',
  'On this database, `holdfast import`, `archive`, `backup`, `move-database` and `renumber-log` do not work, and ' +
    'HOLDFAST_BACKUP_TO, DATABASE_REPLICA_URLS and poolers are refused: see “Citus” in docs/operations/cluster.md.',
]

const notFinished = 'The distribution is not finished, and there is no way back: run `holdfast migrate --citus` again.'

function print({ terminal }: CommandContext, report: Report): void {
  const { nodes, shards, distributed, ownRows, applied, completed, finished, updatedShards, seconds } = report
  const whole = (value: number) => value.toLocaleString('en')
  const where = `${whole(shards)} shards on ${whole(nodes)} ${nodes === 1 ? 'node' : 'nodes'}`
  for (const name of applied) terminal.out(`applied ${name}`)
  for (const schema of report.shardsWithLoss)
    terminal.out(`The shard ${schema} goes on without the own rows that are lost.`)
  if (!finished) terminal.out(notFinished)
  // What was distributed now stays so, also if some shard cannot be used yet.
  if (report.refused.length > 0 && distributed === null) return
  if (distributed !== null) {
    terminal.out(
      `Distributed ${distributed.tables} tables with ${whole(distributed.rows)} rows, and copied ${whole(ownRows)} ` +
        `rows of the shards' own tables: ${where}, in ${seconds} s.`,
    )
    if (finished) for (const line of afterwards) terminal.out(line)
  } else if (completed) {
    terminal.out(
      `Completed the distribution, and copied ${whole(ownRows)} rows of the shards' own tables: ${where}, in ` +
        `${seconds} s.`,
    )
  } else if (updatedShards > 0) {
    terminal.out(`Updated the database: ${updatedShards} of ${where}, in ${seconds} s.`)
  } else terminal.out(`The database is distributed, and up to date: ${where}.`)
}
