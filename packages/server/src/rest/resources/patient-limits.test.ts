import { randomUUID } from 'node:crypto'
import { aClinic, aDoctor, aMember, aQuestion, aSession, aSlot, aVisitType } from '@holdfast/testkit'
import { expect, test } from 'vitest'
import { call, serverOfFile, signUp } from '../../../test/running-server.ts'

const server = await serverOfFile({
  HOLDFAST_RATE_LIMIT: 'on',
  HOLDFAST_LIMIT_ANONYMOUS_WRITES_PER_MINUTE: '1000',
  HOLDFAST_LIMIT_ACCOUNT_PER_MINUTE: '1000',
})

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

test('a patient corrects answers ten times in 15 minutes, without repetitions, and the desk more often', async () => {
  const clinic = await aClinic(server.database)
  const text = aQuestion('text')
  const session = await aSession(server.database, await aDoctor(server.database, clinic))
  const type = await aVisitType(server.database, clinic, { questions: [text] })
  const book = async (minute: number) => {
    const startsAt = new Date(session.startsAt.getTime() + minute * 60_000).toISOString()
    const answers = [{ questionId: text.id, value: 'Penicillin' }]
    const time = { sessionId: session.id, startsAt, visitTypeId: type.id }
    const body = { ...time, patient: { name: 'Ada', email: 'ada@example.org' }, confirm: true, answers }
    const booked = await call(`${server.url}/api/v1/bookings`, { method: 'POST', body })
    expect(booked.status).toBe(201)
    return { id: String(booked.body.id), patient: String(booked.body.manageToken) }
  }
  const correct = (id: string, version: number, bearer: string, key: string = randomUUID()) =>
    call(`${server.url}/api/v1/bookings/${id}/answers`, {
      method: 'PATCH',
      body: { version, answers: [{ questionId: text.id, value: `Text ${version}` }] },
      headers: { 'idempotency-key': key },
      bearer,
    })
  const { id, patient } = await book(0)
  for (let version = 1; version <= 10; version += 1) {
    const key = randomUUID()
    for (const _ of ['sent', 'repeated']) expect((await correct(id, version, patient, key)).status).toBe(200)
  }
  const refused = await correct(id, 11, patient)
  expect(refused).toMatchObject({ status: 429, body: { code: 'rate_limited' } })
  expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0)
  // Another booking has a count of its own.
  const another = await book(30)
  expect((await correct(another.id, 1, another.patient)).status).toBe(200)
  const staff = await signUp(server.url, `${randomUUID()}@example.org`)
  await aMember(server.database, clinic, { role: 'staff', accountId: staff.id })
  for (let version = 11; version <= 21; version += 1) {
    expect((await correct(id, version, staff.token)).status).toBe(200)
  }
})
