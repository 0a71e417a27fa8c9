// Completeness: sql/grants.sql grants more or less than this test lists
import { aBooking, aClinic, aDoctor, aSlot, createTestDatabase, type TestDatabase } from '@holdfast/testkit'
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
  const client = await pool.connect()
  try {
    await client.query('begin')
    await client.query(statements)
    return 'done'
  } catch (error) {
    return error instanceof Error && 'code' in error ? String(error.code) : String(error)
  } finally {
    await client.query('rollback')
    client.release()
  }
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

/** The columns that are written once, when their row is inserted. All others of these tables can be updated. */
const writtenOnce: Record<string, string[]> = {
  clinic: ['no', 'id', 'created_at'],
  // Units are written by set_equipment_units.
  resource: ['clinic_no', 'id', 'kind', 'units', 'created_at', 'open_time_id'],
  membership: ['clinic_no', 'account_id', 'created_at'],
  invitation: ['clinic_no', 'id', 'token_hash', 'email', 'role', 'doctor_id', 'invited_by', 'created_at', 'expires_at'],
  account_clinic: ['account_id', 'clinic_no'],
  answer: ['key', 'request_hash', 'created_at', 'ids', 'clinic_no'],
  // Written by seal_audit_events.
  audit_chain: ['clinic_no', 'epoch', 'no', 'hash', 'sealed_at'],
  log_receiver: ['name', 'added_at'],
  message: [
    'clinic_no',
    'id',
    'booking_id',
    'version',
    'slot_id',
    'kind',
    'channel',
    'minutes_before',
    'by_patient',
    'created_at',
  ],
  account_mail: ['id', 'kind', 'is_request', 'sealed', 'expires_at', 'created_at', 'booking_id'],
  message_budget: ['clinic_no', 'recipient'],
  block_filling: ['clinic_no', 'block_id'],
  message_choice: ['account_id'],
  message_settings: ['clinic_no', 'emails_since'],
  clinic_logo: ['clinic_no'],
  calendar_feed: ['subject_id'],
  busy_calendar: ['clinic_no', 'resource_id', 'busy'],
  closure: ['clinic_no', 'id', 'resource_id', 'yearly', 'created_by', 'created_at'],
  webhook: ['clinic_no', 'id', 'created_at'],
  webhook_delivery: ['clinic_no', 'id', 'webhook_id', 'event', 'booking_id', 'version', 'payload'],
  patient: [
    'clinic_no',
    'id',
    'erased_at',
    'created_at',
    'updated_at',
    'record_key',
    'version',
    'name_key',
    'search_text',
    'last_visit_at',
  ],
  work_result: ['kind', 'name'],
  visit_type: ['clinic_no', 'id', 'created_at'],
  working_calendar: ['clinic_no', 'resource_id', 'reaches_until'],
  working_hours: ['clinic_no', 'id', 'resource_id', 'valid_from', 'bands', 'created_at'],
}

/** Per table, the columns that the application may insert but not update. */
async function columnsWrittenOnce(database: TestDatabase): Promise<Record<string, string[]>> {
  const { rows } = await database.ownerPool.query<{ name: string; columns: string[] }>(`
    select c.relname as name,
           array_agg(a.attname::text order by a.attnum)
             filter (where not has_column_privilege('holdfast_app', c.oid, a.attnum, 'update')) as columns
      from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
     where c.relnamespace = 'holdfast'::regnamespace and c.relkind in ('r', 'p')
     group by c.oid, c.relname
    having bool_or(has_column_privilege('holdfast_app', c.oid, a.attnum, 'update'))`)
  return Object.fromEntries(rows.map(({ name, columns }) => [name, columns ?? []]))
}

test('each column of a table that it updates is granted, or is written once', async ({ database }) => {
  expect(await columnsWrittenOnce(database)).toEqual(writtenOnce)
})

test('negative control: a column that was added without a grant is found', async () => {
  const database = await createTestDatabase()
  await database.ownerPool.query('alter table holdfast.resource add column planted text')
  expect((await columnsWrittenOnce(database)).resource).toEqual([...(writtenOnce.resource ?? []), 'planted'])
  await database.drop()
})

test('exactly these functions are its way in', async ({ database }) => {
  const { rows } = await database.appPool.query<{ name: string }>(`
    select distinct proname as name from pg_proc
     where pronamespace = 'holdfast'::regnamespace and has_function_privilege(oid, 'EXECUTE') order by 1`)
  expect(rows.map((row) => row.name)).toEqual([
    'admit_claims',
    'append_audit_events',
    'apply_busy_times',
    'are_doctors_locked',
    'are_locked',
    'are_same_service',
    'begin_log_epoch',
    'booked_since',
    'booked_since_withdrawal',
    'booking_months',
    'booking_partitions',
    'can_book_elsewhere',
    'cases_by_id',
    'change_block',
    'change_case_request',
    'claim_added_places',
    'claim_cases',
    'claim_slot',
    'claim_slots',
    'claim_times',
    'clinic_no_of',
    'closure_occurrences',
    'closure_times',
    'confirm_attendance',
    'correct_patient',
    'correct_waitlist_entry',
    'create_blocks',
    'create_sessions',
    'create_slots',
    'end_of_gap',
    'end_waitlist_entries',
    'ensure_partitions',
    'erase_outdated',
    'erase_patient',
    'erase_record',
    'erase_waitlist_entries',
    'expire_holds',
    'fill_working_hours',
    'finish_erasures',
    'first_instant',
    'fold_phone',
    'fold_record_number',
    'has_access',
    'has_entry_access',
    'has_left',
    'id_floor',
    'identity_keys',
    'is_clinic_here',
    'is_expected',
    'is_notified',
    'join_waitlist',
    'lapsed_units',
    'leave_waitlist',
    'link_patient',
    'log_is_ahead',
    'months_in_transit',
    'move_bookings',
    'moving_clinics',
    'natural_order',
    'next_hold_end',
    'offer_free_places',
    'offer_public_places',
    'patient_of',
    'place_clinic',
    'prolong_case',
    'purge_audit_events',
    'purge_outdated',
    'read_log',
    'recent_ids',
    'record_milestone',
    'refusal_of_all',
    'relieve_team',
    'renew_manage_token',
    'request_link',
    'resource_uses',
    'running_server',
    'save_case_request',
    'schedule_cases',
    'seal_audit_events',
    'session_minutes',
    'set_busy_times',
    'set_equipment_units',
    'set_slot_capacity',
    'settle_bookings',
    'slot_for_move',
    'stop_offers',
    'store_response',
    'suggest_cases',
    'taken_until',
    'takes_time',
    'time_of_slot',
    'times_of_clinic',
    'unlink_patient',
    'verify_clinic',
    'verify_receivers',
    'will_end',
    'with_buffers',
    'withdraw_attendance',
    'withdraw_case_request',
    'withdraw_session',
    'withdraw_slots',
    'working_hours_plan',
  ])
})

/** Functions that the application calls with an interval of its choice, by name. */
async function takingIntervals(connection: pg.Pool | pg.PoolClient): Promise<string[]> {
  const { rows } = await connection.query<{ name: string }>(`
    select p.proname::text as name from pg_proc p
     where p.pronamespace = 'holdfast'::regnamespace and has_function_privilege('holdfast_app', p.oid, 'EXECUTE')
       and array['interval', '_interval']::regtype[]::oid[] && p.proargtypes::oid[]
     order by 1`)
  return rows.map(({ name }) => name)
}

// Comparison counts a month as 30 days, and subtraction by the calendar: '-1200 months 36400 days' is more than 28
// days, and ends in the future. So a bound on an interval bounds nothing.
test('none of them takes an interval, nor an array of intervals', async ({ database }) => {
  expect(await takingIntervals(database.ownerPool)).toEqual([])
})

test('negative control: a function that takes an interval is found', async ({ database }) => {
  const client = await database.ownerPool.connect()
  try {
    await client.query(`begin;
      create function holdfast.planted(p_keep interval) returns boolean language sql return p_keep > interval '28 days';
      grant execute on function holdfast.planted to holdfast_app`)
    expect(await takingIntervals(client)).toEqual(['planted'])
  } finally {
    await client.query('rollback')
    client.release()
  }
})

test('everybody else has nothing', async ({ database }) => {
  const { rows } = await database.ownerPool.query(`
    select c.relname from pg_class c, aclexplode(c.relacl) a
     where c.relnamespace = 'holdfast'::regnamespace and a.grantee = 0
    union all
    select p.proname from pg_proc p, aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) a
     where p.pronamespace = 'holdfast'::regnamespace and a.grantee = 0
    union all
    select n.nspname from pg_namespace n, aclexplode(n.nspacl) a where n.nspname = 'holdfast' and a.grantee = 0`)
  expect(rows).toEqual([])
})
