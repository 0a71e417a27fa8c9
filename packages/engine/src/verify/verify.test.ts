import { randomUUID } from 'node:crypto'
import {
  aBooking,
  aClinic,
  aDoctor,
  aSettlement,
  aSlot,
  type BuiltBooking,
  type BuiltDoctor,
  type BuiltSlot,
  lapseHolds,
  type TestDatabase,
} from '@holdfast/testkit'
import { test } from '@holdfast/testkit/database-test'
import sql from 'sql-template-tag'
import { expect } from 'vitest'
import { runSettleBatch } from '../bookings/settle-batch.ts'
import type { VerifyFinding } from '../model/verify-report.ts'
import { verify } from './verify.ts'

let database: TestDatabase
let clinicNo: number
let doctor: BuiltDoctor
let slot: BuiltSlot
let booking: BuiltBooking

const statuses = ['PENDING', 'CANCELLED', 'ARRIVED', 'NO_SHOW', 'COMPLETED', 'hold_expired', 'slot_withdrawn'] as const

/** Each test has a separate clinic, with bookings in every status beside the one that it corrupts. */
test.beforeEach(async ({ database: testDatabase }) => {
  database = testDatabase
  const clinic = await aClinic(database)
  clinicNo = clinic.no
  doctor = await aDoctor(database, clinic)
  slot = await aSlot(database, doctor, { capacity: 10 })
  for (const status of statuses) await aBooking(database, slot, { status })
  booking = await aBooking(database, slot, { status: 'CONFIRMED', units: 2 })
})

async function findings(): Promise<VerifyFinding[]> {
  const report = await verify(database.appPool, { clinicNo, detailsMax: 100 })
  expect(report.overbooked + report.mismatches).toBe(report.details.length)
  return report.details
}

const kinds = async () => (await findings()).map((finding) => finding.kind).sort()
const messages = async () => (await findings()).map((finding) => finding.message).sort()

/** Corrupts `booking`, as the owner; $1 and $2 are its clinic number and id. */
const corruptBooking = (statement: string) => database.ownerPool.query(statement, [clinicNo, booking.id])
const corruptSlot = (statement: string) => database.ownerPool.query(statement, [clinicNo, slot.id])

test('a released hold has its reason in the log, and a row without it differs', async () => {
  const held = await aBooking(database, slot, { status: 'PENDING' })
  await runSettleBatch(database.appPool, [aSettlement(held.id, 'cancel', { onBehalf: false })])
  expect(await findings()).toEqual([])
  await database.ownerPool.query('update holdfast.booking set failure_reason = null where id = $1', [held.id])
  expect(await messages()).toEqual(['failure_reason is null, by its log hold_released'])
})

test('a clean clinic has no finding, with bookings in every status and a hold that has lapsed', async () => {
  await lapseHolds(database, slot)
  expect(await verify(database.appPool, { clinicNo, detailsMax: 100 })).toEqual({
    slots: 1,
    bookings: 8,
    events: 21,
    overbooked: 0,
    mismatches: 0,
    details: [],
  })
})

test('overbooked and taken_differs: more units booked than the slot has', async () => {
  const full = await aSlot(database, doctor, { capacity: 1 })
  await aBooking(database, full)
  await database.ownerPool.query('update holdfast.slot set taken = 0 where id = $1', [full.id])
  await aBooking(database, full)
  expect(await findings()).toEqual([
    expect.objectContaining({ kind: 'overbooked', slotId: full.id, message: '2 units are booked of 1' }),
    expect.objectContaining({ kind: 'taken_differs', message: 'taken is 1, its bookings have 2 units' }),
  ])
})

test('taken_differs: one unit too few, and one on a slot without bookings', async () => {
  await corruptSlot('update holdfast.slot set taken = taken - 1 where clinic_no = $1 and id = $2')
  const empty = await aSlot(database, doctor)
  await database.ownerPool.query('update holdfast.slot set taken = 1 where id = $1', [empty.id])
  expect(await kinds()).toEqual(['taken_differs', 'taken_differs'])
})

test('next_lapse_late: a hold ends before next_lapse, or next_lapse is not set', async () => {
  await corruptSlot(
    `update holdfast.slot set next_lapse = next_lapse - interval '1 s' where clinic_no = $1 and id = $2`,
  )
  expect(await kinds()).toEqual([])
  await corruptSlot(
    `update holdfast.slot set next_lapse = next_lapse + interval '2 s' where clinic_no = $1 and id = $2`,
  )
  expect(await kinds()).toEqual(['next_lapse_late'])
  await corruptSlot('update holdfast.slot set next_lapse = null where clinic_no = $1 and id = $2')
  expect(await kinds()).toEqual(['next_lapse_late'])
})

test('orphaned_booking: its slot does not exist, or belongs to another doctor', async () => {
  await corruptSlot('delete from holdfast.slot where clinic_no = $1 and id = $2')
  const orphans = await findings()
  expect(orphans).toHaveLength(8)
  for (const orphan of orphans) expect(orphan).toMatchObject({ kind: 'orphaned_booking', slotId: slot.id })
})

test('orphaned_booking: its clinic does not exist', async () => {
  const clinic = await aClinic(database)
  const elsewhere = await aSlot(database, await aDoctor(database, clinic))
  await aBooking(database, elsewhere)
  for (const table of ['slot', 'resource', 'message_settings']) {
    await database.ownerPool.query(`delete from holdfast.${table} where clinic_no = $1`, [clinic.no])
  }
  await database.ownerPool.query('delete from holdfast.clinic where no = $1', [clinic.no])
  const report = await verify(database.appPool, { clinicNo: null, detailsMax: 10_000 })
  const strays = report.details.filter((finding) => finding.slotId === elsewhere.id)
  expect(strays).toEqual([expect.objectContaining({ kind: 'orphaned_booking', message: 'its slot does not exist' })])
})

test('event_missing: no event at all, or a row ahead of its log', async () => {
  await corruptBooking('delete from holdfast.booking_event where clinic_no = $1 and booking_id = $2 and version = 2')
  expect(await findings()).toEqual([
    expect.objectContaining({
      kind: 'event_missing',
      bookingId: booking.id,
      message: 'it is at version 2, its log ends at 1',
    }),
  ])
  await corruptBooking('delete from holdfast.booking_event where clinic_no = $1 and booking_id = $2')
  expect(await findings()).toEqual([expect.objectContaining({ kind: 'event_missing', message: 'it has no events' })])
})

test('event_gap: a version is missing in the middle or at the beginning', async () => {
  await corruptBooking('delete from holdfast.booking_event where clinic_no = $1 and booking_id = $2 and version = 1')
  expect(await kinds()).toEqual(['event_gap'])
})

const eventOf = (version: number) => `clinic_no = $1 and booking_id = $2 and version = ${version}`

test.each([
  ['arrived after PENDING', `update holdfast.booking_event set type = 'arrived' where ${eventOf(2)}`, 'state_differs'],
  [
    'extended after nothing',
    `update holdfast.booking_event set type = 'extended' where ${eventOf(1)}`,
    'state_differs',
  ],
  [
    'before its predecessor',
    `update holdfast.booking_event set at = at - interval '1 s' where ${eventOf(2)}`,
    'state_differs',
  ],
  ['its units from 1 to 2', `update holdfast.booking_event set units = 1 where ${eventOf(1)}`, null],
  [
    'changed its slot',
    `update holdfast.booking_event set slot_id = holdfast.id_floor(now()) where ${eventOf(1)}`,
    null,
  ],
  ['has seq 1, its predecessor', `update holdfast.booking_event set seq = 1 where ${eventOf(2)}`, null],
  ['which has not begun', `update holdfast.booking_event set xid = '1000000000000' where ${eventOf(1)}`, null],
  ['after its hold ended', `update holdfast.booking_event set hold_expires_at = at where ${eventOf(1)}`, null],
])('illegal_transition: %s', async (message, statement, otherKind) => {
  await corruptBooking(statement)
  const found = await findings()
  const [illegal] = found.filter((finding) => finding.kind === 'illegal_transition')
  expect(found.map((finding) => finding.kind)).toEqual([
    'illegal_transition',
    ...(otherKind === null ? [] : [otherKind]),
  ])
  expect(illegal?.bookingId).toBe(booking.id)
  expect(illegal?.message).toContain(message)
})

test('illegal_transition: moved from a slot where it was not, and a hold expired before its end', async () => {
  const held = await aBooking(database, slot, { status: 'PENDING' })
  await database.ownerPool.query(
    `insert into holdfast.booking_event (clinic_no, booking_id, version, at, type, slot_id, resource_id, units,
       hold_expires_at, from_slot_id, booking_digest)
     select clinic_no, booking_id, 2, at, 'moved', slot_id, resource_id, units, hold_expires_at, $2, booking_digest
       from holdfast.booking_event where booking_id = $1`,
    [held.id, booking.id],
  )
  await database.ownerPool.query('update holdfast.booking set version = 2 where id = $1', [held.id])
  expect(await findings()).toEqual([
    expect.objectContaining({ kind: 'illegal_transition', message: expect.stringContaining('where it was not') }),
  ])
  await database.ownerPool.query(sql`
    update holdfast.booking_event set type = 'failed', reason = 'hold_expired', hold_expires_at = null
     where booking_id = ${held.id} and version = 2`)
  await database.ownerPool.query(sql`update holdfast.booking set status = 'FAILED', failure_reason = 'hold_expired',
      hold_expires_at = null where id = ${held.id}`)
  await corruptSlot('update holdfast.slot set taken = taken - 1 where clinic_no = $1 and id = $2')
  expect(await findings()).toEqual([
    expect.objectContaining({ kind: 'illegal_transition', message: expect.stringContaining('before its hold ended') }),
  ])
})

test.each([
  ['status', `status = 'ARRIVED'`, 'status is ARRIVED, by its log CONFIRMED'],
  ['hold_expires_at', 'hold_expires_at = created_at', 'by its log null'],
  ['version', 'version = 1', 'it is at version 1, its log ends at 2'],
  ['created_at', `created_at = created_at + interval '1 s'`, 'created_at is'],
  ['updated_at', `updated_at = updated_at + interval '1 s'`, 'updated_at is'],
  ['patient', `patient = '{"name": "Somebody else"}'`, 'account, type, patient or reasons are not those in its log'],
  ['type', `appointment_type = 'video'`, 'account, type, patient or reasons'],
  ['reason', `reason = 'another'`, 'account, type, patient or reasons'],
  ['cancellation_reason', `cancellation_reason = 'another'`, 'account, type, patient or reasons'],
])('state_differs: %s is not what the log says', async (_name, change, message) => {
  await corruptBooking(`update holdfast.booking set ${change} where clinic_no = $1 and id = $2`)
  expect(await findings()).toEqual([
    expect.objectContaining({
      kind: 'state_differs',
      bookingId: booking.id,
      message: expect.stringContaining(message),
    }),
  ])
})

test('state_differs: an account that was erased', async () => {
  const theirs = await aBooking(database, slot, { accountId: randomUUID() })
  await database.ownerPool.query('update holdfast.booking set account_id = null where id = $1', [theirs.id])
  expect(await findings()).toMatchObject([{ kind: 'state_differs', bookingId: theirs.id }])
})

test('withdrawn_slot_booked: a confirmed booking in a slot that was withdrawn', async () => {
  const withdrawn = await aSlot(database, doctor, { capacity: 2 })
  await aBooking(database, withdrawn, { status: 'ARRIVED' })
  await database.ownerPool.query(sql`update holdfast.slot
        set withdrawn_at = now(),
            digest = holdfast.slot_digest(id, resource_id, starts_at, ends_at, capacity, now(), null)
      where id = ${withdrawn.id}`)
  expect(await findings()).toEqual([])
  await aBooking(database, withdrawn)
  expect(await findings()).toMatchObject([
    { kind: 'withdrawn_slot_booked', slotId: withdrawn.id, message: 'it is withdrawn, and live bookings in it: 1' },
  ])
})

test('key_without_booking: an idempotency key of a booking that does not exist', async () => {
  const insertKey = (bookingId: string) =>
    database.ownerPool.query(
      `insert into holdfast.idempotency (clinic_no, key, request_hash, booking_id, created_at)
       values ($1, gen_random_uuid(), gen_random_uuid(), $2,
               coalesce((select created_at from holdfast.booking where id = $2), now()))`,
      [clinicNo, bookingId],
    )
  await insertKey(booking.id)
  expect(await findings()).toEqual([])
  const missing = randomUUID()
  await insertKey(missing)
  expect(await findings()).toMatchObject([{ kind: 'key_without_booking', bookingId: missing }])
})

test('state_differs: the slot, the units, the failure reason, and a row that is gone', async () => {
  const other = await aSlot(database, doctor, { capacity: 10 })
  await corruptBooking(`update holdfast.booking set slot_id = '${other.id}' where clinic_no = $1 and id = $2`)
  // The other slot was created after the booking.
  expect(await kinds()).toEqual(['older_booking', 'state_differs', 'taken_differs', 'taken_differs'])
  await corruptBooking(`update holdfast.booking set slot_id = '${slot.id}', units = 3 where clinic_no = $1 and id = $2`)
  expect(await kinds()).toEqual(['state_differs', 'taken_differs'])
  await corruptBooking('update holdfast.booking set units = 2 where clinic_no = $1 and id = $2')
  await database.ownerPool.query(sql`
    update holdfast.booking set failure_reason = 'system_error' where clinic_no = ${clinicNo}
     and failure_reason = 'hold_expired'`)
  expect(await findings()).toEqual([
    expect.objectContaining({ message: 'failure_reason is system_error, by its log hold_expired' }),
  ])
  await corruptBooking('delete from holdfast.booking where clinic_no = $1 and id = $2')
  expect((await findings()).map((finding) => finding.message)).toContain('its log is there, and the booking is not')
})

test('all findings are counted, and listed up to the limit', async () => {
  await corruptSlot('delete from holdfast.slot where clinic_no = $1 and id = $2')
  const report = await verify(database.appPool, { clinicNo, detailsMax: 3 })
  expect(report.mismatches).toBe(8)
  expect(report.details).toHaveLength(3)
  const none = await verify(database.appPool, { clinicNo, detailsMax: 0 })
  expect(none).toMatchObject({ mismatches: 8, details: [] })
})
