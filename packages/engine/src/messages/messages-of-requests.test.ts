import { lapseHolds, someMessageSettings, type TestDatabase } from '@holdfast/testkit'
import { test } from '@holdfast/testkit/database-test'
import { afterAll, expect } from 'vitest'
import { aRequestScene, plannedOf } from '../../test/requests.ts'
import { createEngine } from '../create-engine.ts'
import type { Engine } from '../model/engine.ts'

let engine: Engine

test.beforeAll(({ database }) => {
  engine = createEngine({ batchPool: database.appPool, generalPool: database.appPool })
})
afterAll(() => engine.stop())

async function aRequest(database: TestDatabase) {
  const { request, hold, change, clinic } = await aRequestScene(database, engine)
  const { id, slotId } = await request()
  return { id, slot: { clinicNo: clinic.no, id: slotId }, hold, change }
}

test('a patient is notified that a request was sent, and that it was approved', async ({ database }) => {
  const { id, change } = await aRequest(database)
  expect(await plannedOf(database, id)).toEqual([['requested', 2, null]])
  expect(await plannedOf(database, id)).toEqual([['requested', 2, null]])
  await change(id, 'confirm', true)
  expect(await plannedOf(database, id)).toEqual([
    ['requested', 2, null],
    ['confirmed', 3, null],
  ])
})

test('a patient is notified that a request was declined, or withdrawn', async ({ database }) => {
  const declined = await aRequest(database)
  await declined.change(declined.id, 'decline', true)
  expect(await plannedOf(database, declined.id)).toEqual([['declined', 3, false]])
  const withdrawn = await aRequest(database)
  await withdrawn.change(withdrawn.id, 'cancel', false)
  expect(await plannedOf(database, withdrawn.id)).toEqual([['declined', 3, true]])
})

test('a patient is notified that a request was not answered', async ({ database }) => {
  const { id, slot, hold } = await aRequest(database)
  await lapseHolds(database, slot)
  await hold()
  expect(await plannedOf(database, id)).toEqual([['request_lapsed', 3, null]])
})

test('a patient without an e-mail address is told by SMS, of what the clinic has chosen', async ({ database }) => {
  const scene = await aRequestScene(database, engine)
  await someMessageSettings(database, scene.clinic.no, { sms_kinds: ['requested', 'declined'], phone_country: 'GB' })
  const patient = { name: 'Ada', phone: '07400 123456' }
  const ids = [(await scene.request(0, 1, patient)).id, (await scene.request(30, 1, patient)).id] as const
  expect(await plannedOf(database, ids[0])).toEqual([['requested', 2, null]])
  await scene.change(ids[0], 'decline', true)
  await scene.change(ids[1], 'confirm', true)
  expect(await plannedOf(database, ids[0])).toEqual([
    ['requested', 2, null],
    ['declined', 3, false],
  ])
  // The clinic sends no confirmations by SMS.
  expect(await plannedOf(database, ids[1])).toEqual([])
  const { rows } = await database.ownerPool.query(
    'select distinct channel from holdfast.message where booking_id = any ($1)',
    [ids],
  )
  expect(rows).toEqual([{ channel: 'sms' }])
})
