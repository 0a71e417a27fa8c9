import { randomUUID } from 'node:crypto'
import { aClinic, aDoctor, aMember, aSlot } from '@holdfast/testkit'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { call, type RunningServer, runningServer, signUp } from '../../../test/running-server.ts'

let server: RunningServer

beforeAll(async () => {
  server = await runningServer({
    HOLDFAST_RATE_LIMIT: 'on',
    HOLDFAST_LIMIT_ANONYMOUS_WRITES_PER_MINUTE: '1000',
    HOLDFAST_LIMIT_ACCOUNT_PER_MINUTE: '1000',
  })
})
afterAll(() => server.end())

test('a patient moves a booking ten times in 15 minutes, the desk more often', async () => {
  const clinic = await aClinic(server.database)
  const doctor = await aDoctor(server.database, clinic)
  const slots = [await aSlot(server.database, doctor), await aSlot(server.database, doctor)]
  const body = { slotId: slots[0]?.id, patient: { name: 'Ada', email: 'ada@example.org' }, confirm: true }
  const booked = await call(`${server.url}/api/v1/bookings`, { method: 'POST', body })
  expect(booked.status).toBe(201)
  const move = (n: number, bearer: string) =>
    call(`${server.url}/api/v1/bookings/${String(booked.body.id)}/reschedule`, {
      method: 'POST',
      body: { slotId: slots[n % 2]?.id },
      bearer,
    })
  const patient = String(booked.body.manageToken)
  for (let n = 1; n <= 10; n += 1) expect((await move(n, patient)).status).toBe(200)
  const refused = await move(11, patient)
  expect(refused).toMatchObject({ status: 429, body: { code: 'rate_limited' } })
  expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0)
  const staff = await signUp(server.url, `${randomUUID()}@example.org`)
  await aMember(server.database, clinic, { role: 'staff', accountId: staff.id })
  expect((await move(11, staff.token)).status).toBe(200)
})
