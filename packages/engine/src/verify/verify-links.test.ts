import { randomUUID } from 'node:crypto'
import { aBooking, type BuiltBooking, type BuiltSlot, shiftSlot, type TestDatabase } from '@holdfast/testkit'
import { test } from '@holdfast/testkit/database-test'
import sql from 'sql-template-tag'
import { expect } from 'vitest'
import { aCorruptedBooking } from '../../test/corrupted-booking.ts'
import { runSettleBatch } from '../bookings/settle-batch.ts'
import type { SettleAction } from '../model/settle.ts'

let database: TestDatabase
let scene: Awaited<ReturnType<typeof aCorruptedBooking>>
let slot: BuiltSlot
let booking: BuiltBooking

test.beforeEach(async ({ database: testDatabase }) => {
  database = testDatabase
  scene = await aCorruptedBooking(database, { units: 2 })
  ;({ slot, booking } = scene)
})

const findings = () => scene.findings()
const messages = async () => (await findings()).map((finding) => finding.message).sort()

const corruptBooking = (statement: string) => scene.corrupt(statement)
const eventOf = (version: number) => `clinic_no = $1 and booking_id = $2 and version = ${version}`

const accountId = randomUUID()
const settle = (...actions: SettleAction[]) =>
  actions.reduce(async (before, action) => {
    await before
    const one = { bookingId: booking.id, action, actorId: accountId, onBehalf: true, key: null, reason: null }
    expect(await runSettleBatch(database.appPool, [one])).toMatchObject([{ outcome: { kind: 'done' } }])
  }, Promise.resolve())

test('a booking that was linked and reopened has no finding', async () => {
  await shiftSlot(database, slot, -3 * 1440)
  await settle('link', 'no_show', 'reopen', 'arrive', 'complete', 'reopen', 'reopen')
  expect(await findings()).toEqual([])
})

test('illegal_transition: reopened to what it was not', async () => {
  await shiftSlot(database, slot, -3 * 1440)
  await settle('arrive', 'reopen')
  await corruptBooking(`update holdfast.booking_event set status_after = 'ARRIVED' where ${eventOf(4)}`)
  expect(await findings()).toMatchObject([
    { kind: 'illegal_transition', message: 'version 4: reopened to ARRIVED after ARRIVED' },
    { kind: 'state_differs', message: 'status is CONFIRMED, by its log ARRIVED' },
  ])
  await corruptBooking(`update holdfast.booking_event set type = 'confirmed', status_after = null where ${eventOf(3)}`)
  expect(await messages()).toEqual([
    'status is CONFIRMED, by its log ARRIVED',
    'version 3: confirmed after CONFIRMED',
    'version 4: reopened to ARRIVED after CONFIRMED',
  ])
})

test.each([
  ['cancelled', `type = 'cancelled'`],
  ['moved', `type = 'moved', status_after = 'ARRIVED', from_slot_id = slot_id`],
])('illegal_transition: an appointment %s after its patient arrived, which only cases can be', async (type, change) => {
  await shiftSlot(database, slot, -3 * 1440)
  await settle('arrive', 'complete')
  await corruptBooking(`update holdfast.booking_event set ${change} where ${eventOf(4)}`)
  expect(await messages()).toContain(`version 4: ${type} after ARRIVED`)
})

test.each([
  ['its status', `status_after = 'ARRIVED'`, 'linked as ARRIVED after CONFIRMED'],
  ['its hold', 'hold_expires_at = at', 'more changed than its account'],
  ['why it failed', `reason = 'system_error'`, 'more changed than its account'],
  ['its units', 'units = 1', 'its units from 2 to 1'],
])('illegal_transition: a link that changed %s', async (_what, change, message) => {
  await settle('link')
  await corruptBooking(`update holdfast.booking_event set ${change} where ${eventOf(3)}`)
  expect(await findings()).toMatchObject([
    { kind: 'illegal_transition', message: expect.stringContaining(message) },
    { kind: 'state_differs' },
  ])
})

test('illegal_transition: a second link, or one before anything else', async () => {
  await settle('link')
  await corruptBooking(
    `insert into holdfast.booking_event (clinic_no, booking_id, version, at, type, status_after, slot_id, resource_id,
      units, actor_id, booking_digest)
     select clinic_no, booking_id, 4, at, type, status_after, slot_id, resource_id, units, actor_id, booking_digest
       from holdfast.booking_event where ${eventOf(3)}`,
  )
  await corruptBooking('update holdfast.booking set version = 4 where clinic_no = $1 and id = $2')
  expect(await findings()).toMatchObject([{ kind: 'illegal_transition', message: 'it was linked 2 times' }])
  await corruptBooking(`delete from holdfast.booking_event where ${eventOf(4)}`)
  await corruptBooking('update holdfast.booking set version = 3 where clinic_no = $1 and id = $2')
  expect(await findings()).toEqual([])
  await corruptBooking(
    `update holdfast.booking_event set type = 'linked', status_after = 'PENDING',
       actor_id = '${accountId}' where ${eventOf(1)}`,
  )
  expect(await messages()).toEqual([
    'it was linked 2 times',
    'version 1: linked as PENDING after nothing, with more changed than its account',
  ])
})

test('state_differs: the account is not the one that booked or was linked; neither is named', async () => {
  const [thief, owner] = [randomUUID(), randomUUID()]
  const theirs = await aBooking(database, slot, { accountId: owner })
  expect(await findings()).toEqual([])
  await settle('link')
  const give = (id: string, to: string | null) =>
    database.ownerPool.query('update holdfast.booking set account_id = $2 where id = $1', [id, to])
  const found = [{ kind: 'state_differs', message: 'account is not the one in its log' }]
  for (const to of [thief, null]) {
    await give(booking.id, to)
    expect(await findings()).toMatchObject(found)
  }
  await give(booking.id, accountId)
  // Neither this one nor the hold of a guest was linked.
  await give(theirs.id, thief)
  expect(await findings()).toMatchObject(found)
  await give(theirs.id, owner)
  const guests = await aBooking(database, slot)
  await give(guests.id, thief)
  expect(await findings()).toMatchObject(found)
  expect(JSON.stringify(await findings())).not.toContain(thief)
})

test('state_differs: the account of a booking at the desk is neither the desk’s nor that of the digest', async () => {
  const [desk, owner, thief] = [randomUUID(), randomUUID(), randomUUID()]
  // As claimed with formerBookingId: the digest has the account of the former booking.
  const { id } = await aBooking(database, slot, { accountId: owner })
  const actor = (actorId: string | null) =>
    database.ownerPool.query(sql`update holdfast.booking_event set actor_id = ${actorId}
        where clinic_no = ${slot.clinicNo} and booking_id = ${id} and version = 1`)
  await actor(desk)
  expect(await findings()).toEqual([])
  const found = [{ kind: 'state_differs', message: 'account is not the one in its log' }]
  await database.ownerPool.query('update holdfast.booking set account_id = $2 where id = $1', [id, thief])
  expect(await findings()).toMatchObject(found)
  // A guest books for no account.
  await database.ownerPool.query('update holdfast.booking set account_id = $2 where id = $1', [id, owner])
  await actor(null)
  expect(await findings()).toMatchObject(found)
})

test.each([
  ['a link to no account', `type = 'linked', status_after = 'CONFIRMED', actor_id = null`],
  ['a link without a status', `type = 'linked', actor_id = booking_id`],
  ['a reopening without a status', `type = 'reopened'`],
  ['a reopening to FAILED', `type = 'reopened', status_after = 'FAILED'`],
  ['a status that follows from the type', `status_after = 'CONFIRMED'`],
])('the constraint of the log rejects %s', async (_what, change) => {
  const corrupting = corruptBooking(`update holdfast.booking_event set ${change} where ${eventOf(2)}`)
  await expect(corrupting).rejects.toThrow('booking_event_is_valid')
})
