import pg from 'pg'
import sql from 'sql-template-tag'
import { checkPlace } from '../database/database-url.ts'
import { inSchema, statementInSchema } from '../database/statement-schema.ts'
import { applyFunctions } from '../migrate/apply-functions.ts'
import { ledgerDefinition, readLedger } from '../migrate/ledger.ts'
import { sqlFiles } from '../migrate/sql-files.ts'

/** Where a table of a place is: a qualified name with its quotes, if it needs any. */
export type PlaceTable =
  /** Written in the place. */
  | { kind: 'shard'; relation: string }
  /** The same on all nodes, so that a place only reads it. */
  | { kind: 'reference'; relation: string }
  /** The place has rows of its own, in a table like this one. */
  | { kind: 'own'; relation: string }

export type Place = {
  /** The owner's URL of the database that has the tables. */
  ownerUrl: string
  /** The owner's URL of the database whose schema is that of the place; by default, the same. */
  modelUrl?: string
  /** Of the place, called `holdfast_…`. */
  schema: string
  /** undefined: the place has no table of that name */
  tableOf(name: string): PlaceTable | undefined
}

/** Rows of the place itself: which functions it has. */
const ledgerTables = ['migration', 'function_file']

/**
 * Writes the schema of a place: a view for each table, the types, the functions and their grants. The engine works in
 * it as in `holdfast`, by a URL of that schema. Repeated, it brings the functions up to date.
 *
 * docs/decisions/0051-on-citus-a-place-is-a-schema.md
 *
 * @throws TypeError for a schema that is not called so
 */
export async function writePlace({ ownerUrl, modelUrl = ownerUrl, schema: place, tableOf }: Place): Promise<void> {
  const schema = checkPlace(place)
  const model = await modelOf(modelUrl)
  const client = await connect(ownerUrl)
  const inPlace = {
    query: (...args: unknown[]) => (client.query as (...args: unknown[]) => unknown)(...inSchema(args, schema)),
  } as unknown as pg.Client
  try {
    // The schema is no matter of other nodes, and Citus hides its shards.
    await client.query(`begin;
      set local citus.enable_ddl_propagation = off;
      set local citus.override_table_visibility = off`)
    await inPlace.query(ledgerDefinition)
    for (const name of model.tables) {
      const table = tableOf(name)
      if (table !== undefined) await client.query(definitionOf(`${schema}.${name}`, table))
    }
    for (const { version, name, checksum } of model.migrations) {
      await inPlace.query(sql`insert into holdfast.migration (version, name, checksum)
        values (${version}, ${name}, ${checksum}) on conflict do nothing`)
    }
    await inPlace.query(`create sequence if not exists holdfast.clinic_no_seq as integer`)
    for (const definition of model.views) await inPlace.query(definition)
    await writeTypes(client, schema, model.types)
    await inPlace.query('set local check_function_bodies = off')
    for (const definition of model.functions) await inPlace.query(definition)
    await applyFunctions(inPlace, await readLedger(inPlace), await sqlFiles())
    await client.query('commit')
  } finally {
    await client.end()
  }
}

function definitionOf(name: string, { kind, relation }: PlaceTable): string {
  if (kind === 'own') return `create table if not exists ${name} (like ${relation} including all)`
  // A view with an offset takes no writes.
  return `create or replace view ${name} as select * from ${relation}${kind === 'reference' ? ' offset 0' : ''}`
}

async function connect(url: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url, application_name: 'holdfast place' })
  client.on('error', () => {})
  await client.connect()
  await client.query(`set search_path = public; set timezone = 'UTC'; set client_min_messages = warning`)
  return client
}

/** What the places of a database have in common: the definitions name the schema `holdfast`. */
type Model = {
  tables: string[]
  migrations: { version: number; name: string; checksum: string }[]
  views: string[]
  types: { name: string; definition: string }[]
  /** Those that migrations create, and no file of `sql/functions`: of triggers, and of constraints. */
  functions: string[]
}

async function modelOf(url: string): Promise<Model> {
  const client = await connect(url)
  try {
    const tables = await client.query<{ name: string }>(sql`
      select relname as name from pg_class
       where relnamespace = 'holdfast'::regnamespace and relkind in ('r', 'p') and not relispartition
         and relname <> all (${ledgerTables}) order by relname`)
    const { migrations } = await readLedger(client)
    const views = await client.query<{ definition: string }>(sql`
      select format('create or replace view %s as %s', oid::regclass, pg_get_viewdef(oid)) as definition from pg_class
       where relnamespace = 'holdfast'::regnamespace and relkind = 'v' order by oid`)
    // Their attributes may be rows of tables: in a place, of its views.
    const types = await client.query<Model['types'][number]>(sql`
      select c.relname as name,
             format('create type %s as (%s)', c.oid::regclass,
                    string_agg(quote_ident(a.attname) || ' ' || format_type(a.atttypid, a.atttypmod), ', '
                               order by a.attnum))
               as definition
        from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
       where c.relnamespace = 'holdfast'::regnamespace and c.relkind = 'c'
       group by c.relname, c.oid order by c.relname`)
    const functions = await client.query<{ definition: string }>(sql`
      select pg_get_functiondef(p.oid) as definition from pg_proc p
       where p.pronamespace = 'holdfast'::regnamespace
         and not exists (select from holdfast.function_file f where f.name = p.proname)
       order by p.proname`)
    return {
      tables: tables.rows.map(({ name }) => name),
      migrations,
      views: views.rows.map(({ definition }) => definition),
      types: types.rows,
      functions: functions.rows.map(({ definition }) => definition),
    }
  } finally {
    await client.end()
  }
}

async function writeTypes(client: pg.Client, schema: string, types: Model['types']): Promise<void> {
  for (const { name, definition } of types) {
    const exists = await client.query(
      sql`select from pg_class where relnamespace = ${schema}::regnamespace and relname = ${name}`,
    )
    if (exists.rowCount === 0) await client.query(statementInSchema(definition, schema))
  }
}
