// Completeness: a write is not within the limit of its clinic, and its operation does not say so
import { expect } from 'vitest'
import { aScene, operations, send } from '../../test/access-scene.ts'
import { type OperationId, startRestApp } from '../../test/rest-app.ts'
import { test as restTest } from '../../test/rest-test.ts'

/** `full`: an app whose clinics accept no further write. */
const test = restTest.extend('full', { scope: 'file' }, async ({ database }, { onCleanup }) => {
  const limitClinic = async () => ({ kind: 'overloaded' as const, retryAfterSeconds: 1 })
  const full = await startRestApp(database, { replaced: { limitClinic } })
  onCleanup(() => full.stop())
  return full
})

/** The writes that wait elsewhere, and those whose requests name no clinic. */
const elsewhere = operations
  .filter(([, { method, waits, clinic }]) => method !== 'GET' && (waits !== undefined || typeof clinic === 'string'))
  .map(([id]) => id)

test('every write is within its clinic’s concurrency limit, but for some that say so', async ({ database, full }) => {
  const scene = await aScene(database, full)
  const admitted: OperationId[] = []
  for (const [id, { method, access }] of operations) {
    if (method === 'GET') continue
    const reply = await send(full, id, scene.ids, access === 'anyone' ? {} : { as: scene.site })
    if (reply.status < 300 || reply.problem.code !== 'overloaded') admitted.push(id)
  }
  expect(admitted.sort()).toEqual(elsewhere.sort())
})

test('a booking that adds places is within it: it is in no queue of the engine', async ({ full, slot }) => {
  const body = { slotId: slot.id, patient: { name: 'Ada' }, confirm: true, onBehalf: true, addsPlaces: true }
  const as = await full.aMember(slot.clinicNo, 'staff')
  expect((await full.call('createBooking', { body, as })).problem.code).toBe('overloaded')
  expect((await full.call('createBooking', { body: { ...body, addsPlaces: false }, as })).status).toBe(201)
})
