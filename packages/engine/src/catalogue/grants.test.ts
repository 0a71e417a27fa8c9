// Completeness: sql/grants.sql grants more or less than this test lists
import type { TestDatabase } from '@holdfast/testkit'
import { anotherDatabase, test } from '@holdfast/testkit/database-test'
import type pg from 'pg'
import { expect } from 'vitest'

/** The columns that are written once, when their row is inserted. All others of these tables can be updated. */
const writtenOnce: Record<string, string[]> = {
  clinic: ['no', 'id', 'created_at'],
  // Units are written by set_equipment_units and set_visit_resource.
  resource: ['clinic_no', 'id', 'kind', 'units', 'created_at', 'open_time_id'],
  membership: ['clinic_no', 'account_id', 'created_at'],
  invitation: ['clinic_no', 'id', 'token_hash', 'email', 'role', 'doctor_id', 'invited_by', 'created_at', 'expires_at'],
  account_clinic: ['account_id', 'clinic_no'],
  account_person: ['account_id', 'id', 'created_at'],
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
  api_key: ['clinic_no', 'id', 'name', 'scopes', 'bookings_per_second', 'expires_at', 'created_by', 'created_at'],
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
    'email_key',
    'phone_key',
    'merged_into',
    'merge',
  ],
  work_result: ['kind', 'name'],
  visit_type: ['clinic_no', 'id', 'created_at', 'part_ids'],
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
  const database = await anotherDatabase()
  await database.ownerPool.query('alter table holdfast.resource add column planted text')
  expect((await columnsWrittenOnce(database)).resource).toEqual([...(writtenOnce.resource ?? []), 'planted'])
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
    'combine_visit_types',
    'confirm_attendance',
    'correct_answers',
    'correct_patient',
    'correct_waitlist_entry',
    'create_blocks',
    'create_sessions',
    'create_slots',
    'derive_combinations',
    'end_of_gap',
    'end_waitlist_entries',
    'ensure_partitions',
    'erase_guardians',
    'erase_outdated',
    'erase_patient',
    'erase_record',
    'erase_waitlist_entries',
    'expire_holds',
    'facts_of_moves',
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
    'likely_duplicates',
    'link_patient',
    'log_is_ahead',
    'merge_patients',
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
    'rival_requests',
    'running_server',
    'save_case_request',
    'schedule_cases',
    'seal_audit_events',
    'session_minutes',
    'set_busy_times',
    'set_equipment_units',
    'set_slot_capacity',
    'set_visit_resource',
    'settle_bookings',
    'slot_for_move',
    'stop_offers',
    'store_response',
    'stored_guardians',
    'suggest_cases',
    'take_requested_time',
    'taken_until',
    'takes_time',
    'time_of_slot',
    'times_of_clinic',
    'unlink_patient',
    'unmerge_patient',
    'unmovable_bookings',
    'verify_clinic',
    'verify_receivers',
    'will_end',
    'with_buffers',
    'with_merged',
    'withdraw_attendance',
    'withdraw_case_request',
    'withdraw_consent',
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
