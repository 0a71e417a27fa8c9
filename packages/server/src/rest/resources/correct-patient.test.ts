import { aBooking, aClinic, aDoctor, aSlot, type TestDatabase } from '@holdfast/testkit'
import { expect } from 'vitest'
import { test } from '../../../test/rest-test.ts'

const patient = { name: 'Ada Lovelcae', email: 'wrong@example.org' }

async function aVisit(database: TestDatabase) {
  const clinic = await aClinic(database)
  const booking = await aBooking(database, await aSlot(database, await aDoctor(database, clinic)), { patient })
  return { clinic, booking, path: { bookingId: booking.id } }
}

test('staff correct an address: its link is void, and the security log says so', async ({ database, rest }) => {
  const { clinic, booking, path } = await aVisit(database)
  const token = rest.manageTokens.issue(booking.id)
  expect((await rest.call('getBooking', { path, token })).status).toBe(200)
  const staff = await rest.aMember(clinic.no, 'staff')
  rest.audited.length = 0
  const body = { patient: { email: 'right@example.org' } }
  const corrected = await rest.call('correctPatient', { path, body, as: staff, key: 'address' })
  expect(corrected).toMatchObject({
    status: 200,
    body: { patient: { ...patient, email: 'right@example.org' }, status: 'CONFIRMED', version: 3 },
  })
  expect(corrected.headers['holdfast-position']).toMatch(/^\d+\.\d+$/)
  expect(rest.audited).toMatchObject([{ kind: 'patient_corrected', actorId: staff.id, subjectId: booking.id }])
  expect((await rest.call('getBooking', { path, token })).problem.code).toBe('booking_not_found')
  const again = await rest.call('correctPatient', { path, body, as: staff, key: 'address' })
  expect([again.status, again.body]).toEqual([200, corrected.body])
  const history = await rest.call('listBookingEvents', { path, as: staff })
  expect(history.body.items.at(-1)?.event).toMatchObject({ type: 'contact_corrected', actorId: staff.id })
})

test('an account loses a booking added by a wrong address, not by the right one', async ({ database, rest }) => {
  const { clinic, booking, path } = await aVisit(database)
  const staff = await rest.aMember(clinic.no, 'staff')
  const stranger = rest.anAccount()
  const manageToken = rest.manageTokens.issue(booking.id)
  expect((await rest.call('linkBooking', { path, body: { manageToken }, as: stranger })).status).toBe(200)
  const body = { patient: { email: 'right@example.org' } }
  expect((await rest.call('correctPatient', { path, body, as: staff })).body).toMatchObject(body)
  expect((await rest.call('getBooking', { path, as: stranger })).problem.code).toBe('booking_not_found')

  const own = await aVisit(database)
  const patientOf = rest.anAccount()
  const link = { path: own.path, body: { manageToken: rest.manageTokens.issue(own.booking.id) }, as: patientOf }
  expect((await rest.call('linkBooking', link)).status).toBe(200)
  const desk = await rest.aMember(own.clinic.no, 'staff')
  const toOwn = { patient: { email: patientOf.email } }
  expect((await rest.call('correctPatient', { path: own.path, body: toOwn, as: desk })).status).toBe(200)
  expect((await rest.call('getBooking', { path: own.path, as: patientOf })).status).toBe(200)
})

test('staff choose the language of messages, or leave it to the clinic; none is resent', async ({ database, rest }) => {
  const { clinic, path } = await aVisit(database)
  const staff = await rest.aMember(clinic.no, 'staff')
  const correct = (language: 'de' | null) =>
    rest.call('correctPatient', { path, body: { patient: { language } }, as: staff })
  expect((await correct('de')).body.patient).toEqual({ ...patient, language: 'de' })
  const { items } = (await rest.call('listBookingEvents', { path, as: staff })).body
  expect(items.at(-1)?.event).toMatchObject({ type: 'corrected' })
  expect((await correct(null)).body.patient).toEqual(patient)
})

test('a correction that changes nothing is in the security log as a read', async ({ database, rest }) => {
  const { clinic, booking, path } = await aVisit(database)
  const staff = await rest.aMember(clinic.no, 'staff')
  rest.audited.length = 0
  const body = { patient: { name: patient.name } }
  expect((await rest.call('correctPatient', { path, body, as: staff })).body.patient).toEqual(patient)
  expect(rest.audited).toMatchObject([{ kind: 'booking_read', actorId: staff.id, subjectId: booking.id }])
})

test('a patient cannot correct it, nor staff with what is no address', async ({ database, rest }) => {
  const { clinic, booking, path } = await aVisit(database)
  const body = { patient: { name: 'Eve' } }
  const token = rest.manageTokens.issue(booking.id)
  expect((await rest.call('correctPatient', { path, body, token })).problem.code).toBe('forbidden')
  const staff = await rest.aMember(clinic.no, 'staff')
  const refused = await rest.call('correctPatient', { path, body: { patient: { email: 'nobody' } }, as: staff })
  expect(refused.problem).toMatchObject({ status: 400, errors: [{ path: '/patient/email' }] })
})
