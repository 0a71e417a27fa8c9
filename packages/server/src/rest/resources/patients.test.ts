import {
  aBooking,
  aClinic,
  aDoctor,
  aSession,
  aSlot,
  aVisitType,
  aWaitlistEntry,
  type TestDatabase,
} from '@holdfast/testkit'
import { expect } from 'vitest'
import type { RestApp } from '../../../test/rest-app.ts'
import { test } from '../../../test/rest-test.ts'

const noneUnlinked = {
  bookings: { count: 0, bookingIds: [] },
  waitlistEntries: { count: 0, entryIds: [] },
  otherRecords: { count: 0, records: [] },
}

async function aDesk(database: TestDatabase, rest: RestApp) {
  const clinic = await aClinic(database)
  const doctor = await aDoctor(database, clinic)
  const [admin, staff] = [await rest.aMember(clinic.no, 'admin'), await rest.aMember(clinic.no, 'staff')]
  const asDoctor = await rest.aMember(clinic.no, 'doctor', doctor.id)
  const path = { clinicId: clinic.id }
  const create = async (
    body: { name: string; mrn?: string; phone?: string; email?: string } = { name: 'Ada Okafor' },
  ) => (await rest.call('createPatient', { path, as: staff, body })).body
  return { clinic, doctor, admin, staff, asDoctor, path, create }
}

test('the desk creates a record once, searches for it, and corrects it', async ({ database, rest }) => {
  const { staff: as, path } = await aDesk(database, rest)
  const body = { name: ' Ada Okafor ', mrn: 'M-1', phone: '+49 171 2345678', notes: '  ', flags: ['interpreter'] }
  const created = await rest.call('createPatient', { path, as, body, key: 'one' })
  expect(created).toMatchObject({ status: 201, body: { name: 'Ada Okafor', notes: null, flags: ['interpreter'] } })
  expect(await rest.call('createPatient', { path, as, body, key: 'one' })).toMatchObject({
    status: 200,
    body: created.body,
  })
  const taken = await rest.call('createPatient', { path, as, body: { name: 'Bea', mrn: 'm1' } })
  expect(taken.problem.code).toBe('mrn_taken')
  const found = await rest.call('listPatients', { path, as, query: { q: 'okafor 0171 2345678' } })
  expect(found.body).toEqual({ items: [created.body], nextCursor: null })
  const patientPath = { ...path, patientId: created.body.id }
  const change = (sent: object) => rest.call('updatePatient', { path: patientPath, as, body: { version: 1, ...sent } })
  expect((await change({ phone: null, email: 'ada@example.org' })).body).toMatchObject({ phone: null, version: 2 })
  expect((await change({ email: 'ada@example.org' })).status).toBe(200)
  expect((await change({ name: 'Ada King' })).problem).toMatchObject({ code: 'record_changed', version: 2 })
})

test('a birth date is not in the future, and identifiers differ from each other', async ({ database, rest }) => {
  const { staff: as, path } = await aDesk(database, rest)
  const refused = async (sent: object) => {
    const { problem } = await rest.call('createPatient', { path, as, body: { name: 'Ada', ...sent } })
    return problem.errors?.map((error) => error.path)
  }
  expect(await refused({ birthDate: '2199-01-01' })).toEqual(['/birthDate'])
  const identifiers = [
    { system: 'insurance', value: '1' },
    { system: 'insurance', value: '1 ' },
  ]
  expect(await refused({ identifiers })).toEqual(['/identifiers/1'])
  // Nor are there two that look alike.
  for (const value of ['1\u200b', '1\u200c', '1\u200d', '1\ufe0f']) {
    expect(await refused({ identifiers: [{ system: 'insurance', value }] })).toEqual(['/identifiers/0/value'])
  }
  for (const mrn of ['KX-\u202e77', '\u2800', 'K\ufffc', 'K\u200d7'])
    expect(await refused({ mrn }), mrn).toEqual(['/mrn'])
  // Persian names need one of them.
  const named = { name: 'علی\u200cرضا', mrn: 'K-7' }
  expect((await rest.call('createPatient', { path, as, body: named })).status).toBe(201)
})

test('a booking is linked to a record, which its doctor may read, and changes neither', async ({ database, rest }) => {
  const { clinic, doctor, staff, asDoctor, path, create } = await aDesk(database, rest)
  const record = await create()
  const slot = await aSlot(database, doctor)
  const booking = await aBooking(database, slot, { patient: { name: 'A. Okafor', email: 'a@example.org' } })
  const bookingPath = { ...path, bookingId: booking.id }
  const link = (patientId: string, as = staff) =>
    rest.call('linkBookingToPatient', { path: bookingPath, as, body: { patientId } })
  expect((await link(record.id)).status).toBe(204)
  expect((await link(record.id)).status).toBe(204)
  const read = (as: typeof staff) => rest.call('getPatientOfBooking', { path: { bookingId: booking.id }, as })
  for (const as of [staff, asDoctor]) expect((await read(as)).body).toEqual({ record })
  const { body } = await rest.call('getPatient', { path: { ...path, patientId: record.id }, as: staff })
  expect(body).toMatchObject({ ...record, next: [{ bookingId: booking.id, doctorId: doctor.id }], past: [], cases: [] })
  const [session, type] = [await aSession(database, doctor), await aVisitType(database, clinic)]
  const visit = { sessionId: session.id, startsAt: session.startsAt.toISOString(), visitTypeId: type.id }
  const { id: visitId } = (await rest.call('createBooking', { body: { ...visit, patient: { name: 'A. O.' } } })).body
  await rest.call('linkBookingToPatient', {
    path: { ...path, bookingId: visitId },
    as: staff,
    body: { patientId: record.id },
  })
  const { next } = (await rest.call('getPatient', { path: { ...path, patientId: record.id }, as: staff })).body
  const types = Object.fromEntries(next.map(({ bookingId, visitTypeId }) => [bookingId, visitTypeId]))
  expect(types).toEqual({ [booking.id]: undefined, [visitId]: type.id })
  const shown = await rest.call('getBooking', { path: { bookingId: booking.id }, as: staff })
  expect(shown.body.patient).toEqual({ name: 'A. Okafor', email: 'a@example.org' })

  const elsewhere = await aDesk(database, rest)
  const another = await elsewhere.create()
  expect((await link(another.id)).problem.code).toBe('patient_not_found')
  const theirs = { path: { ...elsewhere.path, bookingId: booking.id }, as: elsewhere.staff }
  const stolen = await rest.call('linkBookingToPatient', { ...theirs, body: { patientId: another.id } })
  expect(stolen.problem.code).toBe('booking_not_found')
  expect((await rest.call('unlinkBookingFromPatient', theirs)).problem.code).toBe('booking_not_found')
  expect((await rest.call('unlinkBookingFromPatient', { path: bookingPath, as: staff })).status).toBe(204)
  expect((await read(staff)).body).toEqual({ record: null })
  // The second one changes nothing, and is not recorded.
  expect((await rest.call('unlinkBookingFromPatient', { path: bookingPath, as: staff })).status).toBe(204)
  const unlinked = rest.audited.filter((one) => one.kind === 'patient_unlinked' && one.subjectId === booking.id)
  expect(unlinked).toHaveLength(1)
  expect(clinic.id).not.toBe(elsewhere.clinic.id)
})

test('doctors read no list and no record, and nobody reads those of another clinic', async ({ database, rest }) => {
  const { asDoctor, path, create } = await aDesk(database, rest)
  const record = await create()
  const patientPath = { ...path, patientId: record.id }
  expect((await rest.call('listPatients', { path, as: asDoctor })).problem.code).toBe('forbidden')
  expect((await rest.call('getPatient', { path: patientPath, as: asDoctor })).problem.code).toBe('forbidden')
  const { staff, path: theirPath } = await aDesk(database, rest)
  expect((await rest.call('getPatient', { path: patientPath, as: staff })).problem.code).toBe('clinic_not_found')
  const planted = { ...theirPath, patientId: record.id }
  expect((await rest.call('getPatient', { path: planted, as: staff })).problem.code).toBe('patient_not_found')
  const body = { version: 1, name: 'Planted' }
  expect((await rest.call('updatePatient', { path: planted, as: staff, body })).problem.code).toBe('patient_not_found')
})

test('an admin erases a record when nothing of it is to come', async ({ database, rest }) => {
  const { admin, staff, doctor, path, create } = await aDesk(database, rest)
  const record = await create({ name: 'Ada', mrn: 'M-1' })
  const patientPath = { ...path, patientId: record.id }
  const booking = await aBooking(database, await aSlot(database, doctor))
  const body = { patientId: record.id }
  await rest.call('linkBookingToPatient', { path: { ...path, bookingId: booking.id }, as: staff, body })
  const erase = (as = admin) => rest.call('erasePatientRecord', { path: patientPath, as, key: 'erase' })
  expect((await erase(staff)).problem.code).toBe('forbidden')
  expect((await erase()).problem).toMatchObject({ code: 'patient_in_use', bookingIds: [booking.id], caseIds: [] })
  await rest.call('cancelBooking', { path: { bookingId: booking.id }, as: staff })
  const erased = { bookings: 1, cases: 0, requests: 0, unlinked: noneUnlinked }
  expect((await erase()).body).toEqual(erased)
  expect((await erase()).body).toEqual(erased)
  expect((await rest.call('getPatient', { path: patientPath, as: staff })).problem.code).toBe('patient_not_found')
})

test('what has a record’s contacts and no link is named before and after erasure', async ({ database, rest }) => {
  const { admin, staff, doctor, path, create } = await aDesk(database, rest)
  const contacts = { phone: '+49 171 2345678', email: 'erna@example.org' }
  const record = await create({ name: 'Erna', mrn: 'M-1', ...contacts })
  const other = await create({ name: 'Karl' })
  const second = await create({ name: 'Erna M.', mrn: 'M-2', email: contacts.email })
  const booked = async (patient: { name: string; phone?: string; email?: string }) =>
    (await aBooking(database, await aSlot(database, doctor), { patient })).id
  const left = [
    await booked({ name: 'Erna', email: 'ERNA@example.org' }),
    await booked({ name: 'Erna M.', phone: '+491712345678' }),
    await booked({ name: 'Erna', ...contacts }),
  ].toSorted()
  const ofKarl = await booked({ name: 'Karl', email: contacts.email })
  const link = { path: { ...path, bookingId: ofKarl }, as: staff, body: { patientId: other.id } }
  await rest.call('linkBookingToPatient', link)
  const entry = await aWaitlistEntry(database, doctor, { patient: { name: 'Erna', email: contacts.email } })
  const unlinked = {
    bookings: { count: 3, bookingIds: left },
    waitlistEntries: { count: 1, entryIds: [entry.id] },
    otherRecords: { count: 1, records: [{ patientId: second.id, recordNumber: 'M-2' }] },
  }
  const patientPath = { ...path, patientId: record.id }
  expect((await rest.call('getUnlinkedOfPatient', { path: patientPath, as: staff })).problem.code).toBe('forbidden')
  expect((await rest.call('getUnlinkedOfPatient', { path: patientPath, as: admin })).body).toEqual(unlinked)
  const ofOther = { path: { ...path, patientId: other.id }, as: admin }
  expect((await rest.call('getUnlinkedOfPatient', ofOther)).body).toEqual(noneUnlinked)
  const erase = () => rest.call('erasePatientRecord', { path: patientPath, as: admin, key: 'erase' })
  const erased = { bookings: 0, cases: 0, requests: 0, unlinked }
  expect(await erase()).toMatchObject({ status: 200, body: erased })
  // A retry after a lost response: the contacts are gone by then.
  expect(await erase()).toMatchObject({ status: 200, body: erased })
  // When the other record is erased, nothing of it is left in the stored response, which is returned all the same.
  await rest.call('erasePatientRecord', { path: { ...path, patientId: second.id }, as: admin })
  const { rows } = await database.ownerPool.query(
    "select from holdfast.answer where clinic_no = $1 and body::text like '%M-2%'",
    [doctor.clinicNo],
  )
  expect(rows).toEqual([])
  const otherRecords = { count: 1, records: [] }
  expect(await erase()).toMatchObject({ status: 200, body: { unlinked: { otherRecords } } })
  const gone = await rest.call('getUnlinkedOfPatient', { path: patientPath, as: admin })
  expect(gone.problem.code).toBe('patient_not_found')
})

test('the theatre finds the record by its number, and books the same patient', async ({ database, rest }) => {
  const { admin, staff: as, doctor, path, create } = await aDesk(database, rest)
  const record = await create({ name: 'Ada Okafor', mrn: 'M-1' })
  const wanted = { service: 'Urology', procedure: { code: '1', display: 'One' }, minutes: 30, surgeonId: doctor.id }
  const request = (patient: { mrn: string; name: string }) =>
    rest.call('createCaseRequest', { path, as, body: { ...wanted, patient } })
  expect((await request({ mrn: 'm1', name: 'Bea' })).problem.code).toBe('patient_mismatch')
  expect((await request({ mrn: 'm1', name: 'Okafor, Ada' })).body.patient).toEqual({
    mrn: 'M-1',
    name: 'Ada Okafor',
    birthDate: null,
  })
  const erase = () => rest.call('erasePatientRecord', { path: { ...path, patientId: record.id }, as: admin })
  expect((await erase()).problem).toMatchObject({ code: 'patient_in_use', requestIds: [expect.any(String)] })
})

test('the security log has who read, searched and changed which record', async ({ database, rest }) => {
  const { staff: as, path, create } = await aDesk(database, rest)
  const { id } = await create()
  await rest.call('listPatients', { path, as, query: { q: 'Okafor' } })
  await rest.call('getPatient', { path: { ...path, patientId: id }, as })
  await rest.call('updatePatient', { path: { ...path, patientId: id }, as, body: { version: 1, notes: 'late' } })
  expect(rest.audited.slice(-4)).toMatchObject([
    { kind: 'patient_created', subjectId: id },
    { kind: 'patients_read', details: ['search'], searched: 'okafor' },
    { kind: 'patient_read', subjectId: id },
    { kind: 'patient_changed', subjectId: id, details: ['notes'] },
  ])
})
