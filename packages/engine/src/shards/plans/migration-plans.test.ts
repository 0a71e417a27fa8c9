// Completeness: a migration has a statement that cannot run on Citus; the failure says what to write instead
import { test as databaseTest } from '@holdfast/testkit/database-test'
import type pg from 'pg'
import { expect, test } from 'vitest'
import { type MigrationFile, sqlFiles } from '../../migrate/sql-files.ts'
import { planMigration } from './plan-migration.ts'

/** Migrations up to this number were written before databases could be distributed: all distributed ones have them. */
const lastBeforeCitus = 253

const aMigration = (text: string): MigrationFile => ({ version: 9001, name: '9001-planted', text, checksum: '' })

/** How the single statement of a migration runs. */
function planOf(text: string) {
  const [statement, ...others] = planMigration(aMigration(text)).statements
  if (statement === undefined || others.length > 0) throw new Error('A test plans one statement.')
  const { text: _, steps: __, ...plan } = statement
  return plan
}

test('every migration runs on a database that is distributed over Citus', async () => {
  const { migrations } = await sqlFiles()
  const later = migrations.filter(({ version }) => version > lastBeforeCitus)
  for (const migration of later) expect(() => planMigration(migration)).not.toThrow()
  // The others were applied before; these lines see to it that the test reads them.
  expect(migrations.length - later.length).toBeGreaterThan(80)
  expect(migrations.some(({ version }) => version === lastBeforeCitus)).toBe(true)
})

test('negative control: migrations of the time before would be refused', async () => {
  const { migrations } = await sqlFiles()
  const refused = migrations.filter((migration) => {
    try {
      planMigration(migration)
      return false
    } catch {
      return true
    }
  })
  expect(refused.map(({ name }) => name)).toEqual(
    expect.arrayContaining(['0067-oldest-booking', '0006-plain-id-checks', '0097-find-by-booking']),
  )
})

const passedOn = { coordinator: 'passed on', inShards: false }
const alone = { coordinator: 'alone', inShards: false }

test.each([
  ['a column of a distributed table', 'alter table holdfast.slot add column x text', passedOn],
  ['an index of one', 'create index x on holdfast.slot (clinic_no, id)', passedOn],
  [
    'a dropped column of one',
    'alter table holdfast.slot drop column x, drop column if exists y',
    { ...passedOn, frees: { table: 'slot', columns: ['x', 'y'] } },
  ],
  ['a dropped one', 'drop table holdfast.slot', { ...passedOn, frees: { table: 'slot', columns: null } }],
  [
    'a new one',
    'create table holdfast.message (no integer references holdfast.clinic (no), n bigint generated always as identity)',
    { ...alone, creates: 'message' },
  ],
  [
    'a new reference table',
    'create table holdfast.site_administrator (id uuid)',
    { ...alone, creates: 'site_administrator' },
  ],
  ['a column of an own table', 'alter table holdfast.answer add column x text', { ...alone, inShards: true }],
  ['an index of one', 'create index x on holdfast.answer (key)', { ...alone, inShards: true }],
  ['a dropped index', 'drop index if exists holdfast.x', { ...passedOn, inShards: true }],
  ['rows of clinics in one', 'update holdfast.answer set body = null', { ...alone, inShards: true }],
  [
    'rows of all shards in one',
    `insert into holdfast.specialization (name) values ('x')`,
    { coordinator: 'until finished', inShards: true },
  ],
  ['a table of the coordinator', 'alter table holdfast.setting add column x text', alone],
  ['rows of one', `update holdfast.setting set value = ''`, alone],
  ['rows of a distributed table', 'update holdfast.slot set x = 1 where x is distinct from 2', passedOn],
  [
    'a trigger',
    'create trigger x after insert on holdfast.slot for each row execute function holdfast.x()',
    { ...alone, triggerOf: 'slot' },
  ],
  [
    'a dropped trigger',
    'drop trigger x on holdfast.slot',
    { coordinator: 'not', inShards: false, dropsTrigger: { table: 'slot', name: 'x' } },
  ],
  ['the function of a trigger', `create function holdfast.x() returns trigger language plpgsql as ''`, alone],
  [
    'the function of a check',
    `create or replace function holdfast.x(a int) returns int language plpgsql as ''`,
    passedOn,
  ],
  ['a type', 'create type holdfast.x as (a int)', alone],
  ['its attribute', 'alter type holdfast.x add attribute b int', passedOn],
  ['a view', 'create view holdfast.x as select 1', alone],
  ['what is marked', '-- On Citus: in shards\ndo $$ begin end $$', { coordinator: 'not', inShards: true }],
  ['a text', `alter table holdfast.site_administrator add column x text default 'a' not null`, passedOn],
  ['a constant default', 'alter table holdfast.site_administrator add column x int default 1', passedOn],
  ['a time in a distributed table', 'alter table holdfast.slot add column x timestamptz default now()', passedOn],
  ['what is marked otherwise', '-- On Citus: on the coordinator\ndo $$ begin end $$', alone],
])('%s: %s', (_, text, expected) => {
  expect(planOf(text)).toEqual(expected)
})

test('Citus gets the actions of a statement one by one, and none about statistics', () => {
  const [statement] = planMigration(
    aMigration(`-- A comment, with a comma.
      alter table holdfast.slot
        add column a text default ',' constraint slot_a_check check (a in (',', 'x')),
        drop column b, alter column c set statistics 0;`),
  ).statements
  expect(statement?.steps).toEqual([
    {
      text: `alter table holdfast.slot add column a text default ',' constraint slot_a_check check (a in (',', 'x'))`,
      coordinator: 'passed on',
    },
    { text: 'alter table holdfast.slot drop column b', coordinator: 'passed on' },
    { text: 'alter table holdfast.slot alter column c set statistics 0', coordinator: 'alone' },
  ])
})

test.each([
  ['alter table holdfast.slot add column x integer check (x > 0)', /check without a name/],
  ['alter table holdfast.slot alter column units type bigint', /add another column/],
  ['alter table holdfast.slot rename column a to b', /add another column/],
  ['alter table holdfast.slot add column x uuid references holdfast.clinic (no)', /has a key/],
  [
    'alter table holdfast.slot add constraint x foreign key (a) references holdfast.answer (key)',
    /cannot refer to answer/,
  ],
  [
    'create table holdfast.message (x text references holdfast.specialization (name))',
    /cannot refer to specialization/,
  ],
  ['create table holdfast.message (clinic_no integer, x integer generated always as identity)', /bigint/],
  ['create trigger x after insert on holdfast.answer for each row execute function holdfast.x()', /answer is not/],
  ['drop index holdfast.x', /if exists/],
  [`create type holdfast.x as enum ('a')`, /composite types/],
  ['create function holdfast.x() returns int begin atomic select 1; end', /between dollars/],
  ['do $$ begin update holdfast.slot set x = 1; end $$', /mark it/],
  ['update holdfast.slot s set x = b.x from holdfast.booking b', /mark it/],
  ['update holdfast.slot set x = clock_timestamp()', /volatile/],
  ['alter table holdfast.site_administrator add column x timestamptz not null default now()', /another value on each/],
  ['alter table holdfast.site_administrator add column x uuid default gen_random_uuid()', /another value on each/],
  ['alter table holdfast.site_administrator add column x bigserial', /another value on each/],
  [`alter table holdfast.site_administrator add column x timestamptz default 'now'`, /another value on each/],
  ['alter table holdfast.site_administrator add column x uuid default holdfast.new_id()', /another value on each/],
  ['create table holdfast.slot_2040 partition of holdfast.slot for values from (1) to (2)', /partitions are created/],
  [`insert into holdfast.answer (key) values ('x')`, /each shard would insert them/],
  ['with x as (select 1) select * from x', /mark it/],
])('refused: %s', (text, reason) => {
  expect(() => planMigration(aMigration(text))).toThrow(reason)
})

test('a migration of two distributed tables is refused, but not one with tables that nodes do not have', () => {
  const slot = 'alter table holdfast.slot add column x text; create index x on holdfast.slot (clinic_no, x);'
  const others = 'alter table holdfast.answer add column x text; alter table holdfast.setting add column x text;'
  expect(planMigration(aMigration(slot + others)).statements).toHaveLength(4)
  const clinic = 'alter table holdfast.clinic add column x text;'
  expect(() => planMigration(aMigration(slot + clinic))).toThrow('slot and clinic: write a migration for each')
})

test('a table without a kind is refused', () => {
  expect(() => planMigration(aMigration('create table holdfast.planted (id uuid)'))).toThrow('has no kind')
})

/** Functions that checks call, of files in `sql/functions`: these are written on the coordinator alone. */
async function filesOfChecks(connection: pg.Pool | pg.PoolClient): Promise<string[]> {
  const { rows } = await connection.query<{ name: string }>(`
    select distinct p.proname as name from pg_depend d
      join pg_constraint k on d.classid = 'pg_constraint'::regclass and k.oid = d.objid
      join pg_proc p on d.refclassid = 'pg_proc'::regclass and p.oid = d.refobjid
      join holdfast.function_file f on f.name = p.proname
     where p.pronamespace = 'holdfast'::regnamespace`)
  return rows.map(({ name }) => name)
}

databaseTest('a function that a check calls is created by a migration, which all nodes run', async ({ database }) => {
  expect(await filesOfChecks(database.ownerPool)).toEqual([])
  const client = await database.ownerPool.connect()
  try {
    await client.query(
      `begin; alter table holdfast.slot add check (holdfast.id_floor(starts_at) is not null) not valid`,
    )
    expect(await filesOfChecks(client)).toEqual(['id_floor'])
  } finally {
    await client.query('rollback')
    client.release()
  }
})
