import { aClinic, aDoctor, aSlot, type TestDatabase } from '@holdfast/testkit'
import { expect } from 'vitest'
import { test } from '../../../test/rest-test.ts'

const patient = { name: 'Grace Hopper', email: 'grace@example.org' }

/** A clinic with one slot. */
async function aPlace(database: TestDatabase) {
  const clinic = await aClinic(database)
  return { clinic, slot: await aSlot(database, await aDoctor(database, clinic)) }
}

test('a hold is extended as often as its clinic allows, and once for a key', async ({ database, rest }) => {
  const { clinic, slot } = await aPlace(database)
  await database.ownerPool.query('update holdfast.clinic set hold_extensions_max = 2 where id = $1', [clinic.id])
  const { body } = await rest.call('createBooking', { body: { slotId: slot.id, patient } })
  const hold = { token: body.manageToken, path: { bookingId: body.id } }
  const before = (await rest.call('getBooking', hold)).body.holdExpiresAt ?? ''
  const extended = await rest.call('extendBooking', { ...hold, key: 'more' })
  expect(extended.body.extended).toBe(true)
  expect(Date.parse(extended.body.holdExpiresAt ?? '')).toBeGreaterThan(Date.parse(before))
  const retried = await rest.call('extendBooking', { ...hold, key: 'more' })
  expect(retried.body.holdExpiresAt).toBe(extended.body.holdExpiresAt)
  expect((await rest.call('extendBooking', { ...hold, key: 'yet more' })).status).toBe(200)
  expect((await rest.call('extendBooking', { ...hold, key: 'too much' })).problem.code).toBe('already_extended')
  expect((await rest.call('extendBooking', hold)).problem).toMatchObject({ status: 409, code: 'already_extended' })
})

test('a hold needs no patient, and its confirmation does', async ({ database, rest }) => {
  const { slot } = await aPlace(database)
  const confirmed = await rest.call('createBooking', { body: { slotId: slot.id, confirm: true } })
  expect(confirmed.problem).toMatchObject({ code: 'invalid_request', errors: [{ path: '/patient' }] })
  const made = await rest.call('createBooking', { body: { slotId: slot.id } })
  expect(made.status).toBe(201)
  const hold = { path: { bookingId: made.body.id }, token: made.body.manageToken }
  expect((await rest.call('getBooking', hold)).body.patient).toEqual({ name: '' })
  const unnamed = await rest.call('confirmBooking', hold)
  expect(unnamed.problem).toMatchObject({ code: 'invalid_request', errors: [{ path: '/patient' }] })
  expect((await rest.call('confirmBooking', { ...hold, body: { patient } })).body).toMatchObject({
    status: 'CONFIRMED',
    patient,
  })
})
