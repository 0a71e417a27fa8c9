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
import { linesOf, reportOf } from './migrate-citus-report.ts'

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
      const distribution = wasFinished ? null : await distributeDatabase(ownerUrl)
      const { written, refused } = await writeAll(ownerUrl, distribution, acceptLoss)
      if (refused.size === 0) await tryDropFormerShards(ownerUrl, say)
      return { nodes, distribution, written, refused, applied }
    })
  }).catch((error: unknown) => {
    throw error instanceof DistributionRefused ? new CommandRefusal(error.message) : error
  })
  const report = reportOf(done, Math.round((performance.now() - beganAt) / 100) / 10)
  if (json === true) context.terminal.json(report)
  else for (const line of linesOf(report)) context.terminal.out(line)
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
