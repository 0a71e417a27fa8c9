import pg from 'pg'
import sql from 'sql-template-tag'
import { changeDatabaseUrl } from '../database/database-url.ts'
import { statementInSchema } from '../database/statement-schema.ts'
import { type PlaceTable, writePlace } from './write-place.ts'

/** A place of a database on Citus: the clinics of one shard. */
export type CitusPlace = {
  /** Its schema: `holdfast_` and the number of its shard of `clinic`, which it keeps when it is moved. */
  schema: string
  shardId: number
  /** The owner's URL of the database on the node that has it. */
  ownerUrl: string
}

/** Tables without a clinic whose rows follow the place's own log, or are its own answers. */
const ownTables = ['answer', 'archived_month', 'log_epoch', 'log_receiver']

/**
 * Writes a schema for each place onto the node that has it ({@link writePlace}), with what Citus leaves out of shards:
 * sequences, triggers, and the guard against writing into the copy that a move leaves behind. Repeated after a move, it
 * takes the place's own rows to the new node, and drops what is left on the former one.
 *
 * docs/decisions/0051-on-citus-a-place-is-a-schema.md
 *
 * @param ownerUrl of the coordinator's database, distributed by `distribute`. Its login works on each node.
 * @param only the place that was moved, by its schema; null: all
 */
export async function writePlaces(ownerUrl: string, only: string | null = null): Promise<CitusPlace[]> {
  const coordinator = await connect(ownerUrl)
  try {
    const [shards, nodes, triggers] = [
      await shardsOf(coordinator),
      await nodesOf(coordinator, ownerUrl),
      await triggersOf(coordinator),
    ]
    const places: CitusPlace[] = []
    for (const anchor of shards.filter(({ relation }) => relation === 'clinic')) {
      const schema = `holdfast_${anchor.shardId}`
      if (only !== null && only !== schema) continue
      const node = nodes.find(({ groupId }) => groupId === anchor.groupId)
      if (node === undefined) throw new Error(`No node of Citus has the shard ${anchor.shardId}.`)
      const own = shards.filter(({ hashMin }) => hashMin === null || hashMin === anchor.hashMin)
      const tables = new Map(own.map((shard) => [shard.relation, placeTableOf(shard)]))
      const tableOf = (name: string) => tables.get(name)
      await writePlace({ ownerUrl: node.ownerUrl, modelUrl: ownerUrl, schema, tableOf })
      await onNode(node, async (client) => {
        await writeSequences(client, coordinator, schema, tables)
        await writeTriggers(client, schema, anchor.shardId, tables, triggers)
      })
      for (const former of nodes.filter((other) => other !== node)) await moveOwnRows(former, node, schema)
      places.push({ schema, ownerUrl: node.ownerUrl, shardId: anchor.shardId })
    }
    return places
  } finally {
    await coordinator.end()
  }
}

type Shard = { relation: string; shardId: number; hashMin: string | null; groupId: number }
type Node = { groupId: number; ownerUrl: string }
type Trigger = { relation: string; name: string; definition: string }

async function connect(url: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url, application_name: 'holdfast places' })
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
async function shardsOf(coordinator: pg.Client): Promise<Shard[]> {
  const { rows } = await coordinator.query<Shard>(sql`
    select distinct c.relname as relation, s.shardid::int8::float8 as "shardId", s.shardminvalue as "hashMin",
           case when s.shardminvalue is null then -1 else p.groupid end as "groupId"
      from pg_dist_shard s
      join pg_dist_placement p using (shardid)
      join pg_class c on c.oid = s.logicalrelid
     where c.relnamespace = 'holdfast'::regnamespace and not c.relispartition
     order by 2`)
  return rows
}

async function nodesOf(coordinator: pg.Client, ownerUrl: string): Promise<Node[]> {
  const { rows } = await coordinator.query<{ groupId: number; host: string; port: number }>(sql`
    select groupid as "groupId", nodename as host, nodeport as port from pg_dist_node
     where noderole = 'primary' and isactive and shouldhaveshards order by groupid`)
  return rows.map(({ groupId, host, port }) => ({ groupId, ownerUrl: changeDatabaseUrl(ownerUrl, { host, port }) }))
}

async function triggersOf(coordinator: pg.Client): Promise<Trigger[]> {
  const { rows } = await coordinator.query<Trigger>(sql`
    select relation, name, definition from holdfast.place_trigger order by relation, name`)
  return rows
}

function placeTableOf({ relation, shardId, hashMin }: Shard): PlaceTable {
  const shard = `holdfast.${relation}_${shardId}`
  if (hashMin !== null) return { kind: 'shard', relation: shard }
  return { kind: ownTables.includes(relation) ? 'own' : 'reference', relation: shard }
}

/** Columns that a sequence fills, some of them the same one: shards have no sequence of their own. */
async function writeSequences(
  client: pg.Client,
  coordinator: pg.Client,
  schema: string,
  tables: ReadonlyMap<string, PlaceTable>,
): Promise<void> {
  const { rows } = await coordinator.query<{ relation: string; column: string; name: string }>(sql`
    select table_name::text as relation, column_name::text as column,
           coalesce(substring(column_default from $$^nextval[(]'holdfast[.]([a-z_]+)'$$),
                    table_name || '_' || column_name || '_seq') as name
      from information_schema.columns
     where table_schema = 'holdfast' and (is_identity = 'YES' or column_default like 'nextval(%')`)
  for (const { relation, column, name } of rows) {
    const table = tables.get(relation)
    if (table?.kind !== 'shard') continue
    const sequence = `${schema}.${name}`
    await client.query(`
      create sequence if not exists ${sequence};
      alter view ${schema}.${relation} alter column ${column} set default nextval('${sequence}');
      select setval('${sequence}', greatest((select max(${column}) from ${table.relation}),
                                            (select last_value from ${sequence})))`)
  }
}

/**
 * The triggers of the tables, on the place's shards, and before them the guard of each shard: it takes the lock that a
 * move takes before it switches to the copy, and then looks whether the shard is still here.
 */
async function writeTriggers(
  client: pg.Client,
  schema: string,
  shardId: number,
  tables: ReadonlyMap<string, PlaceTable>,
  triggers: readonly Trigger[],
): Promise<void> {
  await client.query(`
    create or replace function ${schema}.guard_place() returns trigger language plpgsql security definer
    set search_path = pg_catalog as $$
    begin
      perform lock_shard_metadata(5, array[${shardId}]::bigint[]);
      if not exists (select from pg_dist_placement p
                      where p.shardid = ${shardId} and p.groupid = (select groupid from pg_dist_local_group)) then
        raise exception 'place_moved' using errcode = 'HF017', detail = '${schema}';
      end if;
      return null;
    end $$`)
  for (const { kind, relation } of tables.values()) {
    if (kind !== 'shard') continue
    await client.query(`
      drop trigger if exists a_guard_place on ${relation};
      create trigger a_guard_place before insert or update or delete on ${relation}
        for each statement execute function ${schema}.guard_place()`)
  }
  for (const { relation, name, definition } of triggers) {
    const shard = tables.get(relation.replace(/^holdfast\./, ''))
    if (shard?.kind !== 'shard') continue
    await client.query(`drop trigger if exists ${pg.escapeIdentifier(name)} on ${shard.relation}`)
    await client.query(
      statementInSchema(definition, schema).replace(` ON ${schema}.${relation.slice(9)}`, ` ON ${shard.relation}`),
    )
  }
}

/** Takes the place's own rows from a former node, begins an epoch of its log, and drops the schema there. */
async function moveOwnRows(former: Node, node: Node, schema: string): Promise<void> {
  const rowsOf = await onNode(former, async (client) => {
    const { rows } = await client.query(sql`select from pg_namespace where nspname = ${schema}`)
    if (rows.length === 0) return null
    const found = new Map<string, object[]>()
    for (const table of ownTables) {
      const result = await client.query<{ row: object }>(`select to_jsonb(t) as row from ${schema}.${table} t`)
      found.set(
        table,
        result.rows.map(({ row }) => row),
      )
    }
    return found
  })
  if (rowsOf === null) return
  await onNode(node, async (client) => {
    for (const [table, rows] of rowsOf) {
      await client.query(
        `insert into ${schema}.${table} select * from jsonb_populate_recordset(null::${schema}.${table}, $1)
         on conflict do nothing`,
        [JSON.stringify(rows)],
      )
    }
    // The transactions of the former node have numbers that say nothing here.
    await client.query(`select ${schema}.renumber_log()`)
  })
  await dropSchema(former, schema)
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
