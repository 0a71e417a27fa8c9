import { aClinic, aDoctor, aSlot, aWaitlistEntry, offerAsFreed, type TestDatabase } from '@holdfast/testkit'
import { expect } from 'vitest'
import { test } from '../../../test/rest-test.ts'

const patient = { name: 'Grace Hoper', phone: '+44 1632 960001' }

async function anEntry(database: TestDatabase) {
  const clinic = await aClinic(database)
  const doctor = await aDoctor(database, clinic)
  const entry = await aWaitlistEntry(database, doctor, { patient })
  return { clinic, doctor, path: { entryId: entry.id } }
}

test('staff correct who waits, and the security log says so', async ({ database, rest }) => {
  const { clinic, path } = await anEntry(database)
  const as = await rest.aMember(clinic.no, 'staff')
  rest.audited.length = 0
  const body = { patient: { name: 'Grace Hopper', phone: null, email: 'grace@example.org' } }
  const corrected = await rest.call('correctWaitlistEntry', { path, body, as })
  const right = { name: 'Grace Hopper', email: 'grace@example.org' }
  expect(corrected).toMatchObject({ status: 200, body: { id: path.entryId, status: 'waiting', position: 1 } })
  expect(corrected.body.patient).toEqual(right)
  expect((await rest.call('getWaitlistEntry', { path, as })).body.patient).toEqual(right)
  const subject = { actorId: as.id, subjectId: path.entryId }
  expect(rest.audited).toMatchObject([
    { kind: 'patient_corrected', ...subject },
    { kind: 'booking_read', ...subject },
  ])
  rest.audited.length = 0
  expect((await rest.call('correctWaitlistEntry', { path, body, as })).status).toBe(200)
  expect(rest.audited).toMatchObject([{ kind: 'booking_read', ...subject }])
})

test('an entry with an offer is corrected after it, with the booking if accepted', async ({ database, rest }) => {
  const { clinic, doctor, path } = await anEntry(database)
  const as = await rest.aMember(clinic.no, 'staff')
  await offerAsFreed(database, await aSlot(database, doctor))
  const { offer } = (await rest.call('getWaitlistEntry', { path, as })).body
  const bookingId = offer?.booking.id ?? ''
  const body = { patient: { name: 'Grace Hopper' } }
  const refused = await rest.call('correctWaitlistEntry', { path, body, as })
  expect(refused.problem).toMatchObject({ status: 409, code: 'offer_open', booking: { id: bookingId } })
  await rest.call('confirmBooking', { path: { bookingId }, as })
  const accepted = await rest.call('correctWaitlistEntry', { path, body, as })
  expect(accepted.problem).toMatchObject({ status: 409, code: 'offer_accepted', booking: { id: bookingId } })
  expect((await rest.call('getWaitlistEntry', { path, as })).body.patient.name).toBe(patient.name)
  expect((await rest.call('correctPatient', { path: { bookingId }, body, as })).status).toBe(200)
  expect((await rest.call('getWaitlistEntry', { path, as })).body.patient.name).toBe('Grace Hopper')
  expect((await rest.call('correctWaitlistEntry', { path, body, as })).status).toBe(200)
})

test('a doctor whose patient was moved to a colleague learns only of the acceptance', async ({ database, rest }) => {
  const { clinic, doctor, path } = await anEntry(database)
  const staff = await rest.aMember(clinic.no, 'staff')
  const as = await rest.aMember(clinic.no, 'doctor', doctor.id)
  await offerAsFreed(database, await aSlot(database, doctor))
  const bookingId = (await rest.call('getWaitlistEntry', { path, as })).body.offer?.booking.id ?? ''
  await rest.call('confirmBooking', { path: { bookingId }, as: staff })
  const body = { patient: { name: 'Grace Hopper' } }
  const correct = () => rest.call('correctWaitlistEntry', { path, body, as })
  expect((await correct()).problem).toMatchObject({ code: 'offer_accepted', booking: { id: bookingId } })
  const slot = await aSlot(database, await aDoctor(database, clinic))
  const moved = await rest.call('rescheduleBooking', { path: { bookingId }, as: staff, body: { slotId: slot.id } })
  expect(moved.body.slotId).toBe(slot.id)
  const { problem, status } = await correct()
  expect({ status, code: problem.code }).toEqual({ status: 409, code: 'offer_accepted' })
  expect(JSON.stringify(problem)).not.toContain(bookingId)
  expect(problem.booking).toBeUndefined()
})

test('a correction to who waits for the same is refused, and the log has who was named', async ({ database, rest }) => {
  const { clinic, doctor, path } = await anEntry(database)
  const as = await rest.aMember(clinic.no, 'staff')
  const right = { ...patient, name: 'Grace Hopper' }
  const other = await aWaitlistEntry(database, doctor, { patient: { ...right, phone: '01632 960001' } })
  const body = { patient: { name: right.name } }
  rest.audited.length = 0
  const refused = await rest.call('correctWaitlistEntry', { path, body, as })
  expect(refused.problem).toMatchObject({ status: 409, code: 'already_waiting', entryId: other.id })
  expect(rest.audited).toMatchObject([{ kind: 'booking_read', actorId: as.id, subjectId: other.id }])
  expect((await rest.call('getWaitlistEntry', { path, as })).body.patient).toEqual(patient)
})

test('whoever waits does not correct the entry', async ({ database, rest }) => {
  const { path } = await anEntry(database)
  const token = rest.manageTokens.issue(path.entryId)
  const body = { patient: { name: 'Grace Hopper' } }
  expect((await rest.call('correctWaitlistEntry', { path, body, token })).problem.code).toBe('forbidden')
})
