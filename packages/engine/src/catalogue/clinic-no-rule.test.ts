// Completeness: a table or index does not begin with clinic_no, a function has no search_path
import { rolledBack } from '@holdfast/testkit'
import { test } from '@holdfast/testkit/database-test'
import type pg from 'pg'
import { expect } from 'vitest'

/** Everything else belongs to one clinic, row by row. */
const globalTables = [
  'account_clinic',
  'account_mail',
  'account_person',
  'answer',
  'archived_month',
  'audit_retention',
  'calendar_feed',
  'clinic',
  'clinic_shard',
  'function_file',
  'log_epoch',
  'log_receiver',
  'message_choice',
  'migration',
  'setting',
  'shard',
  'site_administrator',
  'specialization',
  'upkeep_result',
  'verified_account',
  'work_result',
]

/**
 * Violations of the rule that allows all rows of a clinic to be in one database (docs/decisions/0003): a table that is
 * not global has a primary key; that, every unique index and every exclusion constraint begin with clinic_no; every
 * foreign key to a table that is not global begins with clinic_no on both sides, and no global table refers to one that
 * isn't.
 */
const violationsQuery = `
  with tenant as (
    select c.oid, c.relname from pg_class c
     where c.relnamespace = 'holdfast'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition
       and c.relname <> all ($1)
  ), first_column as (
    select i.indexrelid, i.indrelid, i.indisprimary, a.attname
      from pg_index i left join pg_attribute a on a.attrelid = i.indrelid and a.attnum = i.indkey[0]
     where i.indisunique or i.indisexclusion
  ), referring as (
    select f.conname, f.conrelid, f.confrelid,
           (select attname from pg_attribute where attrelid = f.conrelid and attnum = f.conkey[1]) as from_column,
           (select attname from pg_attribute where attrelid = f.confrelid and attnum = f.confkey[1]) as to_column
      from pg_constraint f where f.contype = 'f' and f.connamespace = 'holdfast'::regnamespace and f.conparentid = 0
  )
  select format('%s has no primary key', t.relname) as violation
    from tenant t where not exists (select from first_column f where f.indrelid = t.oid and f.indisprimary)
  union all
  select format('%s has no clinic_no integer not null', t.relname)
    from tenant t
   where not exists (select from pg_attribute a where a.attrelid = t.oid and a.attname = 'clinic_no' and a.attnotnull
                                                  and a.atttypid = 'integer'::regtype)
  union all
  select format('%s of %s begins with %s', f.indexrelid::regclass::text, t.relname,
    coalesce(f.attname, 'an expression'))
    from tenant t join first_column f on f.indrelid = t.oid where f.attname is distinct from 'clinic_no'
  union all
  select format('%s of %s compares clinic_no by %s', x.conname, t.relname, x.conexclop[1]::regoperator)
    from tenant t join pg_constraint x on x.conrelid = t.oid and x.contype = 'x'
    join pg_operator o on o.oid = x.conexclop[1] where o.oprname <> '='
  union all
  select format('%s refers from %s to %s', r.conname, r.from_column, r.to_column)
    from referring r join tenant t on t.oid = r.confrelid
   where r.from_column <> 'clinic_no' or r.to_column <> 'clinic_no'
  union all
  select format('%s refers from the global table %s', r.conname, r.conrelid::regclass)
    from referring r join tenant t on t.oid = r.confrelid
   where not exists (select from tenant f where f.oid = r.conrelid)
  order by 1`

async function violations(connection: pg.Pool | pg.PoolClient): Promise<string[]> {
  const { rows } = await connection.query<{ violation: string }>(violationsQuery, [globalTables])
  return rows.map((row) => row.violation)
}

test('no table violates the rule', async ({ database }) => {
  expect(await violations(database.ownerPool)).toEqual([])
})

test.for([
  ['planted has no primary key', 'create table holdfast.planted (clinic_no integer not null)'],
  ['planted has no clinic_no integer not null', 'create table holdfast.planted (id uuid primary key)'],
  [
    'planted_pkey of planted begins with id',
    'create table holdfast.planted (clinic_no integer, id uuid, primary key (id, clinic_no))',
  ],
  ['planted of slot begins with id', 'create unique index planted on holdfast.slot (id)'],
  ['planted of slot begins with an expression', 'create unique index planted on holdfast.slot ((clinic_no + 1), id)'],
  [
    'planted of slot begins with resource_id',
    'alter table holdfast.slot add constraint planted exclude using gist (resource_id with =, clinic_no with =)',
  ],
  [
    'planted of slot compares clinic_no by <>(integer,integer)',
    'alter table holdfast.slot add constraint planted exclude using gist (clinic_no with <>, resource_id with =)',
  ],
  [
    'planted refers from resource_id to id',
    `alter table holdfast.resource add constraint planted_key unique (clinic_no, id) include (kind);
     create unique index planted_id on holdfast.resource (id);
     alter table holdfast.booking add constraint planted foreign key (resource_id) references holdfast.resource (id)`,
  ],
  [
    'planted refers from the global table holdfast.answer',
    `alter table holdfast.answer add constraint planted
       foreign key (clinic_no, key) references holdfast.resource (clinic_no, id)`,
  ],
])('a planted violation is reported: %s', async ([expected, statement], { database }) => {
  await rolledBack(database.ownerPool, async (client) => {
    await client.query(`set local search_path = public; ${statement}`)
    const found = await violations(client)
    expect(found.map((violation) => violation.replaceAll('holdfast.planted', 'planted'))).toContain(expected)
  })
})

test('every function has a fixed search_path with pg_temp last, or a body parsed at creation', async ({ database }) => {
  const { rows } = await database.ownerPool.query(`
    select proname, prosecdef from pg_proc p
     where pronamespace = 'holdfast'::regnamespace and prosqlbody is null
       and not coalesce(proconfig @> array['search_path=holdfast, pg_catalog, pg_temp'], false)
     order by proname`)
  // Checks call them for each row that is written: docs/decisions/0007. The planner replaces calls of
  // closure_occurrences, whose body names the schema. None has more rights than its caller.
  expect(rows).toEqual([
    { proname: 'booking_event_is_valid', prosecdef: false },
    { proname: 'booking_is_valid', prosecdef: false },
    { proname: 'clinic_no_of', prosecdef: false },
    { proname: 'closure_occurrences', prosecdef: false },
  ])
})
