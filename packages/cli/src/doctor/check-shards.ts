import {
  checkLogIsOfServer,
  type DatabasePool,
  isShardMoved,
  LogAhead,
  migrationStatus,
  withPool,
} from '@holdfast/engine'
import { messageOf } from '@holdfast/engine/message-of'
import { addressOf } from '@holdfast/engine/nodes-of'
import { DistributionUnfinished, readShards, type Shard, shardUrl } from '@holdfast/engine/shards'
import type { Config } from '@holdfast/server/config'
import { type Check, ok, problem } from './check.ts'

const name = 'citus'
const connectMsMax = 3_000

/** Of a shard. `reason`: why its node can't be used. */
export type ShardState =
  | { kind: 'written' | 'not_written' | 'outdated' | 'ahead' }
  | { kind: 'unreachable'; reason: string }

/** Whether all shards of a database on Citus can be reached, and have their schemas, with logs of their nodes. */
export async function checkShards(coordinator: DatabasePool, ownerUrl: string): Promise<Check[]> {
  try {
    const shards = await readShards(coordinator)
    const states = await Promise.all(shards.map((shard) => stateOf(shardUrl(ownerUrl, shard))))
    return judgeShards(shards, states)
  } catch (error) {
    if (!(error instanceof DistributionUnfinished)) throw error
    return [problem(name, 'the distribution is not finished', 'run `holdfast migrate --citus` again')]
  }
}

/** @param states of the shards, in their order */
export function judgeShards(shards: readonly Shard[], states: readonly ShardState[]): Check[] {
  const found = shards.map((shard, index) => ({ ...shard, state: states[index] ?? { kind: 'written' as const } }))
  const nodes = Map.groupBy(found, addressOf)
  const checks: Check[] = []
  for (const [node, here] of nodes) {
    const lost = here.flatMap(({ state }) => (state.kind === 'unreachable' ? [state.reason] : []))
    const [reason] = lost
    if (reason === undefined) continue
    const text = `the node ${node} cannot be used, which has ${lost.length} of ${shards.length} shards: ${reason}`
    checks.push(problem(name, text, 'check that PostgreSQL runs there, and lets the login of DATABASE_URL in'))
  }
  for (const { schema, state, ...node } of found) {
    const at = `${schema} on ${addressOf(node)}`
    if (state.kind === 'not_written') {
      const fix = 'run `holdfast migrate --citus`, as running servers do: it completes the move, or says what it needs'
      checks.push(problem(name, `the schema ${at} is not written`, fix))
    }
    if (state.kind === 'outdated') {
      const fix = 'run `holdfast migrate --citus` of this release: an update was interrupted'
      checks.push(problem(name, `the schema ${at} is of an earlier release`, fix))
    }
    if (state.kind === 'ahead') {
      const fix = 'restore that node from a physical copy (pgBackRest), not from a dump'
      checks.push(problem(name, `the event log of ${at} was written by another server`, fix))
    }
  }
  if (checks.length > 0) return checks
  const on = `${nodes.size} ${nodes.size === 1 ? 'node' : 'nodes'}`
  return [ok(name, `the clinics are in ${shards.length} shards on ${on}, which respond; all shards are written`)]
}

/** What a start refuses on such a database. */
export function checkSettingsOfShards(
  config: Pick<Config, 'backupTo' | 'databaseReplicaUrls' | 'databasePool' | 'databaseDirectUrl'>,
): Check[] {
  const isPooler = config.databasePool === 'session' || config.databasePool === 'transaction'
  const wrong = [
    ...(config.backupTo === null ? [] : ['HOLDFAST_BACKUP_TO']),
    ...(config.databaseReplicaUrls === null ? [] : ['DATABASE_REPLICA_URLS']),
    ...(isPooler ? ['DATABASE_POOL'] : []),
    ...(config.databaseDirectUrl === null ? [] : ['DATABASE_DIRECT_URL']),
  ]
  if (wrong.length === 0) return []
  const found = `${wrong.join(' and ')} ${wrong.length === 1 ? 'is' : 'are'} refused on a distributed database`
  return [problem(name, found, 'remove it, as “Citus” in docs/operations/cluster.md says')]
}

async function stateOf(url: string): Promise<ShardState> {
  const bounds = { connectTimeoutMs: connectMsMax, queryTimeoutMs: connectMsMax }
  try {
    return await withPool({ url, name: 'holdfast doctor', ...bounds }, async (pool) => {
      await checkLogIsOfServer(pool)
      const { current } = await migrationStatus(pool)
      return { kind: current ? 'written' : 'outdated' }
    })
  } catch (error) {
    if (error instanceof LogAhead) return { kind: 'ahead' }
    if (isShardMoved(error)) return { kind: 'not_written' }
    return { kind: 'unreachable', reason: messageOf(error) }
  }
}
