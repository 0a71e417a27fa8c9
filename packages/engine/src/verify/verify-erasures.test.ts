import { randomUUID } from 'node:crypto'
import { aBooking, aClinic, aDoctor, aSlot, type BuiltBooking, type TestDatabase } from '@holdfast/testkit'
import { test } from '@holdfast/testkit/database-test'
import { expect } from 'vitest'
import { verify } from './verify.ts'

let database: TestDatabase
let clinicNo: number
let booking: BuiltBooking

test.beforeEach(async ({ database: testDatabase }) => {
  database = testDatabase
  const clinic = await aClinic(database)
  clinicNo = clinic.no
  const slot = await aSlot(database, await aDoctor(database, clinic), { capacity: 10 })
  booking = await aBooking(database, slot, { status: 'CANCELLED', patient: { name: 'Ada' }, accountId: randomUUID() })
})

const erasing = 'select * from holdfast.erase_patient($1, array[$2::uuid], null, null)'
const erase = () => database.appPool.query(erasing, [clinicNo, booking.id])
const messages = async () =>
  (await verify(database.appPool, { clinicNo, detailsMax: 100 })).details.map(({ kind, message }) => [kind, message])
/** Runs a statement as the owner. */
const corrupt = (statement: string) =>
  database.ownerPool.query(statement.replaceAll('BOOKING', `clinic_no = ${clinicNo} and id = '${booking.id}'`))
const ofEvents = (set: string, where: string) =>
  corrupt(`update holdfast.booking_event set ${set}
            where clinic_no = ${clinicNo} and booking_id = '${booking.id}' and ${where}`)

const restored = 'account, type, patient or reasons are not those in its log'

test.for([
  [`patient = '{"name": "Ada"}'`, restored],
  [`reason = 'flu'`, restored],
  [`cancellation_reason = 'flu'`, restored],
  [`account_id = gen_random_uuid()`, 'account is not the one in its log'],
])('state_differs: an erased booking with %s put back', async ([set, message]) => {
  await erase()
  expect(await messages()).toEqual([])
  await corrupt(`update holdfast.booking set ${set} where BOOKING`)
  expect(await messages()).toEqual([['state_differs', message]])
})

test('state_differs: a booking that is marked as erased, without an event', async () => {
  await corrupt('update holdfast.booking set erased_at = updated_at where BOOKING')
  expect(await messages()).toEqual([['state_differs', expect.stringMatching(/^erased_at is .+, by its log null$/)]])
})

test('state_differs: a booking without its patient, account and reasons, and without an event', async () => {
  await corrupt(`update holdfast.booking set erased_at = updated_at, patient = '{"name": ""}', account_id = null
                  where BOOKING`)
  expect(await messages()).toEqual([['state_differs', expect.stringContaining('by its log null')]])
  expect(JSON.stringify(await messages())).toContain(restored)
})

test('state_differs: an erased booking that is no longer marked', async () => {
  await erase()
  await corrupt('update holdfast.booking set erased_at = null where BOOKING')
  expect(await messages()).toEqual([['state_differs', expect.stringMatching(/^erased_at is null, by its log 2/)]])
})

test('illegal_transition: an erasure after which a digest of the patient is left', async () => {
  await erase()
  await ofEvents(`booking_digest = '\\x00'`, 'version = 3')
  expect(await messages()).toEqual([
    ['illegal_transition', 'version 3: cancelled with a digest, after an event without one'],
    ['illegal_transition', 'version 4: erased, and an event before it has a digest of the patient'],
  ])
  await ofEvents(`booking_digest = '\\x00'`, 'version = 1')
  await ofEvents('booking_digest = null', 'version = 3')
  expect(await messages()).toEqual([
    ['illegal_transition', 'version 2: confirmed without a digest, after an event with one'],
  ])
})

test('illegal_transition: an erased booking with data put back, without the digest that would show it', async () => {
  await erase()
  await corrupt(`update holdfast.booking set patient = '{"name": "Ada"}' where BOOKING`)
  await ofEvents('booking_digest = null', `type = 'erased'`)
  expect(await messages()).toEqual([
    ['illegal_transition', 'version 4: erased without a digest of what is left'],
    ['state_differs', 'its last event has no digest of account, type, patient and reasons'],
  ])
})

test('illegal_transition: an erasure that changes the status', async () => {
  await erase()
  await ofEvents(`status_after = 'FAILED'`, `type = 'erased'`)
  expect(await messages()).toContainEqual([
    'illegal_transition',
    'version 4: erased as FAILED after CANCELLED, with more changed than its patient',
  ])
})

test('illegal_transition: a link to no account, unless it was erased', async () => {
  const linked = `insert into holdfast.booking_event (clinic_no, booking_id, version, at, type, slot_id, resource_id,
      units, status_after, booking_digest)
    select clinic_no, booking_id, 4, at, 'linked', slot_id, resource_id, units, 'CANCELLED', null
      from holdfast.booking_event where booking_id = '${booking.id}' and version = 3`
  await corrupt(linked)
  await corrupt('update holdfast.booking set version = 4, account_id = null where BOOKING')
  expect(await messages()).toContainEqual(['illegal_transition', 'it was linked to no account'])
  await erase()
  expect(await messages()).toEqual([])
})

test('illegal_transition: a second erasure', async () => {
  await erase()
  await corrupt(`insert into holdfast.booking_event (clinic_no, booking_id, version, at, type, slot_id, resource_id,
      units, status_after, booking_digest)
    select clinic_no, booking_id, 5, at, 'erased', slot_id, resource_id, units, 'CANCELLED', booking_digest
      from holdfast.booking_event where booking_id = '${booking.id}' and version = 4`)
  await corrupt('update holdfast.booking set version = 5 where BOOKING')
  expect(await messages()).toContainEqual(['illegal_transition', 'it was erased 2 times'])
})
