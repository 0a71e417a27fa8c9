import pg from 'pg'
import { commit } from '../../database/client-transaction.ts'
import { checkShard } from '../../database/database-url.ts'
import { inSchema, statementInSchema } from '../../database/statement-schema.ts'
import { applyFunctions } from '../../migrate/apply-functions.ts'
import { ledgerDefinition, readLedger } from '../../migrate/ledger.ts'
import { type SqlFiles, sqlFiles } from '../../migrate/sql-files.ts'
import { beginOnNode, connectForShards } from '../nodes/nodes-of.ts'
import { readShardModel, type ShardModel } from './shard-model.ts'
import { type OwnTables, type OwnTablesOf, writeOwnTables } from './write-own-tables.ts'
import { dropOtherTypes, writeTypes } from './write-types.ts'
import { dropOtherViews, writeOtherViews, writeTableViews } from './write-views.ts'

export type ShardSchema = {
  /** The owner's URL of the database that has the tables. */
  ownerUrl: string
  /** The schema that the shard gets: that of the coordinator. By default, of the same database. */
  model?: ShardModel
  /** Of the shard, called `holdfast_…`. */
  schema: string
  /**
   * Where the rows of a table of the kind `distributed` or `reference` are: a qualified name, quoted if need
   * be. By default, in the schema `holdfast`.
   */
  relationOf?(table: string): string
  /** Of a new schema: what its own tables begin with. By default, they are as in the database. */
  ownTables?: { begin(): Promise<OwnTablesOf>; fill: OwnTables['fill'] }
  /** Runs in the transaction that writes the schema, when its views are written. */
  withViews?(client: pg.Client): Promise<void>
  /** Runs in the transaction that writes the schema, at its end. */
  whenWritten?(client: pg.Client): Promise<void>
  /** Another set of files than the engine's own, for tests. */
  files?: SqlFiles
}

/**
 * Writes the schema of a shard: a view or a table for each table, by its kind (`kindOf`), the types, the functions and
 * their grants. The engine works in it as in `holdfast`, by a URL of that schema. Repeated, it brings the schema up to
 * date with the database, and leaves alone what is as it should be.
 *
 * docs/decisions/0051-on-citus-a-shard-has-a-schema.md
 *
 * @throws TypeError for a schema that is not called so, and for a table without a kind
 */
export async function writeShardSchema({
  ownerUrl,
  model: given,
  schema: shard,
  relationOf = (table) => `holdfast.${table}`,
  ownTables,
  withViews = async () => undefined,
  whenWritten = async () => undefined,
  files,
}: ShardSchema): Promise<void> {
  const schema = checkShard(shard)
  const [model, sources] = [given ?? (await modelOf(ownerUrl)), files ?? (await sqlFiles())]
  const client = await connectForShards(ownerUrl, 'holdfast shard')
  const inShard = {
    query: (...args: unknown[]) => (client.query as (...args: unknown[]) => unknown)(...inSchema(args, schema)),
  } as unknown as pg.Client
  const { begin = async () => model, fill = async () => undefined } = ownTables ?? {}
  const views = { schema, model, relationOf }
  try {
    await client.query(beginOnNode)
    await inShard.query(ledgerDefinition)
    await inShard.query(refusalDefinition)
    await client.query('set local check_function_bodies = off')
    let hasDropped = await writeTableViews(client, views)
    hasDropped = (await writeTypes(client, schema, model.types)) || hasDropped
    await writeFunctions(client, schema, model.functions)
    await withViews(client)
    await writeOwnTables(client, { schema, model, files: sources.migrations, begin, fill })
    await inShard.query(clinicNumbersDefinition)
    hasDropped = (await writeOtherViews(client, views)) || hasDropped
    // Functions that used a view or a type are written again.
    if (hasDropped) await client.query(`delete from ${schema}.function_file`)
    await applyFunctions(inShard, await readLedger(inShard), sources)
    await inShard.query('grant execute on function holdfast.refuse_table(text) to holdfast_app')
    await whenWritten(client)
    await dropOtherViews(client, views)
    await dropOtherTypes(client, schema, model.types)
    await dropOtherFunctions(client, schema, model.functions)
    await commit(client)
  } finally {
    await client.end()
  }
}

/** What a view of a table on the coordinator calls. */
const refusalDefinition = `
  create or replace function holdfast.refuse_table(p_table text) returns boolean language plpgsql
  set search_path = pg_catalog, pg_temp as $$
  begin
    raise exception 'The table % is on the coordinator, and not in a shard.', p_table
      using errcode = 'feature_not_supported', hint = 'Use a connection to the coordinator.';
  end $$`

/** Numbers that shards drew would collide, so that a shard has none. `insertClinic` says so. */
const clinicNumbersDefinition = `
  create sequence if not exists holdfast.clinic_no_seq as integer minvalue 0 maxvalue 1;
  select setval('holdfast.clinic_no_seq', 1)`

async function modelOf(url: string): Promise<ShardModel> {
  const client = await connectForShards(url, 'holdfast shard')
  try {
    return await readShardModel(client)
  } finally {
    await client.end()
  }
}

/** A function whose result or parameters have become others is created anew. */
async function writeFunctions(client: pg.Client, schema: string, functions: ShardModel['functions']): Promise<void> {
  for (const { identity, definition } of functions) {
    const text = statementInSchema(definition, schema)
    await client.query('savepoint migration_function')
    try {
      await client.query(text)
    } catch (error) {
      if (!(error instanceof pg.DatabaseError && error.code === '42P13')) throw error
      await client.query('rollback to savepoint migration_function')
      await client.query(`drop function ${statementInSchema(identity, schema)} cascade`)
      await client.query(text)
    }
    await client.query('release savepoint migration_function')
  }
}

/** Functions that exist only in shards. */
const shardFunctions = ['refuse_table', 'guard_shard', 'guard_clinic']

/** Drops those of former migrations that are none of the database any more, with the triggers that call them. */
async function dropOtherFunctions(client: pg.Client, schema: string, functions: ShardModel['functions']) {
  const identities = functions.map(({ identity }) => statementInSchema(identity, schema))
  const { rows } = await client.query<{ identity: string }>(
    `
    select oid::regprocedure::text as identity from pg_proc p
     where pronamespace = '${schema}'::regnamespace and oid::regprocedure::text <> all ($1) and proname <> all ($2)
       and not exists (select from ${schema}.function_file f where f.name = p.proname)`,
    [identities, shardFunctions],
  )
  for (const { identity } of rows) await client.query(`drop function if exists ${identity} cascade`)
}
