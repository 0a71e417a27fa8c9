// Completeness: a function writes because a hold has lapsed, without the booking's lock
import type { TestDatabase } from '@holdfast/testkit'
import { freshDatabaseTest, test } from '@holdfast/testkit/database-test'
import { expect } from 'vitest'

/** The rule itself, and functions that judge a booking which their caller has locked, or has only read. */
const ofCaller = ['booking_is_over', 'hold_lapsed', 'hold_seems_lapsed', 'unmovable_because']

/** Functions that write, and read first what seems to have lapsed: what decides then. */
const decidedLater: Record<string, string> = {
  are_locked: 'it only tries the locks',
  claim_cases: 'a case that finds one takes no place: it is scheduled alone',
  claim_times: 'lapse_holds, under the locks of the slots that are in the way',
  count_origins: 'the bookings that seem to have lapsed are locked',
  erase_outdated: 'erase_patient, under the locks of the bookings',
  erase_outdated_records: 'forget_patients',
  erase_record: 'forget_patients, and the cases under their locks',
  expire_holds: 'the holds are locked, and read again',
  forget_patients: 'a patient with a case that is not erased is not forgotten: every case is over',
  lock_case: 'the cases are locked, and read again',
  move_bookings: 'the bookings are locked, and read again',
  resource_uses: 'the cases are locked, and read again',
  schedule_cases: 'the bookings are locked, and a request by lock_open_request',
  slot_for_move: 'as claim_times',
}

const locks = /\block_(bookings|free_bookings|case)\(|\bfrom booking b\b[^;]*\bfor update\b/
const decides = /\bhold_lapsed\(/
const readsOnly = /\b(hold_seems_lapsed|request_seems_open|lapsed_(units|cases|holds)|taken_times)\(/

async function wrongDeciders(database: TestDatabase): Promise<string[]> {
  const { rows } = await database.ownerPool.query<{ name: string; text: string; is_volatile: boolean }>(`
    select proname as name, pg_get_functiondef(oid) as text, provolatile = 'v' as is_volatile
     from pg_proc where pronamespace = 'holdfast'::regnamespace and prokind = 'f' order by 1`)
  const functions = rows.map(({ text, ...row }) => ({ ...row, text: text.replaceAll(/--.*$/gm, '') }))
  expect(functions.filter(({ text }) => decides.test(text)).length).toBeGreaterThan(9)
  return [
    ...functions
      .filter(({ name, text }) => decides.test(text) && !locks.test(text) && !ofCaller.includes(name))
      .map(({ name }) => `${name} decides by hold_lapsed without the lock of the booking`),
    ...functions
      .filter(({ name, text, is_volatile }) => is_volatile && readsOnly.test(text) && !(name in decidedLater))
      .map(({ name }) => `${name} may write by what only seems to have lapsed`),
  ]
}

test('whatever writes because a hold has lapsed has the lock of the booking', async ({ database }) => {
  expect(await wrongDeciders(database)).toEqual([])
})

freshDatabaseTest('negative control: a writer without the lock is found', async ({ database }) => {
  for (const [name, rule] of [
    ['planted', 'hold_lapsed(b.status, b.hold_expires_at, now())'],
    ['planted_counter', 'holdfast.lapsed_units(b.clinic_no, b.slot_id, now(), now()) > 0'],
    ['planted_reader', 'holdfast.hold_seems_lapsed(b.status, b.hold_expires_at, now())'],
  ]) {
    await database.ownerPool.query(
      `create function holdfast.${name}() returns void language plpgsql as $$ begin
         delete from holdfast.booking b where ${rule}; end $$`,
    )
  }
  expect(await wrongDeciders(database)).toEqual([
    'planted decides by hold_lapsed without the lock of the booking',
    'planted_counter may write by what only seems to have lapsed',
    'planted_reader may write by what only seems to have lapsed',
  ])
})
