import { type DatabasePool, isDistributed, withPool } from '@holdfast/engine'
import { addressOf } from '@holdfast/engine/nodes-of'
import { DistributionUnfinished, readShards, shardUrl } from '@holdfast/engine/shards'
import {
  type ConnectionSettings,
  connectionsMax,
  connectionsOfCoordinator,
  connectionsOfNode,
  connectionsOfProcess,
} from '@holdfast/server/database-connections'
import sql from 'sql-template-tag'
import { type Check, ok, warning } from './check.ts'

type Facts = { connections_max: number; reserved: number }

/**
 * Whether PostgreSQL accepts as many connections as `start` opens with these settings, without a pooler; on Citus, the
 * coordinator and each node that can be reached.
 */
export async function checkConnections(url: string, config: ConnectionSettings): Promise<Check[]> {
  const { facts, shards } = await withPool({ url, name: 'holdfast doctor' }, async (pool) => ({
    facts: await factsOf(pool),
    shards: await shardsOf(pool),
  }))
  if (shards === null) return [judge(facts, config)]
  const checks = [judgeNode('the coordinator', facts, config, connectionsOfCoordinator(config))]
  for (const [node, here] of Map.groupBy(shards, addressOf)) {
    const [shard] = here
    if (shard === undefined) continue
    // Another check says that it cannot be reached.
    const ofNode = await withPool({ url: shardUrl(url, shard), name: 'holdfast doctor' }, factsOf).catch(() => null)
    if (ofNode === null) continue
    checks.push(judgeNode(node, ofNode, config, connectionsOfNode(config, here.length), here.length))
  }
  return checks
}

async function factsOf(pool: DatabasePool): Promise<Facts> {
  // PostgreSQL 16 has a second reserve.
  const { rows } = await pool.query<Facts>(sql`
    select current_setting('max_connections')::int as connections_max,
           current_setting('superuser_reserved_connections')::int
             + coalesce(current_setting('reserved_connections', true)::int, 0) as reserved`)
  const [facts] = rows
  if (facts === undefined) throw new Error('the database returned no row about its connections')
  return facts
}

/** null: it is not distributed, or not yet. */
async function shardsOf(pool: DatabasePool) {
  if (!(await isDistributed(pool))) return null
  return readShards(pool).catch((error: unknown) => {
    if (error instanceof DistributionUnfinished) return null
    throw error
  })
}

function judgeNode(
  node: string,
  { connections_max, reserved }: Facts,
  { processes }: ConnectionSettings,
  needed: number,
  shards: number | null = null,
): Check {
  const of = processes === 1 ? 'this server' : `this server with its ${processes} processes`
  const ofShards = shards === null ? '' : ` for ${shards} ${shards === 1 ? 'shard' : 'shards'}`
  const found =
    `${of} opens up to ${needed} to ${node}${ofShards}; max_connections is ${connections_max}, of which ${reserved} ` +
    'are reserved'
  if (needed <= connections_max - reserved) return ok('connections', found)
  const fix =
    `set max_connections of ${node} to ${needed + reserved} or more, with ${needed} more for each other server, and ` +
    'some for Citus, which connects the coordinator to each node'
  return warning('connections', `${found}: under load, requests fail`, fix)
}

function judge({ connections_max, reserved }: Facts, config: ConnectionSettings): Check {
  const needed = connectionsMax(config)
  const { processes } = config
  const of = processes === 1 ? 'this server' : `this server with its ${processes} processes`
  const found = `${of} opens up to ${needed}; max_connections is ${connections_max}, of which ${reserved} are reserved`
  if (needed <= connections_max - reserved) return ok('connections', found)
  const fix =
    `set max_connections to ${needed + reserved} or more, and ${connectionsOfProcess(config)} more for each process ` +
    'of other servers; or put PgBouncer before the database (docs/operations/pgbouncer.md)'
  return warning('connections', `${found}: under load, requests fail`, fix)
}
