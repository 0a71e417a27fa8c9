import pg from 'pg'
import { checkPlace } from '../database/database-url.ts'
import { inSchema, statementInSchema } from '../database/statement-schema.ts'
import { applyFunctions } from '../migrate/apply-functions.ts'
import { ledgerDefinition, readLedger } from '../migrate/ledger.ts'
import { sqlFiles } from '../migrate/sql-files.ts'

export type Place = {
  /** The owner's URL of the database that has the tables. */
  ownerUrl: string
  /** Of the place, called `holdfast_…`. */
  schema: string
  /**
   * Where a table or a view of `holdfast` is, as a qualified name with its quotes, if it needs any; null: the place has
   * none of that name.
   */
  relationOf(name: string): string | null
}

/** Rows of the place itself: which functions it has. */
const ownTables = ['migration', 'function_file']

/**
 * Writes the schema of a place: a view for each table, the types, the functions and their grants. The engine works in
 * it as in `holdfast`, by a URL of that schema. Repeated, it brings the functions up to date.
 *
 * docs/decisions/0051-on-citus-a-place-is-a-schema.md
 *
 * @throws TypeError for a schema that is not called so
 */
export async function writePlace({ ownerUrl, schema: place, relationOf }: Place): Promise<void> {
  const schema = checkPlace(place)
  const client = new pg.Client({ connectionString: ownerUrl, application_name: 'holdfast place' })
  client.on('error', () => {})
  await client.connect()
  const inPlace = {
    query: (...args: unknown[]) => (client.query as (...args: unknown[]) => unknown)(...inSchema(args, schema)),
  } as unknown as pg.Client
  try {
    await client.query(`set search_path = public; set timezone = 'UTC'; set client_min_messages = warning; begin`)
    await inPlace.query(ledgerDefinition)
    for (const name of await namesOf(client)) {
      const relation = relationOf(name)
      if (relation !== null) {
        await client.query(`create or replace view ${schema}.${name} as select * from ${relation}`)
      }
    }
    await client.query(`
      insert into ${schema}.migration select * from holdfast.migration on conflict do nothing;
      create sequence if not exists ${schema}.clinic_no_seq as integer`)
    await writeTypes(client, schema)
    await writeMigratedFunctions(client, schema)
    await applyFunctions(inPlace, await readLedger(inPlace), await sqlFiles())
    await client.query('commit')
  } finally {
    await client.end()
  }
}

async function namesOf(client: pg.Client): Promise<string[]> {
  const { rows } = await client.query<{ name: string }>(
    `select relname as name from pg_class
      where relnamespace = 'holdfast'::regnamespace and relkind in ('r', 'p', 'v') and not relispartition
        and relname <> all ($1) order by relkind = 'v', relname`,
    [ownTables],
  )
  return rows.map(({ name }) => name)
}

/** The functions that migrations create, and no file of `sql/functions`: those of triggers, and of constraints. */
async function writeMigratedFunctions(client: pg.Client, schema: string): Promise<void> {
  const { rows } = await client.query<{ definition: string }>(`
    select pg_get_functiondef(p.oid) as definition from pg_proc p
     where p.pronamespace = 'holdfast'::regnamespace
       and not exists (select from holdfast.function_file f where f.name = p.proname)
     order by p.proname`)
  for (const { definition } of rows) await client.query(statementInSchema(definition, schema))
}

/** Types of the functions' parameters. Their attributes may be rows of tables: here, of the place's views. */
async function writeTypes(client: pg.Client, schema: string): Promise<void> {
  const { rows } = await client.query<{ name: string; attributes: string }>(`
    select c.relname as name,
           string_agg(quote_ident(a.attname) || ' ' || format_type(a.atttypid, a.atttypmod), ', ' order by a.attnum)
             as attributes
      from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
     where c.relnamespace = 'holdfast'::regnamespace and c.relkind = 'c'
     group by c.relname order by c.relname`)
  for (const { name, attributes } of rows) {
    const exists = await client.query('select from pg_class where relnamespace = $1::regnamespace and relname = $2', [
      schema,
      name,
    ])
    if (exists.rowCount === 0) {
      await client.query(`create type ${schema}.${name} as (${attributes.replaceAll('holdfast.', `${schema}.`)})`)
    }
  }
}
