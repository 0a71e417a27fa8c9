import { randomUUID } from 'node:crypto'
import type { TestDatabase } from '@holdfast/testkit'
import { test as base } from '@holdfast/testkit/database-test'
import { expect, vi } from 'vitest'
import { inTransaction } from '../../database/pools.ts'
import { migrate } from '../../migrate/migrate.ts'
import { type SqlFiles, sqlFiles } from '../../migrate/sql-files.ts'
import { dropForeignKeysToOwnRows } from '../tables/drop-foreign-keys.ts'
import { freeInSchema } from './free-columns.ts'
import { writeShardSchema } from './write-shard-schema.ts'

vi.mock(import('../tables/table-kinds.ts'), async (original) => {
  const module = await original()
  const tableKinds: typeof module.tableKinds = {
    ...module.tableKinds,
    planted_visit: 'distributed',
    planted_country: 'reference',
    planted_own: 'own',
    planted_secret: 'coordinator',
  }
  return {
    tableKinds,
    kindOf: (table) => tableKinds[table] ?? module.kindOf(table),
    tablesOfKind: (kind) => Object.keys(tableKinds).filter((name) => tableKinds[name] === kind),
  }
})

/** Shards over the tables of a plain database: one is updated, the others are written anew. */
const schema = 'holdfast_updated'

const newTables = [
  'create table holdfast.planted_visit (clinic_no integer not null, id uuid not null, primary key (clinic_no, id))',
  'create table holdfast.planted_country (code text primary key)',
]

const first = `
  alter table holdfast.slot add column planted_note text, add column planted_more text;
  alter table holdfast.answer add column planted_count integer default 1,
    add constraint answer_planted_check check (planted_count > 0);
  create index answer_planted on holdfast.answer (planted_count);
  update holdfast.answer set planted_count = 2;
  alter table holdfast.answer alter column planted_count set not null;
  create table holdfast.planted_own (no bigint generated always as identity primary key, name text default 'x' unique);
  create table holdfast.planted_secret (name text primary key);
  create type holdfast.planted_pair as (n integer, word text);
  create view holdfast.planted_noted as select id, planted_note from holdfast.slot;
  create function holdfast.planted_trigger() returns trigger language plpgsql
    set search_path = holdfast, pg_catalog, pg_temp as $$ begin return null; end $$;`

const second = `
  drop view holdfast.planted_noted;
  drop function holdfast.planted_trigger();
  alter table holdfast.slot drop column planted_note;
  alter table holdfast.answer drop column planted_count;
  alter table holdfast.planted_own add column size integer not null default 0;
  drop index if exists holdfast.answer_planted;
  alter type holdfast.planted_pair add attribute at date;`

const functionOf = (name: string, row: string) => ({
  name,
  checksum: row,
  text: `create or replace function holdfast.${name}() returns holdfast.planted_pair language sql
    set search_path = holdfast, pg_catalog, pg_temp as $$ select ${row}::planted_pair $$`,
})

async function filesWith(migrations: readonly string[], functions: SqlFiles['functions']): Promise<SqlFiles> {
  const files = await sqlFiles()
  const planted = migrations.map((text, index) => {
    const version = 9001 + index
    return { version, name: `${version}-planted`, text, checksum: text }
  })
  return {
    ...files,
    migrations: [...files.migrations, ...planted],
    functions: [...files.functions, ...functions],
    grants: `${files.grants}; grant select on holdfast.planted_visit to holdfast_app;`,
  }
}

/** Whatever a schema has, with the schema named `holdfast`. */
async function contentOf({ ownerPool }: TestDatabase, named: string): Promise<string[]> {
  const { rows } = await ownerPool.query<{ line: string }>(
    `select replace(line, $1 || '.', 'holdfast.') as line from (
       select format('%s %s %s %s %s %s', c.relkind, c.relname, a.attname, format_type(a.atttypid, a.atttypmod),
                     a.attnotnull, pg_get_expr(d.adbin, d.adrelid)) as line
         from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
         left join pg_attrdef d on d.adrelid = c.oid and d.adnum = a.attnum
        where c.relnamespace = $1::text::regnamespace and c.relkind in ('r', 'v', 'c')
       union all
       select format('%s %s', conrelid::regclass, pg_get_constraintdef(oid)) from pg_constraint
        where connamespace = $1::text::regnamespace and contype <> 'n'
       union all
       select pg_get_indexdef(indexrelid) from pg_index join pg_class c on c.oid = indrelid
        where c.relnamespace = $1::text::regnamespace
       union all
       select format('%s %s', oid::regclass, pg_get_viewdef(oid)) from pg_class
        where relnamespace = $1::text::regnamespace and relkind = 'v' and relname not like 'recent%'
       union all
       select format('%s %s %s', oid::regclass, relkind, relacl) from pg_class
        where relnamespace = $1::text::regnamespace and relkind in ('r', 'v', 'S')
       union all
       select format('%s %s', pg_get_functiondef(oid), proacl) from pg_proc
        where pronamespace = $1::text::regnamespace and proname not like '%recent%'
       union all
       select format('%s %s', version, checksum) from ${named}.migration
       union all
       select format('%s %s', name, checksum) from ${named}.function_file) found
     order by 1`,
    [named],
  )
  return rows.map(({ line }) => line.replaceAll(named, 'holdfast')).sort()
}

const test = base.extend('before', { scope: 'file' }, async ({ database }) => {
  await dropForeignKeysToOwnRows(database.ownerPool)
  await writeShardSchema({ ownerUrl: database.ownerUrl, schema })
  await database.ownerPool.query(`insert into ${schema}.answer (key, request_hash, body) values ($1, $1, '{}')`, [
    randomUUID(),
  ])
  return contentOf(database, schema)
})

/** The same, of a shard that is written now. */
async function contentOfNew(database: TestDatabase, files: SqlFiles, named: string): Promise<string[]> {
  await writeShardSchema({ ownerUrl: database.ownerUrl, schema: named, files })
  return contentOf(database, named)
}

async function numbers({ ownerPool }: TestDatabase): Promise<string[]> {
  const { rows } = await ownerPool.query<{ oid: string }>(
    `select oid::text from pg_class where relnamespace = $1::text::regnamespace and relkind in ('r', 'v') order by 1`,
    [schema],
  )
  return rows.map(({ oid }) => oid)
}

test('a shard is updated in place, and is then as one that is written anew', async ({ database, before }) => {
  const files = await filesWith([...newTables, first], [functionOf('planted_made', "row(1, 'x')")])
  const tables = await numbers(database)
  await migrate({ ownerUrl: database.ownerUrl, files })
  const expected = await contentOfNew(database, files, 'holdfast_first')
  // Negative control: the comparison finds the update.
  expect(before).not.toEqual(expected)
  await writeShardSchema({ ownerUrl: database.ownerUrl, schema, files })
  expect(await contentOf(database, schema)).toEqual(expected)
  expect(await numbers(database)).toEqual(expect.arrayContaining(tables))
  const { rows } = await database.ownerPool.query(`select planted_count as count from ${schema}.answer`)
  expect(rows).toEqual([{ count: 2 }])
})

test('columns in use by a view are dropped once it is free of them', async ({ database }) => {
  const { ownerUrl, ownerPool } = database
  const files = await filesWith(
    [...newTables, first, second],
    [functionOf('planted_other', "row(1, 'x', '2026-01-01')")],
  )
  await ownerPool.query('drop schema holdfast_first cascade')
  // Negative control.
  await expect(migrate({ ownerUrl, files })).rejects.toThrow('other objects depend on it')
  await inTransaction(ownerPool, async (transaction) => {
    await freeInSchema(transaction, schema, { table: 'slot', columns: ['planted_note'] })
  })
  const freed = await ownerPool.query(`select attname from pg_attribute
    where attrelid = '${schema}.slot'::regclass and attname like 'planted%'`)
  expect(freed.rows).toHaveLength(2)
  await migrate({ ownerUrl, files })
  await writeShardSchema({ ownerUrl, schema, files })
  expect(await contentOf(database, schema)).toEqual(await contentOfNew(database, files, 'holdfast_second'))
})

test('a shard that is up to date is written again without another number of a table', async ({ database }) => {
  const files = await filesWith(
    [...newTables, first, second],
    [functionOf('planted_other', "row(1, 'x', '2026-01-01')")],
  )
  const tables = await numbers(database)
  await writeShardSchema({ ownerUrl: database.ownerUrl, schema, files })
  expect(await numbers(database)).toEqual(tables)
})

test('a shard whose own tables are not what the migrations make of them is refused as a whole', async ({
  database,
}) => {
  const third = 'alter table holdfast.planted_own add column later text;'
  const files = await filesWith(
    [...newTables, first, second, third],
    [functionOf('planted_other', "row(1, 'x', '2026-01-01')")],
  )
  const { ownerUrl, ownerPool } = database
  await migrate({ ownerUrl, files })
  await ownerPool.query(`alter table ${schema}.planted_own drop column size`)
  await expect(writeShardSchema({ ownerUrl, schema, files })).rejects.toThrow(/planted_own is not as the migrations/)
  const { rows } = await ownerPool.query(`select max(version) as version from ${schema}.migration`)
  expect(rows).toEqual([{ version: 9004 }])
})
