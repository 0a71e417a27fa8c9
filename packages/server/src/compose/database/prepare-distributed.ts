import { ensureAppLogin, isPooled, withPool } from '@holdfast/engine'
import { messageOf } from '@holdfast/engine/message-of'
import { addressOf, failureOn, isNodeUnreachable } from '@holdfast/engine/nodes-of'
import { notPlaced, readShards, type Shard } from '@holdfast/engine/shards'
import pg from 'pg'
import type { Config } from '../../config/config.ts'
import { oneAtATime } from '../../lifecycle/one-at-a-time.ts'
import { StartError } from '../../lifecycle/start-error.ts'
import { type AwayNodes, awayNodes } from '../placement/away-nodes.ts'
import { tryDropFormerShards } from '../placement/drop-former-shards.ts'
import { writeShards } from '../placement/write-shards.ts'
import { applicationUrls } from './application-urls.ts'
import type { MigratedDatabase } from './migrated-database.ts'
import { updateCoordinator } from './update-coordinator.ts'

type Settings = Pick<
  Config,
  'databaseUrl' | 'databaseAppUrl' | 'databaseDirectUrl' | 'databasePool' | 'databaseReplicaUrls'
>

/** How long a start waits for a node before it goes on without its shards. */
const startWaitMs = 5_000

/**
 * Prepares a database that is distributed over Citus: brings the coordinator up to date, and the schema and the job
 * queue of each shard, also where a move or an interruption has left something to do. Idempotent, and safe in several
 * processes at the same time.
 *
 * If nothing is to be updated, the clinics on the other nodes are served while a node is away, and so are those of
 * other shards while one is refused. `followShards` writes the missing shards later.
 *
 * @returns `shards`: those that are refused, or whose node cannot be reached, are not placed
 * @throws StartError for settings that are not for such a database, and when an update needs a node that is away;
 *   MigrateError for problems that a person has to fix; DistributionUnfinished if `holdfast migrate --citus` was
 *   interrupted while it distributed the database
 */
export async function prepareDistributed(
  config: Settings,
  ownerUrl: string,
  say: (line: string) => void,
): Promise<MigratedDatabase & { shards: Shard[] }> {
  if (config.databaseReplicaUrls !== null) {
    throw new StartError('DATABASE_REPLICA_URLS is not for a database that is distributed over Citus: remove it.')
  }
  const { databasePool, databaseDirectUrl } = config
  if (databaseDirectUrl !== null || databasePool === 'session' || databasePool === 'transaction') refusePooler()
  const { migrated, shards, notReached, refused } = await oneAtATime(ownerUrl, async () => {
    const all = await shardsNow(ownerUrl)
    const away = await awayNodes(ownerUrl, all, startWaitMs)
    const isWhole = away.size === 0
    const reached = all.filter((shard) => !away.has(addressOf(shard)))
    const updated = await updateCoordinator(ownerUrl, say).catch((error: unknown) => {
      // awayNodes tried only the nodes with shards; an update needs the others too.
      throw needsNode(error, isWhole) ? needsAllNodes(error, away) : error
    })
    const only = isWhole ? null : reached.map(({ schema }) => schema)
    const { refused: notWritten } = await writeShards(ownerUrl, { only, away })
    // Also on nodes without shards, which no clinic needs.
    if (isWhole) await tryDropFormerShards(ownerUrl, say)
    // One may have been moved meanwhile.
    const now = await shardsNow(ownerUrl)
    const isReached = ({ schema, host, port }: Shard) =>
      reached.some((shard) => shard.schema === schema && shard.host === host && shard.port === port)
    const isServed = (shard: Shard) => isReached(shard) && !notWritten.has(shard.schema)
    const placed = now.map((shard) => (isServed(shard) ? shard : notPlaced(shard)))
    const notReached = all.flatMap((shard) => {
      const cause = away.get(addressOf(shard))
      return cause === undefined ? [] : [{ shard, cause }]
    })
    return { migrated: updated, shards: placed, notReached, refused: notWritten }
  })
  for (const { shard, cause } of notReached) {
    const until = `its node ${addressOf(shard)} can be used, which fails now: ${messageOf(cause)}`
    say(`The shard ${shard.schema} is not served until ${until}`)
  }
  for (const { reason } of refused.values()) say(`A shard cannot be written, and is not served. ${reason}`)
  const urls = await applicationUrls(config, await ensureAppLogin({ ownerUrl, appUrl: config.databaseAppUrl }), say)
  if (isPooled(urls.appUrl)) refusePooler()
  return { ownerUrl, ...urls, migrated, shards }
}

function needsAllNodes(error: unknown, away: AwayNodes): StartError {
  const nodes = Array.from(away, ([node, cause]) => failureOn(node, cause).message)
  const reasons = [...nodes, messageOf(error)]
  return new StartError(
    `The database has to be updated, which needs all nodes of Citus. One cannot be used: ${reasons.join('; ')}`,
    { cause: error },
  )
}

/** Each shard is reached at the address by which Citus knows its node: a pooler would be passed by. */
function refusePooler(): never {
  throw new StartError(
    'A connection pooler is not for a database that is distributed over Citus: DATABASE_URL must lead to the ' +
      'coordinator itself. Remove DATABASE_POOL and DATABASE_DIRECT_URL.',
  )
}

/** @throws DistributionUnfinished */
function shardsNow(ownerUrl: string): Promise<Shard[]> {
  return withPool({ url: ownerUrl, name: 'holdfast start' }, readShards)
}

/** A node was not reached or refused the login, or Citus waited for one that is away until the statement's timeout. */
function needsNode(error: unknown, isWhole: boolean): boolean {
  return isNodeUnreachable(error) || (!isWhole && error instanceof pg.DatabaseError && error.code === '57014')
}
