// Completeness: the application's role may run a statement that only the owner may run
import { aBooking, aClinic, aDoctor, aSlot, rolledBack, type TestDatabase } from '@holdfast/testkit'
import { test } from '@holdfast/testkit/database-test'
import type pg from 'pg'
import sql from 'sql-template-tag'
import { describe, expect } from 'vitest'

let partition: string

test.beforeAll(async ({ database }) => {
  const { id } = await aBooking(database, await aSlot(database, await aDoctor(database, await aClinic(database))))
  const { rows } = await database.ownerPool.query<{ name: string }>(sql`select c.relname as name from holdfast.booking b
      join pg_class c on c.oid = b.tableoid where b.id = ${id}`)
  partition = rows[0]?.name ?? ''
})

const permissionDenied = '42501'

/** Runs statements in a transaction that is rolled back; returns `done`, or the SQLSTATE of the error. */
async function attempt(pool: pg.Pool, statements: string): Promise<string> {
  return rolledBack(pool, async (client) => {
    await client.query(statements)
    return 'done'
  }).catch((error: unknown) => (error instanceof Error && 'code' in error ? String(error.code) : String(error)))
}

/** The application role lacks the privilege; the owner can run the same statement. */
async function expectOwnersAlone(database: TestDatabase, statement: string, controlled = 'done'): Promise<void> {
  const application = await attempt(database.appPool, statement)
  const owner = await attempt(database.ownerPool, statement)
  expect({ statement, application, owner }).toEqual({ statement, application: permissionDenied, owner: controlled })
}

const stateTables = [
  'slot',
  'booking',
  'booking_event',
  'booking_origin',
  'erased_booking',
  'allocation',
  'idempotency',
  'manage_token',
  'block',
  'theatre_case',
  'patient_identifier',
  'booking_patient',
  'case_milestone',
  'case_request',
  'late_event',
  'waitlist_entry',
  'waitlist_offer',
]

/** The known ways to write to a table T. */
const writes = [
  'insert into T select * from T limit 0',
  'update T set clinic_no = clinic_no',
  'delete from T',
  'merge into T using (select 1) one on true when matched then delete',
  'truncate T',
  'select from T for update',
  'select from T for key share',
  'lock table T in exclusive mode',
  'alter table T add column planted integer',
  'alter table T disable trigger user',
  'alter table T enable row level security',
  'alter table T owner to current_user',
  'alter table T rename to planted',
  'drop table T cascade',
  'create index on T (clinic_no)',
  'create trigger planted before update on T for each row execute function suppress_redundant_updates_trigger()',
]

describe.each(stateTables)('%s', (table) => {
  test.for(writes)('the application role may not: %s', async (statement, { database }) => {
    await expectOwnersAlone(database, statement.replaceAll(/\bT\b/g, `holdfast.${table}`))
  })

  test('nor copy rows into it; for the owner, only the rows are missing', async ({ database }) => {
    await expectOwnersAlone(database, `copy holdfast.${table} from stdin`, '57014')
  })

  test('nor grant itself the privilege: GRANT warns, and grants nothing', async ({ database }) => {
    await attempt(database.appPool, `grant all on holdfast.${table} to public`)
    const { rows } = await database.appPool.query(
      `select has_table_privilege($1, 'INSERT, UPDATE, DELETE, TRUNCATE, TRIGGER') as may`,
      [`holdfast.${table}`],
    )
    expect(rows).toEqual([{ may: false }])
  })

  test('but it may read it', async ({ database }) => {
    expect(await attempt(database.appPool, `select * from holdfast.${table}`)).toBe('done')
  })
})

test('the role has no access to partitions, which would bypass the grants of their parent', async ({ database }) => {
  // Even the owner can add a column to the parent only.
  for (const statement of [...writes.filter((one) => !one.includes('add column')), 'select * from T']) {
    await expectOwnersAlone(database, statement.replaceAll(/\bT\b/g, `holdfast.${partition}`))
  }
  await expectOwnersAlone(database, `alter table holdfast.booking detach partition holdfast.${partition}`)
  const bounds = `for values from ('00000000-0000-0000-0000-000000000000') to ('00000000-0000-0000-0000-000000000001')`
  await expectOwnersAlone(database, `create table holdfast.planted partition of holdfast.booking ${bounds}`)
})

test.for([
  'create table holdfast.planted ()',
  'create schema planted',
  'create function holdfast.planted() returns integer language sql return 1',
  `create or replace function holdfast.id_floor(p_at timestamptz) returns uuid language sql immutable strict
     return '00000000-0000-0000-0000-000000000000'::uuid`,
  'alter function holdfast.id_floor(timestamptz) security definer',
  'alter function holdfast.ensure_partitions(integer) reset search_path',
  'drop function holdfast.purge_outdated(integer)',
  'alter role holdfast_app connection limit 5',
  `select nextval('holdfast.booking_event_seq')`,
  // The sequence is set to its current value, because setval is never rolled back.
  `select setval('holdfast.booking_event_seq', last_value, is_called) from holdfast.booking_event_seq`,
  `select setval('holdfast.clinic_no_seq', nextval('holdfast.clinic_no_seq'))`,
  'alter sequence holdfast.booking_event_seq restart',
  'select * from holdfast.setting',
  `insert into holdfast.setting (name, value) values ('planted', '')`,
  `update holdfast.migration set checksum = ''`,
  `insert into holdfast.function_file (name, checksum, release) values ('planted', '', '')`,
  'delete from holdfast.clinic where false',
  'insert into holdfast.clinic_shard (clinic_no, shard_no) values (1000, 0)',
  'update holdfast.clinic set no = no',
  'update holdfast.clinic set id = id',
  'delete from holdfast.resource where false',
  'update holdfast.resource set clinic_no = clinic_no',
  'update holdfast.resource set id = id',
  'update holdfast.resource set kind = kind',
  'update holdfast.specialization set name = name',
  'delete from holdfast.visit_type where false',
  'update holdfast.invitation set token_hash = token_hash',
  'update holdfast.invitation set role = role',
  'update holdfast.invitation set expires_at = expires_at',
  'update holdfast.site_administrator set account_id = account_id',
  'insert into holdfast.site_administrator (account_id) values (gen_random_uuid())',
  'delete from holdfast.site_administrator where false',
  `insert into holdfast.audit_event (clinic_no, at, kind, count, actor_kind, details)
   values (0, now(), 'planted', 1, 'nobody', '{}')`,
  `update holdfast.audit_event set kind = 'planted'`,
  'update holdfast.audit_event set at = at',
  'delete from holdfast.audit_event where false',
  'truncate holdfast.audit_event',
  'merge into holdfast.audit_event using (select 1) one on true when matched then delete',
  'select from holdfast.audit_event for update',
  'alter sequence holdfast.audit_event_seq_seq restart',
  `select * from holdfast.lapse_holds('{}', '{}', now())`,
  `select holdfast.lock_bookings('{}', '{}')`,
  `select holdfast.fail_holds('{}', '{}', '{}', '{}', '{}', null)`,
  `select holdfast.withdraw_offers(1, '{}')`,
  'select * from holdfast.verify_slots(1)',
])('the application role may not: %s', async (statement, { database }) => {
  await expectOwnersAlone(database, statement)
})

test('nor become the owner', async ({ database }) => {
  const { rows } = await database.ownerPool.query<{ owner: string }>('select current_user as owner')
  const owner = rows[0]?.owner ?? ''
  await expectOwnersAlone(database, `set role "${owner}"`)
  expect(await attempt(database.appPool, `set session authorization "${owner}"`)).toBe(permissionDenied)
  expect(await attempt(database.appPool, 'set session_replication_role = replica')).toBe(permissionDenied)
})
