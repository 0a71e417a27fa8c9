import { aClinic, aDoctor, aSlot, type TestDatabase } from '@holdfast/testkit'
import { expect } from 'vitest'
import type { RestApp, TestAccount } from '../../../test/rest-app.ts'
import { test } from '../../../test/rest-test.ts'
import { createConfirmationTokens } from '../../secrets/confirmation-tokens.ts'

const patient = { name: 'Ada Lovelace', email: 'ada@example.org' }
const tokens = createConfirmationTokens(['a secret of the tests'])

/** The slots of two doctors at one time. */
async function aScene(database: TestDatabase, rest: RestApp) {
  const clinic = await aClinic(database)
  const doctors = [await aDoctor(database, clinic), await aDoctor(database, clinic)] as const
  const first = await aSlot(database, doctors[0])
  const second = await aSlot(database, doctors[1], { startsAt: first.startsAt, capacity: 9 })
  const staff = await rest.aMember(clinic.no, 'staff')
  const book = (slotId: string, more: object, as?: TestAccount) =>
    rest.call('createBooking', { body: { slotId, patient, confirm: true, ...more }, ...(as ? { as } : {}) })
  return { clinic, doctors, first, second, staff, book }
}

test('the desk is shown what the patient has at that time, and books all the same', async ({ database, rest }) => {
  const { doctors, first, second, staff, book } = await aScene(database, rest)
  const other = (await book(first.id, { onBehalf: true, refuseOverlap: true }, staff)).body
  const refused = await book(second.id, { onBehalf: true, refuseOverlap: true }, staff)
  expect(refused.problem).toMatchObject({
    status: 409,
    code: 'patient_booked',
    otherAppointment: { bookingId: other.id, doctorId: doctors[0].id, startsAt: other.startsAt, endsAt: other.endsAt },
  })
  expect(rest.audited.filter(({ kind }) => kind === 'booking_read')).toMatchObject([
    { actorId: staff.id, subjectId: other.id },
  ])
  expect((await book(second.id, { onBehalf: true }, staff)).status).toBe(201)
})

test('the desk sees the appointment of a patient of that name, whatever the contacts', async ({ database, rest }) => {
  const { first, second, staff, book } = await aScene(database, rest)
  const named = (patient: object) => ({ patient: { name: 'Max Namesake', ...patient }, onBehalf: true })
  await book(first.id, named({ email: 'max@example.org' }), staff)
  const status = async (patient: object) =>
    (await book(second.id, { ...named(patient), refuseOverlap: true }, staff)).status
  expect(await status({ email: 'max@example.org' })).toBe(409)
  expect(await status({ phone: '+49301' })).toBe(409)
  expect(await status({})).toBe(409)
  expect(await status({ name: 'Minna Namesake' })).toBe(201)
})

test('a correction shows the desk what the patient has then, and is made all the same', async ({ database, rest }) => {
  const { first, second, staff, book } = await aScene(database, rest)
  const other = (await book(first.id, { onBehalf: true }, staff)).body
  const mistyped = { patient: { ...patient, name: 'Ada Lovelcae' }, onBehalf: true }
  const path = { bookingId: (await book(second.id, mistyped, staff)).body.id }
  const correct = (more: object) =>
    rest.call('correctPatient', { path, body: { patient: { name: patient.name }, ...more }, as: staff })
  expect((await correct({ refuseOverlap: true })).problem).toMatchObject({
    code: 'patient_booked',
    otherAppointment: { bookingId: other.id },
  })
  expect((await correct({})).body.patient).toEqual(patient)
})

test('a correction that takes an account’s booking ignores that account’s appointment', async ({ database, rest }) => {
  const { first, second, staff, book } = await aScene(database, rest)
  const namesake = rest.anAccount({ email: patient.email })
  expect((await book(first.id, {}, namesake)).status).toBe(201)
  const { id, manageToken } = (await book(second.id, {})).body
  const path = { bookingId: id }
  const link = { path, body: { manageToken: String(manageToken) }, as: namesake }
  expect((await rest.call('linkBooking', link)).status).toBe(200)
  const body = { patient: { email: 'another.ada@example.org' }, refuseOverlap: true }
  expect((await rest.call('correctPatient', { path, body, as: staff })).status).toBe(200)
})

test('a doctor is refused, sees no other doctor’s appointment, and is logged', async ({ database, rest }) => {
  const { clinic, doctors, first, second, staff, book } = await aScene(database, rest)
  const other = (await book(first.id, { onBehalf: true }, staff)).body
  const doctor = await rest.aMember(clinic.no, 'doctor', doctors[1].id)
  rest.audited.length = 0
  const { problem } = await book(second.id, { onBehalf: true, refuseOverlap: true }, doctor)
  expect([problem.code, problem.otherAppointment]).toEqual(['patient_booked', undefined])
  expect(rest.audited).toMatchObject([{ kind: 'booking_read', actorId: doctor.id, subjectId: other.id }])
})

test('an account is asked about its own appointments, whichever request confirms', async ({ database, rest }) => {
  const { first, second, book } = await aScene(database, rest)
  const me = rest.anAccount()
  const mine = (await book(first.id, {}, me)).body
  expect((await book(second.id, { refuseOverlap: true }, me)).problem.otherAppointment?.bookingId).toBe(mine.id)
  const hold = await rest.call('createBooking', { body: { slotId: second.id, patient, refuseOverlap: true }, as: me })
  const confirm = (body: object) =>
    rest.call('confirmBooking', { path: { bookingId: hold.body.id }, token: hold.body.manageToken ?? '', body })
  expect((await confirm({ refuseOverlap: true })).problem.otherAppointment?.bookingId).toBe(mine.id)
  expect((await confirm({})).body.status).toBe('CONFIRMED')
})

test('the link of an account’s hold reveals none of its appointments', async ({ database, sending: rest }) => {
  const { clinic, first, second, book } = await aScene(database, rest)
  const me = rest.anAccount()
  await book(first.id, {}, me)
  await rest.engine.messages.changeSettings(clinic.no, { confirmByLink: true, confirmMinutes: 30 })
  const hold = await rest.call('createBooking', { body: { slotId: second.id }, as: me })
  const confirm = (body: object) =>
    rest.call('confirmBooking', { path: { bookingId: hold.body.id }, token: hold.body.manageToken ?? '', body })
  const asked = { patient: { name: patient.name, email: 'mistyped@example.org' }, refuseOverlap: true }
  expect((await confirm(asked)).body.status).toBe('PENDING')
  const { body } = await confirm({ patient: { name: patient.name }, refuseOverlap: true })
  expect([body.status, JSON.stringify(body).includes('otherAppointment')]).toEqual(['CONFIRMED', false])
})

test('a guest who knows a name and an address does not find out about appointments', async ({ database, rest }) => {
  const { first, second, book } = await aScene(database, rest)
  await book(first.id, {})
  expect((await book(second.id, { refuseOverlap: true })).status).toBe(201)
  expect((await book(second.id, { refuseOverlap: true }, rest.anAccount())).status).toBe(201)
})

test('whoever has proven the address by the link is asked', async ({ database, sending: rest }) => {
  const { clinic, first, second, staff, book } = await aScene(database, rest)
  await rest.engine.messages.changeSettings(clinic.no, { confirmByLink: true, confirmMinutes: 30 })
  const other = (await book(first.id, { onBehalf: true }, staff)).body
  const hold = (await book(second.id, { refuseOverlap: true })).body
  expect(hold.status).toBe('PENDING')
  const confirm = (more: object) => {
    const body = { confirmationToken: tokens.issue(hold.id, patient.email), ...more }
    return rest.call('confirmBooking', { path: { bookingId: hold.id }, token: hold.manageToken ?? '', body })
  }
  expect((await confirm({ refuseOverlap: true })).problem.otherAppointment?.bookingId).toBe(other.id)
  expect((await confirm({})).body.status).toBe('CONFIRMED')
})

test('a move by desk or account is asked about, one by the bearer of a link not', async ({ database, rest }) => {
  const { doctors, first, second, staff, book } = await aScene(database, rest)
  const me = rest.anAccount()
  await book(first.id, {}, me)
  const moved = (await book((await aSlot(database, doctors[1])).id, {}, me)).body
  const move = (who: { as: TestAccount } | { token: string }) =>
    rest.call('rescheduleBooking', {
      path: { bookingId: moved.id },
      body: { slotId: second.id, refuseOverlap: true },
      ...who,
    })
  for (const as of [staff, me]) expect((await move({ as })).problem.code).toBe('patient_booked')
  expect((await move({ token: moved.manageToken ?? '' })).status).toBe(200)
})
