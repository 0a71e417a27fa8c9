import pg from 'pg'
import sql from 'sql-template-tag'
import { isDatabaseUnusable, isNotWritable, isTransient } from '../database/database-unavailable.ts'
import { isFromNewerRelease, readLedger } from '../migrate/ledger.ts'
import { MigrateError } from '../migrate/migrate-error.ts'
import { sqlFiles } from '../migrate/sql-files.ts'
import { connectForShards, type Node, nodesOf, onNode, withLocks } from './nodes-of.ts'
import { beginLog, copyOwnRows, type HashRange } from './own-rows.ts'
import { isDistributionFinished } from './read-shards.ts'
import { hasStamp, stampOf, writeStamp } from './schema-stamp.ts'
import { readShardModel, readTables, type ShardModel } from './shard-model.ts'
import { tablesOfKind } from './table-kinds.ts'
import type { OwnTablesOf } from './write-own-tables.ts'
import { writeSequences } from './write-sequences.ts'
import { writeShardSchema } from './write-shard-schema.ts'
import { type Trigger, writeTriggers } from './write-triggers.ts'

/** A shard of a database on Citus: the clinics whose rows it keeps together, in a shard of each table. */
export type CitusShard = {
  /** Its schema: `holdfast_` and the number of its shard of `clinic`, which it keeps when it is moved. */
  schema: string
  shardId: number
  /** The owner's URL of the database on the node that has it. */
  ownerUrl: string
  /** Rows of its own tables that were copied now; null: they are there since an earlier call. */
  copiedRows: number | null
  /** Whether its schema was written now. */
  isWritten: boolean
}

const placementTriesMax = 5

/**
 * Writes a schema for each shard onto the node that has it ({@link writeShardSchema}), with what Citus leaves out of
 * shards: sequences, triggers, and the guards ({@link writeTriggers}); and, in the same transaction, copies the rows of
 * the shard's own tables: from the coordinator, if it has just been distributed; after a move from the former node; and
 * after a split from the shard that was split. Schemas that no shard has any more are then dropped. Repeated after an
 * interruption, it does the rest. A schema that is up to date is left as it is: writing it would lock it, and servers
 * that use it would deadlock. Of a database that a newer release has updated, all are left so.
 *
 * A shard that is written needs all nodes: one of them may have its former schema, with its own rows. Those that are up
 * to date need theirs alone, if they are named by `only`. Former schemas that cannot be dropped, such as on nodes that
 * are away, are dropped by a later call.
 *
 * docs/decisions/0051-on-citus-a-shard-has-a-schema.md
 *
 * @param ownerUrl of the coordinator's database, distributed by `distribute`. Its login works on each node.
 * @param only shards that were moved, or are the parts of a split one, by their schemas; null: all
 * @throws MigrateError if a newer release has updated the database, and a shard has no schema where it is
 */
export async function writeShardSchemas(
  ownerUrl: string,
  only: readonly string[] | null = null,
): Promise<CitusShard[]> {
  const coordinator = await connectForShards(ownerUrl)
  try {
    const written = new Map<string, CitusShard>()
    for (let tries = 1; ; tries += 1) {
      const tableShards = await tableShardsOf(coordinator)
      const failure = await writePlaced({ ownerUrl, coordinator, tableShards, only, written }).catch(errorOf)
      // A shard that was moved meanwhile may have been written where it was.
      const isMoved = JSON.stringify(tableShards) !== JSON.stringify(await tableShardsOf(coordinator))
      if (!isMoved && failure === undefined) return [...written.values()]
      if (!isMoved || tries === placementTriesMax) throw failure ?? new Error('Citus moves shards all the time.')
    }
  } finally {
    await coordinator.end()
  }
}

function errorOf(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error))
}

type Placed = {
  ownerUrl: string
  coordinator: pg.Client
  tableShards: readonly TableShard[]
  only: readonly string[] | null
  /** By their schemas. */
  written: Map<string, CitusShard>
}

async function writePlaced({ ownerUrl, coordinator, tableShards, only, written }: Placed): Promise<undefined> {
  const nodes = await nodesOf(coordinator, ownerUrl)
  const anchors = tableShards.filter(({ relation }) => relation === 'clinic')
  const wanted = anchors.filter((anchor) => only === null || only.includes(schemaOf(anchor)))
  const sources = await sqlFiles()
  if (isFromNewerRelease(await readLedger(coordinator), sources)) {
    for (const anchor of wanted) written.set(schemaOf(anchor), await findWritten(anchor, nodes))
    return
  }
  const { functions, grants, release } = sources
  const triggers = await triggersOf(coordinator)
  const model = await readShardModel(coordinator)
  const files = [functions.map(({ name, checksum }) => [name, checksum]), grants, release]
  const writing: Writing = {
    ...{ ownerUrl, coordinator, tableShards, nodes, triggers, model },
    former: once(() => formerSchemas(nodes, tableShards, onNode)),
    source: [model, triggers, files],
    isFinished: await isDistributionFinished(coordinator),
  }
  for (const anchor of wanted) {
    const shard = await withLocks(() => writeShard(anchor, writing))
    const before = written.get(shard.schema)
    const copiedRows = shard.copiedRows ?? before?.copiedRows ?? null
    written.set(shard.schema, { ...shard, copiedRows, isWritten: shard.isWritten || before?.isWritten === true })
  }
  // Also when nothing was written now: an earlier call may have failed here, and what it left would be in the way of a
  // shard that is moved back.
  const former = await formerSchemas(nodes, tableShards, onReachedNode).catch((error: unknown) => {
    if (mayPass(error)) return []
    throw error
  })
  await dropReplaced({ former, tableShards, nodes })
}

/** A node is away, takes no writes, or was busy, so that what has failed there may succeed later. */
function mayPass(error: unknown): boolean {
  return isDatabaseUnusable(error) || isNotWritable(error) || isTransient(error)
}

/** Reads once, unless it fails. */
function once<Value>(read: () => Promise<Value>): () => Promise<Value> {
  let reading: Promise<Value> | undefined
  return () => {
    reading ??= read().catch((error: unknown) => {
      reading = undefined
      throw error
    })
    return reading
  }
}

/** A server of the previous release must not write older functions, nor knows the newer ones. */
async function findWritten(anchor: TableShard, nodes: readonly Node[]): Promise<CitusShard> {
  const [schema, node] = [schemaOf(anchor), nodeOf(anchor, nodes)]
  const { rows } = await onNode(node, (client) =>
    client.query<{ isThere: boolean }>(sql`select to_regclass(${`${schema}.clinic`}) is not null as "isThere"`),
  )
  const { ownerUrl } = node
  if (rows[0]?.isThere === true)
    return { schema, shardId: anchor.shardId, ownerUrl, copiedRows: null, isWritten: false }
  throw new MigrateError(
    'distributed',
    `The shard ${schema} has been moved, and a newer release has updated the database: only that release can write ` +
      'the shard where it is now. Start its servers, or run its "holdfast migrate --citus".',
  )
}

type Writing = {
  ownerUrl: string
  coordinator: pg.Client
  tableShards: readonly TableShard[]
  nodes: readonly Node[]
  triggers: readonly Trigger[]
  model: ShardModel
  /** Asks all nodes. */
  former: () => Promise<readonly FormerSchema[]>
  /** What all schemas are written from. */
  source: readonly unknown[]
  /** All shards have had their own rows: the coordinator has none of them any more. */
  isFinished: boolean
}

function nodeOf(anchor: TableShard, nodes: readonly Node[]): Node {
  const node = nodes.find(({ groupId }) => groupId === anchor.groupId)
  if (node === undefined) throw new Error(`No node of Citus has the shard ${anchor.shardId}.`)
  return node
}

async function writeShard(anchor: TableShard, writing: Writing): Promise<CitusShard> {
  const { ownerUrl, coordinator, tableShards, nodes, triggers } = writing
  const [schema, node] = [schemaOf(anchor), nodeOf(anchor, nodes)]
  const relationOf = relationsOf(anchor, tableShards)
  const relations = [...tablesOfKind('distributed'), ...tablesOfKind('reference')].map(relationOf)
  const stamped = { relations, source: [anchor, ...writing.source] }
  const shard = { schema, ownerUrl: node.ownerUrl, shardId: anchor.shardId }
  const isWritten = async (client: pg.Client) => hasStamp(client, schema, await stampOf(client, stamped))
  if (await onNode(node, isWritten)) return { ...shard, copiedRows: null, isWritten: false }
  let copiedRows: number | null = null
  const former = await writing.former()
  await dropOutdated(node, schema, former)
  const source = former.find(({ range }) => includes(range, anchor)) ?? null
  const fill = async (client: pg.Client) => {
    copiedRows = await copyRowsOf({ anchor, source, target: client }, writing)
  }
  // What migrations insert in the shard draws numbers; the grants that follow revoke the right to do so.
  const withViews = (client: pg.Client) => writeSequences(client, { coordinator, schema, relationOf })
  const whenWritten = async (client: pg.Client) => {
    await withViews(client)
    await writeTriggers(client, { schema, ...anchor, relationOf, triggers })
    if (copiedRows !== null) await beginLog(client, schema)
    await writeStamp(client, schema, await stampOf(client, stamped))
  }
  const ownTables = { begin: () => beginningOf(source, writing), fill }
  const hooks = { ownTables, withViews, whenWritten }
  await writeShardSchema({ ownerUrl: node.ownerUrl, modelUrl: ownerUrl, schema, relationOf, ...hooks })
  return { ...shard, copiedRows, isWritten: true }
}

/** The rows of a former schema are as its own tables are, to which its ledger belongs. */
async function beginningOf(source: FormerSchema | null, { model }: Writing): Promise<OwnTablesOf> {
  if (source === null) return model
  return onNode(source.node, async (client) => {
    const { rows: migrations } = await client.query<OwnTablesOf['migrations'][number]>(
      `select version, name, checksum from ${source.schema}.migration order by version`,
    )
    return { tables: await readTables(client, source.schema), migrations }
  })
}

type RowsOfShard = { anchor: TableShard; source: FormerSchema | null; target: pg.Client }

async function copyRowsOf(
  { anchor, source, target }: RowsOfShard,
  { coordinator, isFinished }: Writing,
): Promise<number> {
  const schema = schemaOf(anchor)
  const copy = { target, schema, range: anchor }
  if (source === null && isFinished) {
    throw new Error(
      `No node has the former schema of the shard ${schema}, and with it responses for retries and unsent mails. ` +
        'Add the node to Citus again from which the shard was moved.',
    )
  }
  const rows =
    source === null
      ? await copyOwnRows({ ...copy, source: coordinator, sourceSchema: 'holdfast', hasRest: false })
      : await onNode(source.node, async (client) => {
          const tables = (await readTables(client, source.schema)).map(({ name }) => name)
          const hasRest = source.range.hashMin === anchor.hashMin
          return copyOwnRows({ ...copy, source: client, sourceSchema: source.schema, hasRest, tables })
        })
  await writeRange(target, schema, anchor)
  return rows
}

type TableShard = {
  relation: string
  shardId: number
  hashMin: string | null
  hashMax: string | null
  groupId: number
}

/** A reference table has no hash, and a copy on every node. */
async function tableShardsOf(coordinator: pg.Client): Promise<TableShard[]> {
  const { rows } = await coordinator.query<TableShard>(sql`
    select distinct c.relname as relation, s.shardid::int8::float8 as "shardId", s.shardminvalue as "hashMin",
           s.shardmaxvalue as "hashMax",
           case when s.shardminvalue is null then -1 else p.groupid end as "groupId"
      from pg_dist_shard s
      join pg_dist_placement p using (shardid)
      join pg_class c on c.oid = s.logicalrelid
     where c.relnamespace = 'holdfast'::regnamespace and not c.relispartition
     order by 2, 1`)
  return rows
}

async function triggersOf(coordinator: pg.Client): Promise<Trigger[]> {
  const { rows } = await coordinator.query<Trigger>(sql`
    select relation, name, definition from holdfast.shard_trigger order by relation, name`)
  return rows
}

function schemaOf({ shardId }: Pick<TableShard, 'shardId'>): string {
  return `holdfast_${shardId}`
}

/** The shard of each table that belongs to this one of `clinic`, or the node's copy. */
function relationsOf(anchor: TableShard, tableShards: readonly TableShard[]): (table: string) => string {
  const relations = new Map(
    tableShards
      .filter(({ hashMin }) => hashMin === null || hashMin === anchor.hashMin)
      .map(({ relation, shardId }) => [relation, `holdfast.${relation}_${shardId}`]),
  )
  return (table) => {
    const relation = relations.get(table)
    if (relation === undefined) throw new Error(`The table holdfast.${table} is not distributed.`)
    return relation
  }
}

/** The schema of a shard that was moved to another node, or that was split and is no shard any more. */
type FormerSchema = { node: Node; schema: string; range: HashRange; epoch: number }

/**
 * The narrowest first: a part of a split shard may have been moved since. Of several of one shard, the one whose log
 * began last.
 */
async function formerSchemas(
  nodes: readonly Node[],
  tableShards: readonly TableShard[],
  on: (node: Node, work: (client: pg.Client) => Promise<void>) => Promise<unknown>,
): Promise<FormerSchema[]> {
  const found: FormerSchema[] = []
  for (const node of nodes) {
    const current = tableShards.filter(({ groupId }) => groupId === node.groupId).map(schemaOf)
    await on(node, async (client) => {
      const { rows } = await client.query<{ schema: string }>(sql`
        select nspname as schema from pg_namespace where nspname ~ '^holdfast_[0-9]+$' and nspname <> all (${current})`)
      for (const { schema } of rows) {
        const ranges = await client.query<HashRange>(
          `select hash_min as "hashMin", hash_max as "hashMax" from ${schema}.shard_range`,
        )
        const [range] = ranges.rows
        if (range !== undefined) found.push({ node, schema, range, epoch: await lastEpoch(client, schema) })
      }
    })
  }
  const width = ({ range }: FormerSchema) => Number(range.hashMax) - Number(range.hashMin)
  return found.toSorted((one, other) => width(one) - width(other) || other.epoch - one.epoch)
}

/** The number of a shard's last epoch: those of one shard grow, whichever node it is on. 0: it has none. */
async function lastEpoch(client: pg.Client, schema: string): Promise<number> {
  const { rows } = await client.query<{ no: string | null }>(`select max(no)::text as no from ${schema}.log_epoch`)
  return Number(rows[0]?.no ?? 0)
}

/**
 * Drops the schema of a shard where it is now, if the shard's log went on elsewhere: it was moved away, and back before
 * what it had left here was dropped.
 */
async function dropOutdated(node: Node, schema: string, former: readonly FormerSchema[]): Promise<void> {
  const elsewhere = former.find((one) => one.schema === schema)
  if (elsewhere === undefined) return
  const epoch = await onNode(node, async (client) => {
    const { rows } = await client.query<{ isThere: boolean }>(
      sql`select to_regclass(${`${schema}.log_epoch`}) is not null as "isThere"`,
    )
    return rows[0]?.isThere === true ? lastEpoch(client, schema) : null
  })
  if (epoch !== null && epoch < elsewhere.epoch) await dropSchema(node, schema)
}

/** As `onNode`; undefined if the node is away, or refuses the login. */
async function onReachedNode<Result>(
  node: Node,
  work: (client: pg.Client) => Promise<Result>,
): Promise<Result | undefined> {
  try {
    return await onNode(node, work)
  } catch (error) {
    if (isDatabaseUnusable(error)) return undefined
    throw error
  }
}

function includes(outer: HashRange, inner: HashRange): boolean {
  return Number(outer.hashMin) <= Number(inner.hashMin) && Number(inner.hashMax) <= Number(outer.hashMax)
}

/** Later, a part of a shard that was split finds its former schema by it. */
async function writeRange(client: pg.Client, schema: string, { hashMin, hashMax }: HashRange): Promise<void> {
  await client.query(`
    create table ${schema}.shard_range (hash_min text not null, hash_max text not null);
    insert into ${schema}.shard_range values ('${hashMin}', '${hashMax}')`)
}

/**
 * Drops former schemas when all shards that have their clinics have been written, so that their logs began later. A
 * schema that a shard had left where it is now does not count: it was moved away and back, and is not written yet.
 *
 * What cannot be dropped, because others lock it or its node takes no writes, stays until the next call: the shard is
 * written, and need not wait for it.
 */
async function dropReplaced({ former, tableShards, nodes }: Replaced): Promise<void> {
  for (const { node, schema, range, epoch } of former) {
    const replacing = tableShards.filter((shard) => shard.relation === 'clinic' && includes(range, shard))
    const epochs = await Promise.all(replacing.map((shard) => epochNow(shard, nodes)))
    if (epochs.length === 0 || epochs.some((now) => now === null || now <= epoch)) continue
    await dropSchema(node, schema).catch((error: unknown) => {
      if (!mayPass(error)) throw error
    })
  }
}

type Replaced = { former: readonly FormerSchema[]; tableShards: readonly TableShard[]; nodes: readonly Node[] }

/** That of a shard where it is now; null: its own rows are not there, or its node is away. */
async function epochNow(shard: TableShard, nodes: readonly Node[]): Promise<number | null> {
  const node = nodes.find(({ groupId }) => groupId === shard.groupId)
  if (node === undefined) return null
  const epoch = await onReachedNode(node, async (client) => {
    const schema = schemaOf(shard)
    const { rows } = await client.query<{ isThere: boolean }>(
      sql`select to_regclass(${`${schema}.shard_range`}) is not null as "isThere"`,
    )
    return rows[0]?.isThere === true ? lastEpoch(client, schema) : null
  })
  return epoch ?? null
}

const dropTriesMax = 20

/** Writes that the guard is about to refuse lock the tables in another order. */
async function dropSchema(node: Node, schema: string, tries = 1): Promise<void> {
  try {
    await onNode(node, (client) => client.query(`drop schema ${schema} cascade`))
  } catch (error) {
    const isDeadlock = error instanceof pg.DatabaseError && error.code === '40P01'
    if (!isDeadlock || tries === dropTriesMax) throw error
    await dropSchema(node, schema, tries + 1)
  }
}
