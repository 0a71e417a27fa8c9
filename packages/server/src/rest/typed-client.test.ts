import { createHoldfastClient } from '@holdfast/contract/client'
import { aClinic, aDoctor, aSlot, createTestDatabase, type TestDatabase } from '@holdfast/testkit'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type RestApp, startRestApp } from '../../test/rest-app.ts'

let database: TestDatabase
let rest: RestApp
let baseUrl: string

beforeAll(async () => {
  database = await createTestDatabase()
  rest = await startRestApp(database.appPool)
  baseUrl = await rest.app.listen({ port: 0, host: '127.0.0.1' })
})

afterAll(async () => {
  await rest.stop()
  await database.drop()
})

test('the typed client books, manages the booking by its token, and receives problems', async () => {
  const slot = await aSlot(database, await aDoctor(database, await aClinic(database)))
  const client = createHoldfastClient({ baseUrl: `${baseUrl}/` })
  const body = { slotId: slot.id, patient: { name: 'Ada' } }
  const created = await client.createBooking({ body, headers: { 'Idempotency-Key': 'client' } })
  expect(created.response?.status).toBe(201)
  const again = await client.createBooking({ body, headers: { 'Idempotency-Key': 'client' } })
  expect(again.response?.status).toBe(200)
  expect(again.data).toEqual(created.data)

  const { id: bookingId = '', manageToken = '' } = created.data ?? {}
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
