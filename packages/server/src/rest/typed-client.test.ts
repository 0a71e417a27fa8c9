import { createHoldfastClient } from '@holdfast/contract/client'
import { expect } from 'vitest'
import { test as restTest } from '../../test/rest-test.ts'

const test = restTest.extend('baseUrl', { scope: 'file' }, ({ rest }) =>
  rest.app.listen({ port: 0, host: '127.0.0.1' }),
)

test('the typed client books, manages it by its token, and receives problems', async ({ baseUrl, slot }) => {
  const client = createHoldfastClient({ baseUrl: `${baseUrl}/` })
  const body = { slotId: slot.id, patient: { name: 'Ada' } }
  const created = await client.createBooking({ body, headers: { 'Idempotency-Key': 'client' } })
  expect(created.response?.status).toBe(201)
  const again = await client.createBooking({ body, headers: { 'Idempotency-Key': 'client' } })
  expect(again.response?.status).toBe(200)
  expect(again.data).toEqual(created.data)

  const { id: bookingId = '' } = created.data ?? {}
  const manageToken = created.data?.manageToken ?? ''
  const path = { bookingId }
  const holder = createHoldfastClient({ baseUrl, bearer: () => manageToken })
  expect((await holder.confirmBooking({ path })).data?.status).toBe('CONFIRMED')
  expect((await client.getBooking({ path, auth: manageToken })).data?.status).toBe('CONFIRMED')
  expect((await client.getBooking({ path })).error).toMatchObject({ status: 401, code: 'unauthenticated' })

  const full = await client.createBooking({ body })
  expect(full.error).toMatchObject({ code: 'slot_full', alternatives: [] })
  expect((await client.listClinics({ query: { limit: 5 } })).data?.items).toHaveLength(1)
})

test('a request without a response is an error', async () => {
  const client = createHoldfastClient({ baseUrl: 'http://127.0.0.1:1' })
  const { error, response } = await client.listClinics()
  expect(response).toBeUndefined()
  expect(error).toBeInstanceOf(TypeError)
})
