import { randomBytes, randomUUID } from 'node:crypto'
import { request } from 'node:http'
import { restOperations } from '@holdfast/contract'
import { aBooking, aClinic, aDoctor, aSlot, lapseHolds, type TestDatabase } from '@holdfast/testkit'
import { expect } from 'vitest'
import type { RestApp } from '../../../test/rest-app.ts'
import { test } from '../../../test/rest-test.ts'

const patient = { name: 'Grace Hopper', email: 'grace@example.org' }

/** A clinic with one doctor and one slot. */
async function aPlace(database: TestDatabase, capacity = 1) {
  const clinic = await aClinic(database)
  const doctor = await aDoctor(database, clinic)
  const slot = await aSlot(database, doctor, { capacity })
  return { clinic, doctor, slot }
}

async function aHold(rest: RestApp, slotId: string) {
  const { body } = await rest.call('createBooking', { body: { slotId, patient } })
  return { id: body.id, token: body.manageToken, path: { bookingId: body.id } }
}

test('a guest books, confirms and cancels with only the token', async ({ database, rest }) => {
  const { clinic, doctor, slot } = await aPlace(database)
  const created = await rest.call('createBooking', { body: { slotId: slot.id, patient, reason: 'Knee' } })
  expect(created.status).toBe(201)
  expect(created.body).toMatchObject({
    clinicId: clinic.id,
    doctorId: doctor.id,
    slotId: slot.id,
    status: 'PENDING',
    units: 1,
    appointmentType: 'in_person',
    startsAt: slot.startsAt.toISOString(),
    manageToken: expect.stringMatching(/^hfm_[A-Za-z0-9_-]{43}$/),
  })
  expect(created.headers['holdfast-position']).toMatch(/^\d+\.\d+$/)
  expect(created.headers['cache-control']).toBe('no-store')
  const access = { path: { bookingId: created.body.id }, token: created.body.manageToken }

  const confirmed = await rest.call('confirmBooking', access)
  expect(confirmed.body).toMatchObject({
    status: 'CONFIRMED',
    holdExpiresAt: null,
    patient,
    reason: 'Knee',
    version: 2,
  })
  expect(confirmed.headers['holdfast-position']).toMatch(/^\d+\.\d+$/)
  const again = await rest.call('confirmBooking', {
    ...access,
    raw: '',
    headers: { 'content-type': 'application/json' },
  })
  expect(again.status).toBe(200)
  expect(again.body).toEqual(confirmed.body)

  const cancelled = await rest.call('cancelBooking', { ...access, body: { reason: 'Better now' } })
  expect(cancelled.body).toMatchObject({ status: 'CANCELLED', cancellationReason: 'Better now' })
  expect((await rest.call('cancelBooking', access)).body).toEqual(cancelled.body)
  expect((await rest.call('getBooking', access)).body).toEqual(cancelled.body)
  expect((await rest.call('confirmBooking', access)).problem).toMatchObject({
    status: 409,
    code: 'invalid_transition',
    booking: { status: 'CANCELLED' },
  })
})

test('patient and reason may come with the confirmation; a second one changes nothing', async ({ database, rest }) => {
  const { slot } = await aPlace(database)
  const hold = await rest.call('createBooking', { body: { slotId: slot.id, patient: { name: 'Guest' } } })
  const access = { path: { bookingId: hold.body.id }, token: hold.body.manageToken }
  const wrong = await rest.call('confirmBooking', { ...access, body: { patient: { name: '' } } })
  expect(wrong.problem).toMatchObject({ code: 'invalid_request', errors: [{ path: '/patient/name' }] })

  const confirmed = await rest.call('confirmBooking', { ...access, body: { patient, reason: 'Knee' } })
  expect(confirmed.body).toMatchObject({ status: 'CONFIRMED', patient, reason: 'Knee' })
  const other = await rest.call('confirmBooking', { ...access, body: { patient: { name: 'Somebody else' } } })
  expect([other.status, other.body]).toEqual([200, confirmed.body])
})

test('a retry with the key gets the first response and token; another body is refused', async ({ database, rest }) => {
  const { slot } = await aPlace(database, 5)
  const body = { slotId: slot.id, patient, units: 2, confirm: true }
  const first = await rest.call('createBooking', { body, key: 'once' })
  expect(first.status).toBe(201)
  expect(first.body).toMatchObject({ status: 'CONFIRMED', holdExpiresAt: null, units: 2 })
  const reordered = { confirm: true, units: 2, patient: { email: patient.email, name: patient.name }, slotId: slot.id }
  const second = await rest.call('createBooking', { body: reordered, key: 'once' })
  expect(second.status).toBe(200)
  expect(second.body).toEqual(first.body)
  const third = await rest.call('createBooking', { body: { ...body, units: 1 }, key: 'once' })
  expect(third.problem).toMatchObject({ status: 422, code: 'idempotency_key_reused' })
  const account = rest.anAccount()
  expect((await rest.call('createBooking', { body, key: 'once', as: account })).status).toBe(201)
  expect((await rest.call('createBooking', { body: { ...body, units: 1 } })).status).toBe(201)
})

test('guests share keys that nobody can guess; others belong to the sending address', async ({ database, rest }) => {
  const { slot } = await aPlace(database, 30)
  const body = { slotId: slot.id, patient }
  const send = (key: string, remoteAddress: string) => rest.call('createBooking', { body, key, remoteAddress })
  // Ids are public.
  const ids = [slot.id, slot.doctorId.toUpperCase(), `book ${slot.id.replaceAll('-', '')}`]
  const patterns = ['a'.repeat(64), '12345678'.repeat(4), '12345678-0000-4000-8000-0000000000ab']
  for (const key of ['1', 'order-17', '00000000-0000-0000-0000-000000000001', ...patterns, ...ids]) {
    const first = await send(key, '192.0.2.1')
    expect((await send(key, '192.0.2.1')).body).toEqual(first.body)
    const stranger = await send(key, '192.0.2.2')
    expect(stranger.status).toBe(201)
    expect(stranger.body.manageToken).not.toBe(first.body.manageToken)
  }
  // One customer has a /64.
  expect((await send('2', '2001:db8::1')).status).toBe(201)
  expect((await send('2', '2001:db8::2')).status).toBe(200)
  expect((await send('2', '2001:db8:0:1::2')).status).toBe(201)
  // A phone changes its address between two tries.
  for (const key of [randomUUID(), `${randomUUID()}-2`, randomBytes(16).toString('hex'), randomUUID().toUpperCase()]) {
    const first = await send(key, '192.0.2.1')
    expect((await send(key, '198.51.100.7')).body).toEqual(first.body)
  }
})

test('a request with a default value written out is the same request', async ({ database, rest }) => {
  const { slot } = await aPlace(database, 5)
  const first = await rest.call('createBooking', { body: { slotId: slot.id, patient }, key: 'k' })
  const second = await rest.call('createBooking', {
    body: { slotId: slot.id, patient, units: 1, confirm: false },
    key: 'k',
  })
  expect([first.status, second.status]).toEqual([201, 200])
})

test('a key belongs to the slot’s clinic: sent to two clinics, it books in both', async ({ database, rest }) => {
  const [one, other] = [await aPlace(database), await aPlace(database)]
  const book = (slotId: string) => rest.call('createBooking', { body: { slotId, patient }, key: 'two-clinics' })
  expect([(await book(one.slot.id)).status, (await book(other.slot.id)).status]).toEqual([201, 201])
  expect((await book(one.slot.id)).status).toBe(200)
})

test('a full slot comes with up to three alternatives', async ({ database, rest }) => {
  const { doctor, slot } = await aPlace(database)
  const others = [await aSlot(database, doctor), await aSlot(database, doctor), await aSlot(database, doctor)]
  await aSlot(database, doctor)
  await aBooking(database, slot)
  const { problem } = await rest.call('createBooking', { body: { slotId: slot.id, patient } })
  expect(problem).toMatchObject({ status: 409, code: 'slot_full', title: 'The slot does not have enough free units' })
  expect(problem.alternatives?.map(({ id }) => id)).toEqual(others.map(({ id }) => id))
})

test('fifty claims on one full slot share one query for alternatives', async ({ database, rest }) => {
  const { doctor, slot } = await aPlace(database)
  await aSlot(database, doctor)
  await aBooking(database, slot)
  const { alternatives } = rest.engine.reads
  let looks = 0
  rest.engine.reads.alternatives = (query) => {
    looks += 1
    return alternatives(query)
  }
  try {
    const replies = await Promise.all(
      Array.from({ length: 50 }, () => rest.call('createBooking', { body: { slotId: slot.id, patient } })),
    )
    expect(replies.every(({ problem }) => problem.code === 'slot_full' && problem.alternatives?.length === 1)).toBe(
      true,
    )
    expect(looks).toBeLessThan(25)
  } finally {
    rest.engine.reads.alternatives = alternatives
  }
})

test('a slot that cannot be booked is refused with the reason', async ({ database, rest }) => {
  const { doctor, slot } = await aPlace(database, 3)
  const past = await aSlot(database, doctor, { startsAt: new Date(Date.now() - 60_000) })
  const withdrawn = await aSlot(database, doctor, { withdrawn: true, startsAt: new Date(Date.now() + 864_000_000) })
  const refused = async (body: object) => (await rest.call('createBooking', { body: { patient, ...body } })).problem
  expect(await refused({ slotId: past.id })).toMatchObject({
    status: 409,
    code: 'slot_closed',
    detail: expect.stringMatching('begun'),
  })
  expect(await refused({ slotId: withdrawn.id })).toMatchObject({
    status: 409,
    code: 'slot_closed',
    detail: expect.stringMatching('withdrawn'),
  })
  expect(await refused({ slotId: slot.id, units: 4 })).toMatchObject({
    status: 422,
    code: 'units_over_capacity',
    capacity: 3,
  })
  expect(await refused({ slotId: slot.id, appointmentType: 'video' })).toMatchObject({
    status: 422,
    code: 'appointment_type_not_offered',
  })
  expect(await refused({ slotId: doctor.id })).toMatchObject({ status: 404, code: 'slot_not_found' })
  expect(await refused({ slotId: crypto.randomUUID() })).toMatchObject({ status: 404, code: 'slot_not_found' })
})

test('the desk books a time that has begun, which a patient cannot, until it ends', async ({ database, rest }) => {
  const { doctor } = await aPlace(database)
  const desk = await rest.aMember(doctor.clinicNo, 'staff')
  const minutesAgo = (minutes: number) => new Date(Date.now() - minutes * 60_000)
  const begun = await aSlot(database, doctor, { startsAt: minutesAgo(3), minutes: 15 })
  const ended = await aSlot(database, doctor, { startsAt: minutesAgo(30), minutes: 15 })
  const body = ({ id }: { id: string }) => ({ slotId: id, patient, confirm: true })
  expect((await rest.call('createBooking', { body: body(begun) })).problem.code).toBe('slot_closed')
  const onBehalf = (slot: { id: string }) =>
    rest.call('createBooking', { body: { ...body(slot), onBehalf: true }, as: desk })
  expect((await onBehalf(begun)).status).toBe(201)
  expect((await onBehalf(ended)).problem).toMatchObject({ code: 'slot_closed', detail: expect.stringMatching('ended') })
})

test('a hold that has ended is FAILED, cannot be confirmed, its place is free at once', async ({ database, rest }) => {
  const { slot } = await aPlace(database)
  const hold = await aHold(rest, slot.id)
  await lapseHolds(database, slot)
  expect((await rest.call('getBooking', hold)).body).toMatchObject({ status: 'FAILED', failureReason: 'hold_expired' })
  expect((await rest.call('confirmBooking', hold)).problem).toMatchObject({ status: 409, code: 'hold_expired' })
  expect((await rest.call('createBooking', { body: { slotId: slot.id, patient } })).status).toBe(201)
})

test('a booking moves to another slot of its clinic, and to no other', async ({ database, rest }) => {
  const { doctor, slot } = await aPlace(database)
  const target = await aSlot(database, doctor)
  const full = await aSlot(database, doctor)
  await aBooking(database, full)
  const elsewhere = await aPlace(database)
  const hold = await aHold(rest, slot.id)
  const move = (slotId: string) => rest.call('rescheduleBooking', { ...hold, body: { slotId } })
  expect((await move(full.id)).problem).toMatchObject({ code: 'slot_full', alternatives: [{ id: target.id }] })
  expect((await move(elsewhere.slot.id)).problem).toMatchObject({ status: 404, code: 'slot_not_found' })
  expect((await move(doctor.id)).problem).toMatchObject({ status: 404, code: 'slot_not_found' })
  const moved = await move(target.id)
  expect(moved.body).toMatchObject({ slotId: target.id, startsAt: target.startsAt.toISOString(), status: 'PENDING' })
  expect((await move(target.id)).status).toBe(200)
  expect((await rest.call('createBooking', { body: { slotId: slot.id, patient } })).status).toBe(201)
})

test('only the clinic marks arrived, completed and no-show, each at its time', async ({ database, rest }) => {
  const { clinic, doctor, slot } = await aPlace(database, 2)
  const staff = await rest.aMember(clinic.no, 'staff')
  const tomorrow = await aBooking(database, slot)
  const path = { bookingId: tomorrow.id }
  expect((await rest.call('noShowBooking', { path, as: staff })).problem).toMatchObject({
    status: 409,
    code: 'too_early',
  })
  expect((await rest.call('completeBooking', { path, as: staff })).problem.code).toBe('invalid_transition')
  const begun = await aSlot(database, doctor, { capacity: 2, startsAt: new Date(Date.now() - 60_000) })
  const [here, absent] = [await aBooking(database, begun), await aBooking(database, begun)]
  const arrived = await rest.call('arriveBooking', { path: { bookingId: here.id }, as: staff })
  expect(arrived.body.status).toBe('ARRIVED')
  expect((await rest.call('completeBooking', { path: { bookingId: here.id }, as: staff })).body.status).toBe(
    'COMPLETED',
  )
  expect((await rest.call('noShowBooking', { path: { bookingId: absent.id }, as: staff })).body.status).toBe('NO_SHOW')
  const token = rest.manageTokens.issue(here.id)
  expect((await rest.call('arriveBooking', { path: { bookingId: here.id }, token })).problem).toMatchObject({
    status: 403,
    code: 'forbidden',
  })
})

test('the clinic undoes marks step by step, and the place stays taken', async ({ database, rest }) => {
  const { clinic, doctor } = await aPlace(database)
  const staff = await rest.aMember(clinic.no, 'staff')
  const begun = await aSlot(database, doctor, { startsAt: new Date(Date.now() - 60_000) })
  const booking = await aBooking(database, begun, { status: 'COMPLETED' })
  const path = { bookingId: booking.id }
  const reopen = () => rest.call('reopenBooking', { path, as: staff })
  const arrived = await reopen()
  expect(arrived.body).toMatchObject({ status: 'ARRIVED', version: 5 })
  expect(arrived.headers['holdfast-position']).toMatch(/^\d+\.\d+$/)
  const confirmed = await reopen()
  expect(confirmed.body.status).toBe('CONFIRMED')
  const unchanged = await reopen()
  expect([unchanged.status, unchanged.body]).toEqual([200, confirmed.body])
  expect((await rest.engine.reads.slot(begun.id))?.available).toBe(0)
  expect((await rest.call('noShowBooking', { path, as: staff })).body.status).toBe('NO_SHOW')
  expect((await reopen()).body.status).toBe('CONFIRMED')
  const token = rest.manageTokens.issue(booking.id)
  expect((await rest.call('reopenBooking', { path, token })).problem).toMatchObject({ status: 403, code: 'forbidden' })
  await rest.call('cancelBooking', { path, as: staff })
  expect((await reopen()).problem).toMatchObject({
    status: 409,
    code: 'invalid_transition',
    booking: { status: 'CANCELLED' },
  })
})

test('the clinic’s deadline binds the patient, not the clinic', async ({ database, rest }) => {
  const clinic = await aClinic(database, { settings: { cancellationDeadlineMinutes: 10_000 } })
  const slot = await aSlot(database, await aDoctor(database, clinic))
  const booking = await aBooking(database, slot)
  const path = { bookingId: booking.id }
  const token = rest.manageTokens.issue(booking.id)
  expect((await rest.call('cancelBooking', { path, token })).problem).toMatchObject({
    status: 409,
    code: 'past_deadline',
  })
  const staff = await rest.aMember(clinic.no, 'staff')
  expect((await rest.call('cancelBooking', { path, as: staff })).body.status).toBe('CANCELLED')
})

test('two requests at once for the last place: one books, one gets slot_full', async ({ database, rest }) => {
  const { slot } = await aPlace(database)
  const replies = await Promise.all(
    [1, 2].map(() => rest.call('createBooking', { body: { slotId: slot.id, patient } })),
  )
  expect(replies.map(({ status }) => status).sort()).toEqual([201, 409])
})

test('an Idempotency-Key is 1–255 printable characters, sent once', async ({ database, rest }) => {
  const { slot } = await aPlace(database)
  const body = { slotId: slot.id, patient }
  for (const key of ['', 'x'.repeat(256), 'caf\u00e9', 'tab\there']) {
    const { problem } = await rest.call('createBooking', { body, key })
    expect(problem).toMatchObject({
      status: 400,
      code: 'invalid_request',
      errors: [{ path: '/headers/idempotency-key' }],
    })
  }
  expect((await rest.call('createBooking', { body, key: 'x'.repeat(255) })).status).toBe(201)
})

test('every write refuses an invalid Idempotency-Key before it checks anything else', async ({ rest }) => {
  const operationIds = Object.keys(restOperations) as (keyof typeof restOperations)[]
  const writes = operationIds.filter((operationId) => restOperations[operationId].method !== 'GET')
  expect(writes.length).toBeGreaterThan(15)
  const as = rest.anAccount({ siteAdministrator: true })
  for (const operationId of writes) {
    const { problem } = await rest.call(operationId, { as, key: '' })
    expect({ operationId, ...problem }).toMatchObject({ operationId, errors: [{ path: '/headers/idempotency-key' }] })
  }
})

test('two Idempotency-Key headers are refused; one with a comma is accepted', async ({ database, rest }) => {
  const { slot } = await aPlace(database, 2)
  const origin = await rest.app.listen({ port: 0, host: '127.0.0.1' })
  const send = (keys: string[]) =>
    new Promise<number | undefined>((resolve, reject) => {
      const headers = { 'content-type': 'application/json', 'idempotency-key': keys }
      request(`${origin}/api/v1/bookings`, { method: 'POST', headers, agent: false }, (response) => {
        response.resume()
        resolve(response.statusCode)
      })
        .on('error', reject)
        .end(JSON.stringify({ slotId: slot.id, patient }))
    })
  expect(await send(['one', 'two'])).toBe(400)
  expect(await send(['one, two'])).toBe(201)
})

test('a booking on behalf is the patient’s; only who may use the calendar makes it', async ({ database, rest }) => {
  const clinic = await aClinic(database)
  const doctor = await aDoctor(database, clinic)
  const slot = await aSlot(database, doctor, { capacity: 3 })
  const staff = await rest.aMember(clinic.no, 'staff')
  const colleague = await rest.aMember(clinic.no, 'doctor', (await aDoctor(database, clinic)).id)
  const body = { slotId: slot.id, patient: { name: 'Ada' }, confirm: true, onBehalf: true }
  const created = await rest.call('createBooking', { body, as: staff, key: 'one' })
  expect(created.status).toBe(201)
  const repeated = await rest.call('createBooking', { body, as: staff, key: 'one' })
  expect(repeated.status).toBe(200)
  // Nobody but the patient gets a manage token.
  expect([created.body.manageToken, repeated.body.manageToken]).toEqual([null, null])
  const otherwise = await rest.call('createBooking', { body: { ...body, onBehalf: false }, as: staff, key: 'one' })
  expect(otherwise.problem.code).toBe('idempotency_key_reused')
  expect((await rest.call('listMyBookings', { as: staff })).body.items).toEqual([])
  expect((await rest.call('createBooking', { body, as: colleague })).problem.code).toBe('forbidden')
  expect((await rest.call('createBooking', { body, as: rest.anAccount() })).problem.code).toBe('slot_not_found')
  expect((await rest.call('createBooking', { body })).problem.code).toBe('unauthenticated')
})
