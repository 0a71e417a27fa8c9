import { randomUUID } from 'node:crypto'
import {
  aBooking,
  aClinic,
  aDoctor,
  aSlot,
  type BuiltBooking,
  plantFunction,
  type TestDatabase,
  untilLockWaiters,
} from '@holdfast/testkit'
import { freshDatabaseTest as test } from '@holdfast/testkit/database-test'
import { expect } from 'vitest'
import { createStoredResponses } from '../stored-responses/stored-responses.ts'

const patient = { name: 'Grace Hopper', email: 'grace@example.org' }
const eraseStatement = 'select from holdfast.erase_patient($1, array[$2::uuid], null, null)'
const aKey = () => ({ key: randomUUID(), requestHash: randomUUID() })

async function aCancelledBooking(database: TestDatabase): Promise<BuiltBooking> {
  const slot = await aSlot(database, await aDoctor(database, await aClinic(database)))
  return aBooking(database, slot, { status: 'CANCELLED', patient })
}

/** Stores a response that names the booking, beside another one, while its erasure has not committed yet. */
async function storeDuringErasure(database: TestDatabase, untilStored: (storing: Promise<void>) => Promise<void>) {
  const { clinicNo, id } = await aCancelledBooking(database)
  const other = await aCancelledBooking(database)
  const responses = createStoredResponses(database.appPool)
  const writeKey = aKey()
  const erasing = await database.appPool.connect()
  try {
    await erasing.query('begin')
    await erasing.query(eraseStatement, [clinicNo, id])
    const storing = responses.store(
      writeKey,
      { status: 200, body: { items: [{ id: other.id }, { id, patient }] } },
      null,
    )
    await untilStored(storing)
    await erasing.query('commit')
    await storing
  } finally {
    erasing.release()
  }
  return (await responses.find(writeKey)).kind
}

test('a response waits for the erasure of a booking that it names, and is then not stored', async ({ database }) => {
  expect(await storeDuringErasure(database, () => untilLockWaiters(database, 1))).toBe('missing')
})

test('negative control: one that reads the bookings without their locks stays', async ({ database }) => {
  const becomes = 'v_bookings := array(select b from bookings_by_id(v_clinic_nos, p_ids) b);'
  await plantFunction(database, 'store_response', {
    part: 'v_bookings := lock_bookings(v_clinic_nos, p_ids);',
    becomes,
  })
  expect(await storeDuringErasure(database, (storing) => storing)).toBe('found')
})

test('an erasure waits for a response that is being stored, and deletes it', async ({ database }) => {
  const { clinicNo, id } = await aCancelledBooking(database)
  const writeKey = aKey()
  const storing = await database.appPool.connect()
  try {
    await storing.query('begin')
    await storing.query('select holdfast.store_response($1, $2, $3, array[$4::uuid])', [
      writeKey.key,
      writeKey.requestHash,
      JSON.stringify({ id, patient }),
      id,
    ])
    const erasing = database.appPool.query(eraseStatement, [clinicNo, id])
    await untilLockWaiters(database, 1)
    await storing.query('commit')
    await erasing
  } finally {
    storing.release()
  }
  expect((await createStoredResponses(database.appPool).find(writeKey)).kind).toBe('missing')
})

test('after the erasure nothing that names the booking is stored; what names others is', async ({ database }) => {
  const { clinicNo, id, slotId } = await aCancelledBooking(database)
  const other = await aCancelledBooking(database)
  await database.appPool.query(eraseStatement, [clinicNo, id])
  const responses = createStoredResponses(database.appPool)
  const kindAfter = async (response: unknown) => {
    const writeKey = aKey()
    await responses.store(writeKey, response, null)
    return (await responses.find(writeKey)).kind
  }
  expect(await kindAfter({ status: 200, body: { id, patient } })).toBe('missing')
  expect(await kindAfter({ status: 200, body: { id: other.id, patient } })).toBe('found')
  expect(await kindAfter({ status: 200, body: { ids: [slotId, other.id] } })).toBe('found')
  expect(await kindAfter({ status: 204 })).toBe('found')
})
