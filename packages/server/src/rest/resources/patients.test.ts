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

test('the desk creates a record, searches for it, and corrects it', async ({ database, rest }) => {
  const { staff: as, path } = await aDesk(database, rest)
  const body = { name: ' Ada Okafor ', mrn: 'M-1', phone: '+49 171 2345678', notes: '  ', flags: ['interpreter'] }
  const created = await rest.call('createPatient', { path, as, body })
  expect(created).toMatchObject({ status: 201, body: { name: 'Ada Okafor', notes: null, flags: ['interpreter'] } })
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

test('people who act for a patient are stored, shown and cleared; one at most gets the messages', async ({
  database,
  rest,
}) => {
  const { staff: as, path, clinic } = await aDesk(database, rest)
  const bea = { name: ' Bea ', relation: 'parent', phone: '4711', getsMessages: true } as const
  const { body: created } = await rest.call('createPatient', { path, as, body: { name: 'Ada', guardians: [bea] } })
  const stored = { name: 'Bea', relation: 'parent', phone: '4711', email: null, getsMessages: true }
  expect(created.guardians).toEqual([stored])
  const patientPath = { ...path, patientId: created.id }
  const change = (guardians: object[], version = 1) =>
    rest.call('updatePatient', { path: patientPath, as, body: { version, guardians } as { version: number } })
  const refused = async (...guardians: object[]) => (await change(guardians)).problem.errors?.map((error) => error.path)
  expect(await refused(bea, bea)).toEqual(['/guardians/1/getsMessages'])
  expect(await refused({ ...bea, phone: null })).toEqual(['/guardians/0/getsMessages'])
  expect(await refused({ ...bea, relation: 'planted' })).toEqual(['/guardians/0/relation'])
  expect(await refused(bea, bea, bea, bea)).toEqual(['/guardians'])
  // Sent again, it changes nothing.
  expect((await change([bea])).body.version).toBe(1)
  expect((await change([])).body).toMatchObject({ guardians: [], version: 2 })
  expect((await change([bea])).problem.code).toBe('record_changed')
  const changes = rest.audited.filter(({ kind, clinicNo }) => kind === 'patient_changed' && clinicNo === clinic.no)
  expect(changes).toMatchObject([{ details: ['guardians'] }])
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

test('the desk books for a record in one step, of which the security log has the link', async ({ database, rest }) => {
  const { doctor, staff, asDoctor, path, create } = await aDesk(database, rest)
  const record = await create({ name: 'Ada Okafor', phone: '+49 171 2345678', email: 'ada@example.org' })
  const slot = await aSlot(database, doctor, { capacity: 5 })
  const body = { slotId: slot.id, confirm: true, onBehalf: true, patientId: record.id }
  const book = (sent: object, as = staff, key?: string) =>
    rest.call('createBooking', { body: { ...body, ...sent }, as, ...(key === undefined ? {} : { key }) })
  const booked = await book({}, staff, 'one')
  expect(booked.status).toBe(201)
  // The desk corrects the record: a repetition is still the same request.
  await rest.call('updatePatient', {
    path: { ...path, patientId: record.id },
    as: staff,
    body: { version: 1, name: 'A' },
  })
  expect(await book({}, staff, 'one')).toMatchObject({ status: 200, body: { id: booked.body.id } })
  expect((await book({ patientId: undefined, patient: { name: 'A' } }, staff, 'one')).problem.code).toBe(
    'idempotency_key_reused',
  )
  const shown = await rest.call('getBooking', { path: { bookingId: booked.body.id }, as: staff })
  expect(shown.body.patient).toEqual({ name: 'Ada Okafor', phone: '+49 171 2345678', email: 'ada@example.org' })
  const ofBooking = await rest.call('getPatientOfBooking', { path: { bookingId: booked.body.id }, as: staff })
  expect(ofBooking.body.record?.id).toBe(record.id)
  const linked = rest.audited.filter(({ kind, subjectId }) => kind === 'patient_linked' && subjectId === record.id)
  expect(linked).toHaveLength(1)

  expect((await book({ onBehalf: false, patient: { name: 'A' } })).problem.errors).toEqual([
    { path: '/patientId', message: 'is allowed only together with onBehalf' },
  ])
  expect((await book({}, asDoctor)).problem.code).toBe('forbidden')
  const elsewhere = await aDesk(database, rest)
  expect((await book({ patientId: (await elsewhere.create()).id })).problem.code).toBe('patient_not_found')
  const [session, type] = [await aSession(database, doctor), await aVisitType(database, { no: doctor.clinicNo })]
  const time = { slotId: undefined, startsAt: session.startsAt.toISOString(), visitTypeId: type.id }
  expect((await book({ ...time, clinicId: path.clinicId })).status).toBe(201)
})

test('two records are merged, each once, and separated; the security log names both', async ({ database, rest }) => {
  const { doctor, staff: as, asDoctor, path, create } = await aDesk(database, rest)
  const kept = await create({ name: 'Ada Okafor', mrn: 'M-1', email: 'ada@example.org' })
  const merged = await create({ name: 'A. Okafor', mrn: 'M-2', email: 'ada@example.org', phone: '4711' })
  const keptPath = { ...path, patientId: kept.id }
  const mergedPath = { ...path, patientId: merged.id }
  const { body: likely } = await rest.call('listDuplicatesOfPatient', { path: keptPath, as })
  expect(likely.items).toEqual([{ ...merged, same: ['email'] }])
  const body = { mergedId: merged.id, version: 1, mergedVersion: 1, take: ['name' as const] }
  const merge = (sent: object = {}, by = as) =>
    rest.call('mergePatients', { path: keptPath, as: by, body: { ...body, ...sent } })
  expect((await merge({}, asDoctor)).status).toBe(403)
  expect((await merge({ mergedId: kept.id })).problem.code).toBe('invalid_request')
  const elsewhere = await aDesk(database, rest)
  expect((await merge({ mergedId: (await elsewhere.create()).id })).problem.code).toBe('patient_not_found')
  expect((await merge({ version: 7 })).problem).toMatchObject({ code: 'record_changed', version: 1 })
  expect((await merge()).body).toMatchObject({ name: 'A. Okafor', mrn: 'M-1', phone: '4711' })
  expect((await merge()).status).toBe(200)
  const read = async (patientPath: typeof keptPath) => (await rest.call('getPatient', { path: patientPath, as })).body
  expect(await read(mergedPath)).toMatchObject({ mergedInto: kept.id, merged: [] })
  expect((await read(keptPath)).merged).toMatchObject([{ id: merged.id, mrn: 'M-2' }])

  const refusal = { code: 'record_merged', mergedInto: kept.id }
  const slot = await aSlot(database, doctor, { capacity: 2 })
  const booking = { slotId: slot.id, onBehalf: true, confirm: true, patientId: merged.id }
  expect((await rest.call('createBooking', { as, body: booking })).problem).toMatchObject(refusal)
  const change = { version: 1, name: 'B' }
  expect((await rest.call('updatePatient', { path: mergedPath, as, body: change })).problem).toMatchObject(refusal)
  const link = { path: { ...path, bookingId: (await aBooking(database, slot)).id }, as, body: { patientId: merged.id } }
  expect((await rest.call('linkBookingToPatient', link)).problem).toMatchObject(refusal)

  const { version } = await read(mergedPath)
  const separate = () => rest.call('unmergePatient', { path: mergedPath, as, body: { version } })
  expect((await separate()).body).toMatchObject({ record: { name: 'A. Okafor', mrn: 'M-2' }, separatedFrom: kept.id })
  expect((await separate()).body).toMatchObject({ separatedFrom: null })
  expect(await read(keptPath)).toMatchObject({ name: 'Ada Okafor', phone: null, merged: [] })
  const logged = rest.audited.flatMap(({ kind, subjectId, subjects }) =>
    kind === 'patients_merged' || kind === 'patients_separated' ? [{ kind, subjectId, subjects }] : [],
  )
  expect(logged).toEqual([
    { kind: 'patients_merged', subjectId: kept.id, subjects: [merged.id] },
    { kind: 'patients_separated', subjectId: merged.id, subjects: [kept.id] },
  ])
})

test('the merge of a record that was merged further is undone after that of the one in between', async ({
  database,
  rest,
}) => {
  const { path, staff: as, create } = await aDesk(database, rest)
  const [first, second, third] = [await create(), await create(), await create()]
  const read = async ({ id }: { id: string }) =>
    (await rest.call('getPatient', { path: { ...path, patientId: id }, as })).body
  for (const [kept, merged] of [[second, first] as const, [third, second] as const]) {
    const body = { mergedId: merged.id, version: kept.version, mergedVersion: (await read(merged)).version }
    expect((await rest.call('mergePatients', { path: { ...path, patientId: kept.id }, as, body })).status).toBe(200)
    kept.version = (await read(kept)).version
  }
  const through = (await read(third)).merged.map((one) => [one.id, one.through])
  expect(new Map(through as [string, string | null][])).toEqual(
    new Map([
      [second.id, null],
      [first.id, second.id],
    ]),
  )
  const undo = async ({ id }: { id: string }) => {
    const { version } = await read({ id })
    return rest.call('unmergePatient', { path: { ...path, patientId: id }, as, body: { version } })
  }
  expect((await undo(first)).problem).toMatchObject({ code: 'merged_further', mergedId: second.id })
  expect((await undo(second)).body).toMatchObject({ separatedFrom: third.id })
  expect((await undo(first)).body).toMatchObject({ separatedFrom: second.id })
})

test('the desk is told what a record has at the same time, and the log has that it goes on', async ({
  database,
  rest,
}) => {
  const { clinic, doctor, staff: as, path, create } = await aDesk(database, rest)
  const record = await create()
  const slot = await aSlot(database, doctor)
  const booking = await aBooking(database, slot, { patient: { name: 'A. O.' } })
  await rest.call('linkBookingToPatient', {
    path: { ...path, bookingId: booking.id },
    as,
    body: { patientId: record.id },
  })
  const second = await aSlot(database, await aDoctor(database, clinic), { startsAt: slot.startsAt })
  const body = { slotId: second.id, confirm: true, onBehalf: true, patientId: record.id }
  const refused = await rest.call('createBooking', { as, body: { ...body, refuseOverlap: true } })
  expect(refused.problem).toMatchObject({ code: 'patient_booked', otherAppointment: { bookingId: booking.id } })
  const allowed = await rest.call('createBooking', { as, body: { ...body, refuseOverlap: true, allowOverlap: true } })
  expect(allowed.status).toBe(201)
  const third = await aSlot(database, await aDoctor(database, clinic), { startsAt: slot.startsAt })
  const move = { path: { bookingId: allowed.body.id }, as }
  const moved = (sent: object) => rest.call('rescheduleBooking', { ...move, body: { slotId: third.id, ...sent } })
  expect((await moved({ refuseOverlap: true })).problem.code).toBe('patient_booked')
  expect((await moved({ allowOverlap: true })).status).toBe(200)
  const logged = rest.audited.filter(({ kind }) => kind === 'overlap_allowed').map(({ subjectId }) => subjectId)
  expect(logged).toEqual([allowed.body.id, allowed.body.id])
})
