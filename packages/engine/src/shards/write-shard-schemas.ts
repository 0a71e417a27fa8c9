import pg from 'pg'
import sql from 'sql-template-tag'
import { sqlFiles } from '../migrate/sql-files.ts'
import { type Node, nodesOf } from './nodes-of.ts'
import { copyOwnRows, type HashRange, hasOwnRows } from './own-rows.ts'
import { isDistributionFinished } from './read-places.ts'
import { hasStamp, stampOf, writeStamp } from './schema-stamp.ts'
import { readShardModel } from './shard-model.ts'
import { tablesOfKind } from './table-kinds.ts'
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
}

/**
 * Writes a schema for each shard onto the node that has it ({@link writeShardSchema}), with what Citus leaves out of
 * shards: sequences, triggers, and the guards ({@link writeTriggers}); and, in the same transaction, copies the rows of
 * the shard's own tables: from the coordinator, if it has just been distributed; after a move from the former node; and
 * after a split from the shard that was split. Schemas that no shard has any more are then dropped. Repeated after an
 * interruption, it does the rest. A schema that is written is left as it is: writing it would lock it, and servers
 * that use it would deadlock.
 *
 * docs/decisions/0051-on-citus-a-shard-has-a-schema.md
 *
 * @param ownerUrl of the coordinator's database, distributed by `distribute`. Its login works on each node.
 * @param only shards that were moved, or are the parts of a split one, by their schemas; null: all
 */
export async function writeShardSchemas(
  ownerUrl: string,
  only: readonly string[] | null = null,
): Promise<CitusShard[]> {
  const coordinator = await connect(ownerUrl)
  try {
    const [tableShards, nodes, triggers] = [
      await tableShardsOf(coordinator),
      await nodesOf(coordinator, ownerUrl),
      await triggersOf(coordinator),
    ]
    const former = await formerSchemas(nodes, tableShards)
    const { functions, grants, release } = await sqlFiles()
    const files = [functions.map(({ name, checksum }) => [name, checksum]), grants, release]
    const source = [await readShardModel(coordinator), triggers, files]
    const isFinished = await isDistributionFinished(coordinator)
    const writing = { ownerUrl, coordinator, tableShards, nodes, triggers, former, source, isFinished }
    const shards: CitusShard[] = []
    for (const anchor of tableShards.filter(({ relation }) => relation === 'clinic')) {
      if (only === null || only.includes(schemaOf(anchor))) shards.push(await writeShard(anchor, writing))
    }
    await dropReplaced(writing)
    return shards
  } finally {
    await coordinator.end()
  }
}

type Writing = {
  ownerUrl: string
  coordinator: pg.Client
  tableShards: readonly TableShard[]
  nodes: readonly Node[]
  triggers: readonly Trigger[]
  former: readonly FormerSchema[]
  /** What all schemas are written from. */
  source: readonly unknown[]
  /** All shards have had their own rows: the coordinator has none of them any more. */
  isFinished: boolean
}

async function writeShard(anchor: TableShard, writing: Writing): Promise<CitusShard> {
  const { ownerUrl, coordinator, tableShards, nodes, triggers } = writing
  const schema = schemaOf(anchor)
  const node = nodes.find(({ groupId }) => groupId === anchor.groupId)
  if (node === undefined) throw new Error(`No node of Citus has the shard ${anchor.shardId}.`)
  const relationOf = relationsOf(anchor, tableShards)
  const relations = [...tablesOfKind('distributed'), ...tablesOfKind('reference')].map(relationOf)
  const stamped = { relations, source: [anchor, ...writing.source] }
  const shard = { schema, ownerUrl: node.ownerUrl, shardId: anchor.shardId }
  const isWritten = async (client: pg.Client) => hasStamp(client, schema, await stampOf(client, stamped))
  if (await onNode(node, isWritten)) return { ...shard, copiedRows: null }
  let copiedRows: number | null = null
  const whenWritten = async (client: pg.Client) => {
    await writeSequences(client, coordinator, schema, relationOf)
    await writeTriggers(client, { schema, ...anchor, relationOf, triggers })
    if (!(await hasOwnRows(client, schema))) copiedRows = await copyRowsOf(anchor, client, writing)
    await writeStamp(client, schema, await stampOf(client, stamped))
  }
  await writeShardSchema({ ownerUrl: node.ownerUrl, modelUrl: ownerUrl, schema, relationOf, whenWritten })
  return { ...shard, copiedRows }
}

async function copyRowsOf(
  anchor: TableShard,
  target: pg.Client,
  { coordinator, former, isFinished }: Writing,
): Promise<number> {
  const schema = schemaOf(anchor)
  const copy = { target, schema, range: anchor }
  const source = former.find(({ range }) => includes(range, anchor))
  if (source === undefined && isFinished) {
    throw new Error(
      `No node has the former schema of the shard ${schema}, and with it responses for retries and unsent mails. ` +
        'Add the node to Citus again from which the shard was moved.',
    )
  }
  const rows =
    source === undefined
      ? await copyOwnRows({ ...copy, source: coordinator, sourceSchema: 'holdfast', hasRest: false })
      : await onNode(source.node, (client) =>
          copyOwnRows({
            ...copy,
            source: client,
            sourceSchema: source.schema,
            hasRest: source.range.hashMin === anchor.hashMin,
          }),
        )
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

async function connect(url: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url, application_name: 'holdfast shards' })
  client.on('error', () => {})
  await client.connect()
  await client.query(`set search_path = public; set timezone = 'UTC'; set client_min_messages = warning`)
  return client
}

/** In a transaction on a node, where the shards can be seen and changed. */
async function onNode<Result>(node: Node, work: (client: pg.Client) => Promise<Result>): Promise<Result> {
  const client = await connect(node.ownerUrl)
  try {
    await client.query(`begin;
      set local citus.enable_ddl_propagation = off;
      set local citus.override_table_visibility = off;
      set local citus.enable_manual_changes_to_shards = on`)
    const result = await work(client)
    await client.query('commit')
    return result
  } finally {
    await client.end()
  }
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
     order by 2`)
  return rows
}

async function triggersOf(coordinator: pg.Client): Promise<Trigger[]> {
  const { rows } = await coordinator.query<Trigger>(sql`
    select relation, name, definition from holdfast.shard_trigger order by relation, name`)
  return rows
}

/** Columns that a sequence fills, some of them the same one: shards have no sequence of their own. */
async function writeSequences(
  client: pg.Client,
  coordinator: pg.Client,
  schema: string,
  relationOf: (table: string) => string,
): Promise<void> {
  const { rows } = await coordinator.query<{ relation: string; column: string; name: string; isIdentity: boolean }>(sql`
    select table_name::text as relation, column_name::text as column, is_identity = 'YES' as "isIdentity",
           coalesce(substring(column_default from $$^nextval[(]'holdfast[.]([a-z_]+)'$$),
                    table_name || '_' || column_name || '_seq') as name
      from information_schema.columns
     where table_schema = 'holdfast' and table_name = any (${tablesOfKind('distributed')})
       and (is_identity = 'YES' or column_default like 'nextval(%')`)
  for (const { relation, column, name, isIdentity } of rows) {
    const sequence = `${schema}.${name}`
    await client.query(`
      create sequence if not exists ${sequence};
      alter view ${schema}.${relation} alter column ${column} set default nextval('${sequence}');
      select setval('${sequence}', greatest((select max(${column}) from ${relationOf(relation)}),
                                            (select last_value from ${sequence})))`)
    // Whoever may insert a row draws the number of an identity column, without a right to its sequence.
    if (isIdentity) await client.query(`grant usage on sequence ${sequence} to holdfast_app`)
  }
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
type FormerSchema = { node: Node; schema: string; range: HashRange }

/** The narrowest first: a part of a split shard may have been moved since. */
async function formerSchemas(nodes: readonly Node[], tableShards: readonly TableShard[]): Promise<FormerSchema[]> {
  const found: FormerSchema[] = []
  for (const node of nodes) {
    const current = tableShards.filter(({ groupId }) => groupId === node.groupId).map(schemaOf)
    await onNode(node, async (client) => {
      const { rows } = await client.query<{ schema: string }>(sql`
        select nspname as schema from pg_namespace where nspname ~ '^holdfast_[0-9]+$' and nspname <> all (${current})`)
      for (const { schema } of rows) {
        const ranges = await client.query<HashRange>(
          `select hash_min as "hashMin", hash_max as "hashMax" from ${schema}.shard_range`,
        )
        const [range] = ranges.rows
        if (range !== undefined) found.push({ node, schema, range })
      }
    })
  }
  const width = ({ range }: FormerSchema) => Number(range.hashMax) - Number(range.hashMin)
  return found.toSorted((one, other) => width(one) - width(other))
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

/** Drops former schemas when all shards that have their clinics have been written. */
async function dropReplaced({ former, tableShards, nodes }: Replaced): Promise<void> {
  for (const { node, schema, range } of former) {
    const replacing = tableShards.filter((shard) => shard.relation === 'clinic' && includes(range, shard))
    const written = await Promise.all(replacing.map((shard) => hasOwnLog(shard, nodes)))
    if (written.every((each) => each)) await dropSchema(node, schema)
  }
}

type Replaced = { former: readonly FormerSchema[]; tableShards: readonly TableShard[]; nodes: readonly Node[] }

/** By this call or by one that was interrupted: its own rows are there. */
async function hasOwnLog(shard: TableShard, nodes: readonly Node[]): Promise<boolean> {
  const node = nodes.find(({ groupId }) => groupId === shard.groupId)
  if (node === undefined) return false
  return onNode(node, async (client) => {
    const { rows } = await client.query<{ isThere: boolean }>(
      sql`select to_regclass(${`${schemaOf(shard)}.shard_range`}) is not null as "isThere"`,
    )
    return rows[0]?.isThere === true
  })
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
