import { aBooking, aClinic, aDoctor, aSlot } from '@holdfast/testkit'
import { expect } from 'vitest'
import { test } from '../../../test/rest-test.ts'

test('everybody reads how many bookings there are; no request repeats the count', async ({ database, rest }) => {
  const first = await rest.call('getProof')
  expect(first.status).toBe(200)
  expect(first.body).toEqual({ bookings: expect.any(Number), overbooked: 0, countedAt: expect.any(String) })
  await aBooking(database, await aSlot(database, await aDoctor(database, await aClinic(database))))
  expect((await rest.call('getProof')).body).toEqual(first.body)
})

test('who is signed in: nobody for a guest, without an error; else what getMe says', async ({ rest }) => {
  const guest = await rest.call('whoAmI')
  expect(guest.status).toBe(200)
  expect(guest.body).toEqual({ account: null })
  expect(guest.headers['cache-control']).toBe('no-store')
  const as = rest.anAccount()
  expect((await rest.call('whoAmI', { as })).body).toEqual({ account: (await rest.call('getMe', { as })).body })
})
