import { randomUUID } from 'node:crypto'
import { aBooking, type BuiltBooking, type BuiltSlot, shiftSlot, type TestDatabase } from '@holdfast/testkit'
import { test } from '@holdfast/testkit/database-test'
import sql from 'sql-template-tag'
import { describe, expect } from 'vitest'
import { aCorruptedBooking } from '../../test/corrupted-booking.ts'
import { runSettleBatch } from '../bookings/settle-batch.ts'
import type { SettleAction } from '../model/settle.ts'

let database: TestDatabase
let scene: Awaited<ReturnType<typeof aCorruptedBooking>>
let slot: BuiltSlot
let booking: BuiltBooking

test.beforeEach(async ({ database: testDatabase }) => {
  database = testDatabase
  scene = await aCorruptedBooking(database)
  ;({ slot, booking } = scene)
})

const findings = () => scene.findings()
const corrupt = (statement: string) => scene.corrupt(statement)

const lastHasNone = 'its last event has no digest of account, type, patient and reasons'

const setDigest = (digest: string, version: number) =>
  `update holdfast.booking_event set booking_digest = ${digest}
    where clinic_no = $1 and booking_id = $2 and version = ${version}`

test('illegal_transition: an event without a digest after one that has it', async () => {
  await corrupt(setDigest('null', 2))
  expect(await findings()).toEqual([
    expect.objectContaining({
      kind: 'illegal_transition',
      bookingId: booking.id,
      message: 'version 2: confirmed without a digest, after an event with one',
    }),
    expect.objectContaining({ kind: 'state_differs', message: lastHasNone }),
  ])
  await corrupt(setDigest('null', 1))
  expect(await findings()).toMatchObject([{ kind: 'state_differs', bookingId: booking.id, message: lastHasNone }])
  await corrupt(setDigest(`'\\x00'`, 2))
  expect(await findings()).toContainEqual(
    expect.objectContaining({
      kind: 'illegal_transition',
      message: 'version 2: confirmed with a digest, after an event without one',
    }),
  )
})

test('illegal_transition: a digest changed by an event that changes no details', async () => {
  await corrupt(setDigest(`'\\x00'`, 1))
  // A confirmation may have changed the patient.
  expect(await findings()).toEqual([])
  const held = await aBooking(database, slot, { status: 'PENDING' })
  await database.ownerPool.query(sql`
    insert into holdfast.booking_event (clinic_no, booking_id, version, at, type, slot_id, resource_id, units,
       hold_expires_at, from_slot_id, booking_digest)
     select clinic_no, booking_id, 2, at, 'moved', slot_id, resource_id, units, hold_expires_at, slot_id, booking_digest
       from holdfast.booking_event where booking_id = ${held.id}`)
  await database.ownerPool.query('update holdfast.booking set version = 2 where id = $1', [held.id])
  expect(await findings()).toEqual([])
  for (const type of ['moved', 'extended']) {
    await database.ownerPool.query(sql`update holdfast.booking
        set extended_by = case ${type} when 'extended' then gen_random_uuid() end where id = ${held.id}`)
    await database.ownerPool.query(
      `update holdfast.booking_event set type = case version when 2 then $2 else type end,
         booking_digest = case version when 1 then '\\x00' else booking_digest end where booking_id = $1`,
      [held.id, type],
    )
    expect(await findings()).toEqual([
      expect.objectContaining({
        kind: 'illegal_transition',
        bookingId: held.id,
        message: `version 2: ${type} changed the account, type, patient or reasons`,
      }),
    ])
  }
})

describe('keys', () => {
  const settle = async (bookingId: string, action: SettleAction, key: string) => {
    const change = { bookingId, action, actorId: null, onBehalf: true, key, reason: null }
    expect(await runSettleBatch(database.appPool, [change])).toMatchObject([{ outcome: { kind: 'done' } }])
  }

  test('state_differs: an extension that only the row or only the log has, or under another key', async () => {
    const held = await aBooking(database, slot, { status: 'PENDING' })
    const key = randomUUID()
    await settle(held.id, 'extend', key)
    expect(await findings()).toEqual([])
    const setKey = (to: string | null) =>
      database.ownerPool.query('update holdfast.booking set extended_by = $2 where id = $1', [held.id, to])
    for (const [planted, message] of [
      [null, 'its log has an extension, and it has none'],
      [randomUUID(), 'it was extended by another key than its log says'],
    ] as const) {
      await setKey(planted)
      expect(await findings()).toMatchObject([{ kind: 'state_differs', bookingId: held.id, message }])
    }
    // An erasure removes the keys from the log.
    await database.ownerPool.query(sql`update holdfast.booking_event set request_key = null
        where booking_id = ${held.id}`)
    expect(await findings()).toEqual([])
    await setKey(key)
    const other = await aBooking(database, slot, { status: 'PENDING' })
    await database.ownerPool.query('update holdfast.booking set extended_by = $2 where id = $1', [other.id, key])
    expect(await findings()).toMatchObject([
      { bookingId: other.id, message: 'it was extended, and its log does not say so' },
    ])
  })

  test('illegal_transition: a change made twice under one key', async () => {
    await shiftSlot(database, slot, -3 * 1440)
    const [first, second] = [randomUUID(), randomUUID()]
    await settle(booking.id, 'arrive', randomUUID())
    await settle(booking.id, 'reopen', first)
    await settle(booking.id, 'arrive', randomUUID())
    await settle(booking.id, 'reopen', second)
    expect(await findings()).toEqual([])
    await corrupt(
      `update holdfast.booking_event set request_key = '${first}'
        where clinic_no = $1 and booking_id = $2 and request_key = '${second}'`,
    )
    const message = 'reopened 2 times under one key'
    expect(await findings()).toMatchObject([{ kind: 'illegal_transition', bookingId: booking.id, message }])
  })
})
