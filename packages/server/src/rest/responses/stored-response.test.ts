import { aBooking, aClinic, aDoctor, aSlot } from '@holdfast/testkit'
import { expect } from 'vitest'
import { test } from '../../../test/rest-test.ts'

const inDays = (days: number, minutes = 0) => new Date(Date.now() + days * 86_400_000 + minutes * 60_000).toISOString()

test('a change sent twice at once, or before its response is stored, is made once', async ({ database, rest }) => {
  const clinic = await aClinic(database)
  const slot = await aSlot(database, await aDoctor(database, clinic), { startsAt: new Date(Date.now() - 60_000) })
  const booking = await aBooking(database, slot, { status: 'COMPLETED' })
  const as = await rest.aMember(clinic.no, 'staff')
  const reopen = (key: string) => rest.call('reopenBooking', { path: { bookingId: booking.id }, as, key })
  const { storedResponses } = rest.engine
  const { find, store } = storedResponses
  storedResponses.find = async () => ({ kind: 'missing' })
  storedResponses.store = async () => undefined
  try {
    const replies = [...(await Promise.all([reopen('once'), reopen('once')])), await reopen('once')]
    for (const { status, body, headers } of replies) {
      expect([status, body]).toEqual([200, replies[0]?.body])
      expect(headers['holdfast-position']).toMatch(/^[1-9]/)
    }
    expect(replies[0]?.body).toMatchObject({ status: 'ARRIVED', version: booking.version + 1 })
    expect((await reopen('again')).body.status).toBe('CONFIRMED')
  } finally {
    Object.assign(storedResponses, { find, store })
  }
})

test('createSlots: a retry by key gets the response, another query none; no key: runs', async ({ database, rest }) => {
  const clinic = await aClinic(database)
  const path = { doctorId: (await aDoctor(database, clinic)).id }
  const as = await rest.aMember(clinic.no, 'staff')
  const body = { slots: [{ startsAt: inDays(3), endsAt: inDays(3, 15) }] }
  const first = await rest.call('createSlots', { path, as, key: 'monday', body })
  expect(first.status).toBe(201)
  const { rows } = await database.ownerPool.query('select from holdfast.answer where clinic_no = $1', [clinic.no])
  // It moves with the clinic.
  expect(rows).toHaveLength(1)
  const retried = await rest.call('createSlots', { path, as, key: 'monday', body })
  expect(retried.status).toBe(200)
  expect(retried.body).toEqual(first.body)
  expect(retried.headers['holdfast-position']).toBe(first.headers['holdfast-position'])
  const dry = await rest.call('createSlots', { path, as, key: 'monday', query: { dryRun: true }, body })
  expect(dry.problem).toMatchObject({ status: 422, code: 'idempotency_key_reused' })
  expect((await rest.call('createSlots', { path, as, body })).body).toMatchObject({ created: 0, skipped: 1 })
})

test('confirmed with a key: a retry gets the response, even if the booking changed', async ({ database, rest }) => {
  const slot = await aSlot(database, await aDoctor(database, await aClinic(database)), { capacity: 2 })
  const booking = await aBooking(database, slot, { status: 'PENDING' })
  const path = { bookingId: booking.id }
  const token = rest.manageTokens.issue(booking.id)
  const confirmed = await rest.call('confirmBooking', { path, token, key: 'once' })
  expect(confirmed.body).toMatchObject({ status: 'CONFIRMED' })
  await rest.call('cancelBooking', { path, token, key: 'once' })
  const retried = await rest.call('confirmBooking', { path, token, key: 'once' })
  expect(retried.status).toBe(200)
  expect(retried.body).toEqual(confirmed.body)
  expect((await rest.call('confirmBooking', { path, token })).problem).toMatchObject({ code: 'invalid_transition' })
})

test('a stored response is not returned to a caller who has lost access since', async ({ database, rest, clinic }) => {
  const booking = await aBooking(database, await aSlot(database, await aDoctor(database, clinic)))
  const path = { bookingId: booking.id }
  const as = await rest.aMember(clinic.no, 'staff')
  expect((await rest.call('cancelBooking', { path, as, key: 'mine' })).status).toBe(200)
  expect((await rest.call('cancelBooking', { path, as, key: 'mine' })).status).toBe(200)
  await rest.engine.directory.removeMember({
    clinicNo: clinic.no,
    accountId: as.id,
    actorId: (await rest.aMember(clinic.no, 'admin')).id,
  })
  expect((await rest.call('cancelBooking', { path, as, key: 'mine' })).problem.status).toBe(404)
})

test('a stored response is for its caller: not for others with the same key', async ({ database, rest, clinic }) => {
  const slot = await aSlot(database, await aDoctor(database, clinic), { capacity: 2 })
  const booking = await aBooking(database, slot, { status: 'PENDING' })
  const path = { bookingId: booking.id }
  expect(
    (await rest.call('confirmBooking', { path, token: rest.manageTokens.issue(booking.id), key: 'mine' })).status,
  ).toBe(200)
  const other = await aBooking(database, slot)
  const strangers = [{ token: rest.manageTokens.issue(other.id) }, { as: rest.anAccount() }]
  for (const who of strangers) {
    expect((await rest.call('confirmBooking', { path, key: 'mine', ...who })).problem).toMatchObject({ status: 404 })
  }
})

test('a refusal is not stored: the same key succeeds once the request can succeed', async ({ database, rest }) => {
  const clinic = await aClinic(database)
  const doctor = await aDoctor(database, clinic)
  const [from, to] = [await aSlot(database, doctor), await aSlot(database, doctor)]
  const [booking, inTheWay] = [await aBooking(database, from), await aBooking(database, to)]
  const move = () =>
    rest.call('rescheduleBooking', {
      path: { bookingId: booking.id },
      token: rest.manageTokens.issue(booking.id),
      key: 'move',
      body: { slotId: to.id },
    })
  expect((await move()).problem).toMatchObject({ code: 'slot_full' })
  await rest.call('cancelBooking', { path: { bookingId: inTheWay.id }, token: rest.manageTokens.issue(inTheWay.id) })
  expect((await move()).status).toBe(200)
  expect((await move()).body).toMatchObject({ slotId: to.id })
})

test('a retry of an edit with a key gets the first response', async ({ database, rest, clinic }) => {
  const as = await rest.aMember(clinic.no, 'admin')
  const doctor = await aDoctor(database, clinic)
  const rename = (name: string, key: string) =>
    rest.call('updateDoctor', { path: { doctorId: doctor.id }, as, key, body: { name } })
  const first = await rename('Dr One', 'a')
  await rename('Dr Two', 'b')
  expect((await rename('Dr One', 'a')).body).toEqual(first.body)
})
