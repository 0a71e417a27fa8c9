import { aBooking, aClinic, aDoctor, aSlot, type TestDatabase } from '@holdfast/testkit'
import { expect } from 'vitest'
import { test } from '../../../test/rest-test.ts'

const patient = { name: 'Ada Lovelcae', email: 'wrong@example.org' }

async function aVisit(database: TestDatabase) {
  const clinic = await aClinic(database)
  const booking = await aBooking(database, await aSlot(database, await aDoctor(database, clinic)), { patient })
  return { clinic, booking, path: { bookingId: booking.id } }
}

test('staff correct an address: the link that it received is void, and the security log says so', async ({
  database,
  rest,
}) => {
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

test('a patient cannot correct it, nor staff with what is no address', async ({ database, rest }) => {
  const { clinic, booking, path } = await aVisit(database)
  const body = { patient: { name: 'Eve' } }
  const token = rest.manageTokens.issue(booking.id)
  expect((await rest.call('correctPatient', { path, body, token })).problem.code).toBe('forbidden')
  const staff = await rest.aMember(clinic.no, 'staff')
  const refused = await rest.call('correctPatient', { path, body: { patient: { email: 'nobody' } }, as: staff })
  expect(refused.problem).toMatchObject({ status: 400, errors: [{ path: '/patient/email' }] })
})
