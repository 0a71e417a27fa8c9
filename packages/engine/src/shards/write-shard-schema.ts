import pg from 'pg'
import sql from 'sql-template-tag'
import { checkShard } from '../database/database-url.ts'
import { inSchema, statementInSchema } from '../database/statement-schema.ts'
import { applyFunctions } from '../migrate/apply-functions.ts'
import { ledgerDefinition, readLedger } from '../migrate/ledger.ts'
import { sqlFiles } from '../migrate/sql-files.ts'
import { omitStatistics } from './omit-statistics.ts'
import { type ModelTable, readShardModel, type ShardModel } from './shard-model.ts'
import { kindOf } from './table-kinds.ts'

export type Shard = {
  /** The owner's URL of the database that has the tables. */
  ownerUrl: string
  /** The owner's URL of the database whose schema is that of the shard; by default, the same. */
  modelUrl?: string
  /** Of the shard, called `holdfast_…`. */
  schema: string
  /**
   * Where the rows of a table of the kind `distributed` or `reference` are: a qualified name, quoted if need
   * be. By default, in the schema `holdfast`.
   */
  relationOf?(table: string): string
  /** Runs in the transaction that writes the schema, at its end. */
  whenWritten?(client: pg.Client): Promise<void>
}

/**
 * Writes the schema of a shard: a view or a table for each table, by its kind ({@link kindOf}), the types, the
 * functions and their grants. The engine works in it as in `holdfast`, by a URL of that schema. Repeated, it brings the
 * functions up to date.
 *
 * docs/decisions/0051-on-citus-a-shard-has-a-schema.md
 *
 * @throws TypeError for a schema that is not called so, and for a table without a kind
 */
export async function writeShardSchema({
  ownerUrl,
  modelUrl = ownerUrl,
  schema: shard,
  relationOf = (table) => `holdfast.${table}`,
  whenWritten = async () => undefined,
}: Shard): Promise<void> {
  const schema = checkShard(shard)
  const model = await modelOf(modelUrl)
  const client = await connect(ownerUrl)
  const inShard = {
    query: (...args: unknown[]) => (client.query as (...args: unknown[]) => unknown)(...inSchema(args, schema)),
  } as unknown as pg.Client
  try {
    // The schema is no matter of other nodes, and Citus hides its shards.
    await client.query(`begin;
      set local citus.enable_ddl_propagation = off;
      set local citus.override_table_visibility = off;
      set local citus.enable_manual_changes_to_shards = on`)
    await inShard.query(ledgerDefinition)
    await inShard.query(refusalDefinition)
    for (const table of model.tables) await writeTable(client, schema, table, relationOf)
    for (const { version, name, checksum } of model.migrations) {
      await inShard.query(sql`insert into holdfast.migration (version, name, checksum)
        values (${version}, ${name}, ${checksum}) on conflict do nothing`)
    }
    await inShard.query(clinicNumbersDefinition)
    for (const definition of model.views) await inShard.query(definition)
    await writeTypes(client, schema, model.types)
    await inShard.query('set local check_function_bodies = off')
    for (const definition of model.functions) await inShard.query(definition)
    await applyFunctions(inShard, await readLedger(inShard), await sqlFiles())
    await inShard.query('grant execute on function holdfast.refuse_table(text) to holdfast_app')
    await whenWritten(client)
    await client.query('commit')
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

/** Their numbers are larger in a shard: `log_epoch_floor.sql`. The largest is the largest that JavaScript counts. */
const epochsOfShard = (relation: string) => `
  do $$ begin
    if not exists (select from pg_constraint
                    where conrelid = '${relation}'::regclass and conname = 'log_epoch_no_check'
                      and pg_get_constraintdef(oid) like '%9007199254740991%') then
      alter table ${relation} drop constraint log_epoch_no_check,
        add constraint log_epoch_no_check check (no between 1 and 9007199254740991);
    end if;
  end $$`

async function writeTable(
  client: pg.Client,
  schema: string,
  { name, nulls, definition, withoutStatistics }: ModelTable,
  relationOf: (table: string) => string,
): Promise<void> {
  const kind = kindOf(name)
  const relation = `${schema}.${name}`
  if (kind === 'own') {
    const { rows } = await client.query<{ found: boolean }>(sql`select to_regclass(${relation}) is not null as found`)
    if (rows[0]?.found !== true) await client.query(statementInSchema(definition, schema))
    await omitStatistics(client, relation, withoutStatistics)
    if (name === 'log_epoch') await client.query(epochsOfShard(relation))
    return
  }
  const view = `create or replace view ${relation} as select`
  if (kind === 'coordinator') {
    // Without the offset, a condition on a column that is null would be decided without a call.
    await client.query(`${view} ${nulls} where ${schema}.refuse_table('${name}') offset 0`)
    return
  }
  if (kind === 'distributed') await omitStatistics(client, relationOf(name), withoutStatistics)
  // A view with an offset takes no writes.
  await client.query(`${view} * from ${relationOf(name)}${kind === 'reference' ? ' offset 0' : ''}`)
}

async function connect(url: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url, application_name: 'holdfast shard' })
  client.on('error', () => {})
  await client.connect()
  await client.query(`set search_path = public; set timezone = 'UTC'; set client_min_messages = warning`)
  return client
}

async function modelOf(url: string): Promise<ShardModel> {
  const client = await connect(url)
  try {
    return await readShardModel(client)
  } finally {
    await client.end()
  }
}

async function writeTypes(client: pg.Client, schema: string, types: ShardModel['types']): Promise<void> {
  for (const { name, definition } of types) {
    const exists = await client.query(
      sql`select from pg_class where relnamespace = ${schema}::regnamespace and relname = ${name}`,
    )
    if (exists.rowCount === 0) await client.query(statementInSchema(definition, schema))
  }
}
