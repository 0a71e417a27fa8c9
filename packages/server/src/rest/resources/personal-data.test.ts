import { randomUUID } from 'node:crypto'
import { newId } from '@holdfast/engine'
import { aBooking, aClinic, aDoctor, aPatientRecord, aSlot } from '@holdfast/testkit'
import { expect } from 'vitest'
import { test } from '../../../test/rest-test.ts'

const patient = { name: 'Ada Okafor', email: 'ada@example.org', phone: '+44 20 7946 0018' }

test('an administrator reads all about a person, which is logged without the name', async ({ rest, database }) => {
  const clinic = await aClinic(database)
  const booking = await aBooking(database, await aSlot(database, await aDoctor(database, clinic)), { patient })
  const [admin, staff] = [await rest.aMember(clinic.no, 'admin'), await rest.aMember(clinic.no, 'staff')]
  const path = { clinicId: clinic.id }
  const body = { emails: ['ADA@example.org'] }
  const read = await rest.call('getPersonalData', { as: admin, path, body })
  expect(read.status).toBe(200)
  expect(read.headers['cache-control']).toBe('no-store')
  const appointments = read.body.sections.find(({ name }) => name === 'appointments')?.rows
  expect(appointments).toMatchObject([{ booking: booking.id, name: patient.name, phone: patient.phone }])
  // Times are text, like everywhere else.
  expect(appointments).toMatchObject([{ createdAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/) }])
  const logged = rest.audited.filter(({ clinicNo, kind }) => clinicNo === clinic.no && kind === 'data_exported')
  expect(logged).toMatchObject([{ actorId: admin.id, details: ['personal_data'] }])
  expect(JSON.stringify(logged).toLowerCase()).not.toContain('ada@')
  expect((await rest.call('getPersonalData', { as: staff, path, body })).status).toBe(403)
})

test('contacts, an account or a record name the person', async ({ rest, database, clinic }) => {
  const admin = await rest.aMember(clinic.no, 'admin')
  const { id: patientId } = await aBooking(database, await aSlot(database, await aDoctor(database, clinic)))
  const read = (body: object) => rest.call('getPersonalData', { as: admin, path: { clinicId: clinic.id }, body })
  const refused = [
    {},
    { emails: [], phones: [] },
    { accountId: patientId, phones: ['1'] },
    { patientId, phones: ['none'] },
    { withContactsOfRecord: true, phones: ['1'] },
    { emails: Array.from({ length: 11 }, (_, index) => `a${index}@example.org`) },
  ]
  for (const body of refused) {
    expect((await read(body)).problem, JSON.stringify(body)).toMatchObject({ status: 400, code: 'invalid_request' })
  }
  expect((await read({ patientId })).body.sections.flatMap(({ rows }) => rows)).toEqual([])
  expect((await read({ patientId, emails: ['a@example.org'], phones: ['1', '2'] })).status).toBe(200)
})

test('the security log says whose data an administrator read, if anybody’s', async ({ rest, clinic, database }) => {
  const admin = await rest.aMember(clinic.no, 'admin')
  const accountId = rest.anAccount().id
  const slot = await aSlot(database, await aDoctor(database, clinic))
  const { id: bookingId } = await aBooking(database, slot, { patient, accountId })
  const created = await rest.engine.patients.create(clinic.no, aPatientRecord({ email: 'rec@example.org' }), null)
  const patientId = created.kind === 'done' ? created.value.id : ''
  const bodies = [
    { patientId },
    { accountId },
    { emails: ['REC@example.org'] },
    // Nobody: ids that somebody has made up, and contacts.
    { patientId: newId(clinic.no) },
    { accountId: randomUUID() },
    { emails: ['nobody@example.org'] },
    // Somebody without a record.
    { emails: [patient.email] },
  ]
  for (const body of bodies) {
    await rest.call('getPersonalData', { as: admin, path: { clinicId: clinic.id }, body })
  }
  const logged = rest.audited.filter(({ clinicNo, kind }) => clinicNo === clinic.no && kind === 'data_exported')
  const nobody = [null, null, null, null]
  expect(logged.map(({ subjectId }) => subjectId ?? null)).toEqual([patientId, accountId, patientId, ...nobody])
  const [ofRecord, ofAccount, , , , ofNobody, ofContact] = logged.map(({ subjects }) => subjects)
  expect([ofRecord, ofAccount, ofNobody]).toEqual([[patientId], [bookingId], undefined])
  expect(ofContact).toEqual([bookingId])
})

test('an account reads what all clinics have of it, and nothing of others', async ({ rest, database }) => {
  const [one, other] = [await aClinic(database), await aClinic(database)]
  const account = rest.anAccount()
  const ids: string[] = []
  for (const clinic of [one, other]) {
    const slot = await aSlot(database, await aDoctor(database, clinic), { capacity: 2 })
    ids.push((await aBooking(database, slot, { patient, accountId: account.id })).id)
    await aBooking(database, slot, { patient: { ...patient, name: 'Ben' } })
  }
  const { body } = await rest.call('getMyPersonalData', { as: account })
  const found = body.clinics.flatMap(({ sections }) => sections.find(({ name }) => name === 'appointments')?.rows ?? [])
  expect(found.map((row) => ({ ...row }))).toMatchObject(ids.toSorted().map((booking) => ({ booking })))
  expect(JSON.stringify(body)).not.toContain('Ben')
  expect((await rest.call('getMyPersonalData', {})).status).toBe(401)
})

test('an account lists who has seen its data, page by page, and nobody else can', async ({
  rest,
  database,
  clinic,
}) => {
  const staff = await rest.aMember(clinic.no, 'staff')
  const account = rest.anAccount()
  const slot = await aSlot(database, await aDoctor(database, clinic, { name: 'Dr. Amsel' }))
  const { id } = await aBooking(database, slot, { patient, accountId: account.id })
  const seen = { clinicNo: clinic.no, actorKind: 'account', actorId: staff.id, network: null, count: 1 } as const
  await rest.engine.auditLog.append([
    { ...seen, kind: 'booking_read', subjectId: id, details: [], ageMs: 2_000 },
    { ...seen, kind: 'bookings_read', subjectId: null, subjects: [id], details: ['search'], ageMs: 1_000 },
    { ...seen, kind: 'of_a_later_release', subjectId: id, details: [], ageMs: 3_000 },
  ])
  const first = await rest.call('listMyDataViews', { as: account, query: { limit: 1 } })
  expect(first).toMatchObject({ status: 200, headers: { 'cache-control': 'no-store' } })
  const appointments = [{ bookingId: id, startsAt: expect.stringMatching(/Z$/), doctorName: 'Dr. Amsel' }]
  const ofStaff = { actorKind: 'account', clinicId: clinic.id, role: 'staff', appointments }
  expect(first.body.items).toMatchObject([{ ...ofStaff, kind: 'bookings_read', details: ['search'] }])
  const query = { limit: 10, cursor: first.body.nextCursor ?? '' }
  const next = await rest.call('listMyDataViews', { as: account, query })
  expect(next.body).toMatchObject({ items: [{ ...ofStaff, kind: 'booking_read' }], nextCursor: null })
  // Neither names nor addresses of the staff.
  expect(JSON.stringify([first.body, next.body])).not.toContain(staff.id)
  expect((await rest.call('listMyDataViews', { as: staff, query: {} })).body.items).toEqual([])
  expect((await rest.call('listMyDataViews', {})).status).toBe(401)
})
