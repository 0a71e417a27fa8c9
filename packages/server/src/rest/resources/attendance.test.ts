import { aBooking, aClinic, aDoctor, aSlot, shiftSlot, type TestDatabase } from '@holdfast/testkit'
import { expect } from 'vitest'
import { test } from '../../../test/rest-test.ts'

const patient = { name: 'Grace Hopper', email: 'grace@example.org' }

/** A confirmed booking of a guest, and another slot of the same doctor. */
async function aVisit(database: TestDatabase, overrides: Parameters<typeof aBooking>[2] = {}) {
  const clinic = await aClinic(database)
  const doctor = await aDoctor(database, clinic)
  const [slot, other] = [await aSlot(database, doctor), await aSlot(database, doctor)]
  const booking = await aBooking(database, slot, { patient, ...overrides })
  return { clinic, slot, other, booking, path: { bookingId: booking.id }, body: { slotId: slot.id } }
}

test('the patient confirms to come, once; the response says when', async ({ database, rest }) => {
  const { path, body, booking } = await aVisit(database)
  const access = { path, body, token: rest.manageTokens.issue(booking.id) }
  expect((await rest.call('getBooking', access)).body.attendanceConfirmedAt).toBeNull()
  const first = await rest.call('confirmAttendance', { ...access, key: 'I come' })
  expect(first.body).toMatchObject({ status: 'CONFIRMED', version: 3, patient })
  expect(Date.parse(first.body.attendanceConfirmedAt ?? '')).toBe(Date.parse(first.body.updatedAt))
  expect(first.headers['holdfast-position']).toMatch(/^\d+\.\d+$/)
  for (const key of ['I come', 'I come again', undefined]) {
    const again = await rest.call('confirmAttendance', { ...access, ...(key === undefined ? {} : { key }) })
    expect([again.status, again.body]).toEqual([200, first.body])
  }
})

test('a key that was sent for one slot says nothing of the one it was moved to', async ({ database, rest }) => {
  const { clinic, path, body, other, booking } = await aVisit(database)
  const access = { path, token: rest.manageTokens.issue(booking.id), key: 'I come' }
  expect((await rest.call('confirmAttendance', { ...access, body })).status).toBe(200)
  const staff = await rest.aMember(clinic.no, 'staff')
  const move = await rest.call('rescheduleBooking', { path, body: { slotId: other.id }, as: staff })
  expect(move.body.attendanceConfirmedAt).toBeNull()
  const again = await rest.call('confirmAttendance', { ...access, body: { slotId: other.id } })
  expect(again.problem).toMatchObject({ status: 422, code: 'idempotency_key_reused' })
  // The server seems to have ended before it stored the response: the engine alone knows the key.
  await database.ownerPool.query('delete from holdfast.answer')
  const said = await rest.call('confirmAttendance', { ...access, body: { slotId: other.id } })
  expect(said.body).toMatchObject({ slotId: other.id, attendanceConfirmedAt: said.body.updatedAt })
})

test('staff confirm for a patient, and the history says who; repetitions are recorded', async ({ database, rest }) => {
  const { clinic, path, body, booking } = await aVisit(database)
  const staff = await rest.aMember(clinic.no, 'staff')
  rest.audited.length = 0
  expect((await rest.call('confirmAttendance', { path, body, as: staff })).status).toBe(200)
  expect(rest.audited).toEqual([])
  const history = await rest.call('listBookingEvents', { path, as: staff })
  expect(history.body.items.at(-1)?.event).toMatchObject({
    type: 'attendance_confirmed',
    statusAfter: null,
    actorId: staff.id,
  })
  rest.audited.length = 0
  expect((await rest.call('confirmAttendance', { path, body, as: staff })).status).toBe(200)
  expect(rest.audited).toMatchObject([{ kind: 'booking_read', actorId: staff.id, subjectId: booking.id }])
})

test('staff undo it for a patient who is no longer sure; the patient can confirm again', async ({ database, rest }) => {
  const { clinic, path, body, booking, other } = await aVisit(database)
  const token = rest.manageTokens.issue(booking.id)
  const staff = await rest.aMember(clinic.no, 'staff')
  await rest.call('confirmAttendance', { path, body, token })
  const undone = await rest.call('withdrawAttendance', { path, body, as: staff, key: 'not sure' })
  expect([undone.status, undone.body.status, undone.body.attendanceConfirmedAt]).toEqual([200, 'CONFIRMED', null])
  expect((await rest.engine.reads.booking(booking.id))?.attendanceConfirmedAt).toBeNull()
  const history = await rest.call('listBookingEvents', { path, as: staff })
  expect(history.body.items.at(-1)?.event).toMatchObject({ type: 'attendance_withdrawn', actorId: staff.id })
  const said = await rest.call('confirmAttendance', { path, body, token })
  expect(said.body.attendanceConfirmedAt).toBe(said.body.updatedAt)
  const moved = await rest.call('withdrawAttendance', { path, body: { slotId: other.id }, as: staff })
  expect(moved.problem).toMatchObject({ status: 409, code: 'booking_moved' })
})

test('the patient does not undo it: the ticket cancels or moves the booking instead', async ({ database, rest }) => {
  const { path, body, booking } = await aVisit(database)
  const token = rest.manageTokens.issue(booking.id)
  await rest.call('confirmAttendance', { path, body, token })
  expect((await rest.call('withdrawAttendance', { path, body, token })).problem).toMatchObject({
    status: 403,
    code: 'forbidden',
  })
  expect((await rest.engine.reads.booking(booking.id))?.attendanceConfirmedAt).not.toBeNull()
})

test('each refusal has its problem, with the booking as it is', async ({ database, rest }) => {
  const refused = async ({ path, body }: Awaited<ReturnType<typeof aVisit>>) => {
    const token = rest.manageTokens.issue(path.bookingId)
    const { problem } = await rest.call('confirmAttendance', { path, body, token })
    return [problem.status, problem.code, problem.booking?.status]
  }
  expect(await refused(await aVisit(database, { status: 'PENDING' }))).toEqual([409, 'invalid_transition', 'PENDING'])
  expect(await refused(await aVisit(database, { status: 'CANCELLED' }))).toEqual([
    409,
    'invalid_transition',
    'CANCELLED',
  ])
  expect(await refused(await aVisit(database, { status: 'hold_expired' }))).toEqual([409, 'hold_expired', 'FAILED'])

  // Begun a moment ago: the token is valid until a day after the visit.
  const begun = await aVisit(database)
  const minutes = (begun.slot.startsAt.getTime() - Date.now()) / 60_000
  await shiftSlot(database, begun.slot, -Math.ceil(minutes) - 1)
  expect(await refused(begun)).toEqual([409, 'visit_begun', 'CONFIRMED'])

  const moved = await aVisit(database)
  const staff = await rest.aMember(moved.clinic.no, 'staff')
  const { path } = moved
  const said = { path, body: moved.body, token: rest.manageTokens.issue(moved.booking.id) }
  await rest.call('confirmAttendance', said)
  await rest.call('rescheduleBooking', { path, body: { slotId: moved.other.id }, as: staff })
  expect((await rest.call('confirmAttendance', said)).problem).toMatchObject({
    status: 409,
    code: 'booking_moved',
    booking: { slotId: moved.other.id, attendanceConfirmedAt: null },
  })
})

test('a token that was replaced confirms nothing', async ({ database, rest }) => {
  const { path, body, booking } = await aVisit(database)
  const token = rest.manageTokens.issue(booking.id)
  expect((await rest.call('renewManageToken', { path, token })).status).toBe(200)
  expect((await rest.call('confirmAttendance', { path, body, token })).problem).toMatchObject({
    status: 404,
    code: 'booking_not_found',
  })
  expect((await rest.engine.reads.booking(booking.id))?.attendanceConfirmedAt).toBeNull()
})

test('the slot that was seen is required', async ({ database, rest }) => {
  const { path, booking } = await aVisit(database)
  const token = rest.manageTokens.issue(booking.id)
  for (const body of [{}, { slotId: 'x' }]) {
    expect((await rest.call('confirmAttendance', { path, raw: JSON.stringify(body), token })).problem).toMatchObject({
      status: 400,
      code: 'invalid_request',
    })
  }
})

test('the desk lists who has confirmed to come, and whom to ask', async ({ database, rest, clinic }) => {
  const slot = await aSlot(database, await aDoctor(database, clinic), { capacity: 9 })
  const [said, open] = [await aBooking(database, slot), await aBooking(database, slot)]
  for (const status of ['PENDING', 'CANCELLED', 'ARRIVED'] as const) await aBooking(database, slot, { status })
  // A visit that has begun: nobody is asked any more.
  const begun = await aSlot(database, await aDoctor(database, clinic), { startsAt: new Date(Date.now() - 60_000) })
  await aBooking(database, begun)
  const as = await rest.aMember(clinic.no, 'staff')
  await rest.call('confirmAttendance', { path: { bookingId: said.id }, body: { slotId: slot.id }, as })
  const listed = async (attendance: 'confirmed' | 'unconfirmed') => {
    const { body } = await rest.call('listClinicBookings', { path: { clinicId: clinic.id }, query: { attendance }, as })
    return body.items.map(({ id }) => id)
  }
  expect([await listed('confirmed'), await listed('unconfirmed')]).toEqual([[said.id], [open.id]])
})

test('patients are asked from the clinic’s first reminder on, or a day before', async ({ rest, clinic }) => {
  const as = await rest.aMember(clinic.no, 'admin')
  const path = { clinicId: clinic.id }
  const asked = async () => (await rest.call('getClinic', { path })).body.attendanceMinutes
  expect(await asked()).toBe(1440)
  for (const [body, expected] of [
    [{ reminderMinutes: [60, 2880] }, 2880],
    [{ emails: false }, 1440],
    [{ smsKinds: ['reminder'], phoneCountry: 'GB' }, 2880],
    [{ reminderMinutes: [] }, 1440],
  ] as const) {
    expect((await rest.call('updateMessageSettings', { path, body, as })).status).toBe(200)
    // Cached until the change is read from the log.
    await expect.poll(asked).toBe(expected)
  }
})
