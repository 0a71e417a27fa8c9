import type pg from 'pg'
import sql from 'sql-template-tag'
import { isDeadlock, isLockLost } from '../../database/database-unavailable.ts'
import { shardOfCitus } from '../../database/database-url.ts'
import { addressOf, connectForShards, failureOn, type Node, NodeUnusable, nodesOf, onNode } from '../nodes/nodes-of.ts'
import { type HashRange, readTableShards, schemaOf, shardsOfClinic, type TableShard } from '../nodes/table-shards.ts'
import { throwAll } from '../nodes/throw-all.ts'

/** The schema of a shard that was moved to another node, or that was split and is no shard any more. */
export type FormerSchema = { node: Node; schema: string; range: HashRange; epoch: number }

/** The former schemas on the nodes that can be reached, and why the others cannot be. */
export type FormerSchemas = { found: readonly FormerSchema[]; unusable: readonly NodeUnusable[] }

/**
 * Those of all nodes, sorted by the width of their ranges, the narrowest first: a part of a split shard may have been
 * moved since. Of several of one shard, the one whose log began last is the first.
 *
 * @param away nodes that are not queried, because they do not respond, with the reasons, by their addresses
 */
export async function readFormerSchemas(
  nodes: readonly Node[],
  tableShards: readonly TableShard[],
  away: ReadonlyMap<string, Error> = new Map(),
): Promise<FormerSchemas> {
  const all = await Promise.all(
    nodes.map((node) => {
      const reason = away.get(addressOf(node))
      if (reason !== undefined) return new NodeUnusable(node, reason)
      return formerOn(node, tableShards).catch((error: unknown) => {
        if (isLockLost(error)) throw error
        return new NodeUnusable(node, error)
      })
    }),
  )
  const width = ({ range }: FormerSchema) => Number(range.hashMax) - Number(range.hashMin)
  return {
    found: all
      .flatMap((former) => (former instanceof NodeUnusable ? [] : former))
      .toSorted((one, other) => width(one) - width(other) || other.epoch - one.epoch),
    unusable: all.filter((former) => former instanceof NodeUnusable),
  }
}

async function formerOn(node: Node, tableShards: readonly TableShard[]): Promise<FormerSchema[]> {
  const current = tableShards.filter(({ groupId }) => groupId === node.groupId).map(schemaOf)
  return onNode(node, async (client) => {
    const { rows } = await client.query<{ schema: string }>(sql`
      select nspname as schema from pg_namespace
       where nspname ~ ${shardOfCitus.source} and nspname <> all (${current})`)
    const found: FormerSchema[] = []
    for (const { schema } of rows) {
      const ranges = await client.query<HashRange>(
        `select hash_min as "hashMin", hash_max as "hashMax" from ${schema}.shard_range`,
      )
      const [range] = ranges.rows
      if (range !== undefined) found.push({ node, schema, range, epoch: await lastEpoch(client, schema) })
    }
    return found
  })
}

export function includes(outer: HashRange, inner: HashRange): boolean {
  return Number(outer.hashMin) <= Number(inner.hashMin) && Number(inner.hashMax) <= Number(outer.hashMax)
}

/** Stores the hash range, by which the parts of a shard that is split later find this schema. */
export async function writeRange(client: pg.Client, schema: string, { hashMin, hashMax }: HashRange): Promise<void> {
  await client.query(`
    create table ${schema}.shard_range (hash_min text not null, hash_max text not null);
    insert into ${schema}.shard_range values ('${hashMin}', '${hashMax}')`)
}

/**
 * Drops the schema of a shard where it is now, if the shard's log went on elsewhere: it was moved away, and back before
 * what it had left here was dropped.
 *
 * @returns the last epoch of the schema that stays; null: there is none
 */
export async function dropOutdated(
  node: Node,
  schema: string,
  former: readonly FormerSchema[],
): Promise<number | null> {
  const epoch = await onNode(node, (client) => epochIn(client, schema))
  const elsewhere = former.find((one) => one.schema === schema)
  if (epoch === null || elsewhere === undefined || epoch >= elsewhere.epoch) return epoch
  await dropSchema({ node, schema, epoch })
  return null
}

/**
 * Drops the schemas that shards have left where they were moved or split, when all shards that have their clinics have
 * been written where they are now, so that their logs began later. A schema that a shard had left where it is now does
 * not count: it was moved away and back, and is not written yet. Idempotent. Only one process may run it at a time.
 *
 * @param ownerUrl of the coordinator
 * @throws AggregateError of what could not be dropped or looked for, such as on a node that is away, takes no writes or
 *   refuses the login
 */
export async function dropFormerSchemas(ownerUrl: string): Promise<void> {
  const coordinator = await connectForShards(ownerUrl)
  const failures: Error[] = []
  const failed = (node: Node) => (cause: unknown) => void failures.push(failureOn(addressOf(node), cause))
  try {
    const [nodes, tableShards] = [await nodesOf(coordinator, ownerUrl), await readTableShards(coordinator)]
    const epochs = await epochsNow(nodes, tableShards)
    for (const node of nodes) {
      const former = await formerOn(node, tableShards).catch(failed(node))
      for (const one of former ?? []) {
        if (isReplaced(one, tableShards, epochs)) await dropSchema(one).catch(failed(node))
      }
    }
  } finally {
    await coordinator.end()
  }
  throwAll(failures)
}

/**
 * The last epochs of the shards' schemas where the shards are now, by the schemas. Without those whose own rows are not
 * there yet, and those on nodes that are away.
 */
async function epochsNow(nodes: readonly Node[], tableShards: readonly TableShard[]): Promise<Map<string, number>> {
  const epochs = new Map<string, number>()
  await Promise.all(
    nodes.map((node) =>
      onNode(node, async (client) => {
        for (const shard of shardsOfClinic(tableShards).filter(({ groupId }) => groupId === node.groupId)) {
          const epoch = await epochIn(client, schemaOf(shard))
          if (epoch !== null) epochs.set(schemaOf(shard), epoch)
        }
      }).catch(() => undefined),
    ),
  )
  return epochs
}

function isReplaced(
  { range, epoch }: FormerSchema,
  tableShards: readonly TableShard[],
  epochs: ReadonlyMap<string, number>,
): boolean {
  const replacing = shardsOfClinic(tableShards).filter((shard) => includes(range, shard))
  return replacing.length > 0 && replacing.every((shard) => (epochs.get(schemaOf(shard)) ?? 0) > epoch)
}

/** The last epoch of a shard on a node; null: its schema, and with it its own rows, are not there. */
export async function epochIn(client: pg.Client, schema: string): Promise<number | null> {
  const { rows } = await client.query<{ isThere: boolean }>(
    sql`select to_regclass(${`${schema}.shard_range`}) is not null as "isThere"`,
  )
  return rows[0]?.isThere === true ? lastEpoch(client, schema) : null
}

/** The number of a shard's last epoch: those of one shard grow, whichever node it is on. 0: it has none. */
export async function lastEpoch(client: pg.Client, schema: string): Promise<number> {
  const { rows } = await client.query<{ no: string | null }>(`select max(no)::text as no from ${schema}.log_epoch`)
  return Number(rows[0]?.no ?? 0)
}

const dropTriesMax = 5
/** Others wait for the lock of starts meanwhile. */
const dropLockMs = 1_000

/**
 * Drops the schema if its log did not go on since.
 *
 * Writes that the guard is about to refuse lock the tables in another order.
 */
export async function dropSchema(dropped: Pick<FormerSchema, 'node' | 'schema' | 'epoch'>, tries = 1): Promise<void> {
  const { node, schema, epoch } = dropped
  try {
    await onNode(node, async (client) => {
      await client.query(`set local lock_timeout = ${dropLockMs}; lock table ${schema}.log_epoch`)
      if ((await lastEpoch(client, schema)) === epoch) await client.query(`drop schema ${schema} cascade`)
    })
  } catch (error) {
    if (!isDeadlock(error) || tries === dropTriesMax) throw error
    await dropSchema(dropped, tries + 1)
  }
}
