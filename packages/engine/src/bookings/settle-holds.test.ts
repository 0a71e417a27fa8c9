import { randomUUID } from 'node:crypto'
import { aBooking, aClinic, aDoctor, aSlot, type BuiltDoctor, checkHistory, type TestDatabase } from '@holdfast/testkit'
import { test } from '@holdfast/testkit/database-test'
import sql from 'sql-template-tag'
import { expect } from 'vitest'
import type { SettleAction, SettleRequest } from '../model/settle.ts'
import { runSettleBatch } from './settle-batch.ts'

let doctor: BuiltDoctor

test.beforeAll(async ({ database }) => {
  doctor = await aDoctor(database, await aClinic(database))
})

function request(booking: { id: string }, action: SettleAction, overrides: Partial<SettleRequest> = {}): SettleRequest {
  return { bookingId: booking.id, action, actorId: null, onBehalf: false, key: null, reason: null, ...overrides }
}

async function settle(database: TestDatabase, ...requests: SettleRequest[]) {
  const results = await runSettleBatch(database.appPool, requests)
  return results.map((result) => (result.kind === 'completed' ? result.outcome : result))
}

const kindOf = async (database: TestDatabase, ...requests: SettleRequest[]) =>
  (await settle(database, ...requests)).map((outcome) => outcome.kind)

test('a hold is extended as often as the clinic allows, once by each key, all in the log', async ({ database }) => {
  const booking = await aBooking(database, await aSlot(database, doctor), {
    status: 'PENDING',
    holdExpiresAt: new Date(Date.now() + 30_000),
  })
  const keys = Array.from({ length: 6 }, () => randomUUID())
  const outcomes: string[] = []
  for (const key of keys) {
    // Sent twice at once, and once more after its response was lost.
    outcomes.push(...(await kindOf(database, request(booking, 'extend', { key }), request(booking, 'extend', { key }))))
    outcomes.push(...(await kindOf(database, request(booking, 'extend', { key }))))
  }
  const last = ['already_extended', 'already_extended', 'already_extended']
  expect(outcomes).toEqual([...Array(5).fill(['done', 'retry', 'unchanged']).flat(), ...last])
  const { rows } = await database.ownerPool.query(sql`
    select count(*)::int as extended, (max(hold_expires_at) - min(hold_expires_at))::text as longer
     from holdfast.booking_event where booking_id = ${booking.id} and type = 'extended'`)
  expect(rows).toEqual([{ extended: 5, longer: '00:08:00' }])
  expect(await checkHistory(database)).toEqual([])
})

test('a clinic may allow no extension', async ({ database }) => {
  const strict = await aClinic(database, { settings: { holdExtensionsMax: 0 } })
  const slot = await aSlot(database, await aDoctor(database, strict))
  const booking = await aBooking(database, slot, { status: 'PENDING' })
  expect(await kindOf(database, request(booking, 'extend'))).toEqual(['already_extended'])
})

test('a hold without a patient is confirmed only with one', async ({ database }) => {
  const booking = await aBooking(database, await aSlot(database, doctor), { status: 'PENDING' })
  await database.ownerPool.query(`update holdfast.booking set patient = '{"name": ""}' where id = $1`, [booking.id])
  expect(await kindOf(database, request(booking, 'confirm'))).toEqual(['patient_missing'])
  expect(await kindOf(database, request(booking, 'confirm', { patient: { name: 'Grace Hopper' } }))).toEqual(['done'])
})

test('cancelling a hold releases it, and cancelling a confirmed booking does not', async ({ database }) => {
  const slot = await aSlot(database, doctor, { capacity: 2 })
  const [held, confirmed] = [await aBooking(database, slot, { status: 'PENDING' }), await aBooking(database, slot)]
  const outcomes = await settle(database, request(held, 'cancel'), request(confirmed, 'cancel'))
  expect(outcomes).toMatchObject([
    { kind: 'done', booking: { status: 'CANCELLED', failureReason: 'hold_released' } },
    { kind: 'done', booking: { status: 'CANCELLED', failureReason: null } },
  ])
  expect(await kindOf(database, request(held, 'link', { actorId: randomUUID() }))).toEqual(['done'])
  const events = `select type, reason from holdfast.booking_event
                   where booking_id = $1 and version > 1 order by version`
  expect((await database.ownerPool.query(events, [held.id])).rows).toEqual([
    { type: 'cancelled', reason: 'hold_released' },
    { type: 'linked', reason: 'hold_released' },
  ])
  expect(await checkHistory(database)).toEqual([])
})
