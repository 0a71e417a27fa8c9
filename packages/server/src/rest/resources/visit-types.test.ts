import { newId } from '@holdfast/engine'
import { aClinic, aDoctor, aSession, type TestDatabase } from '@holdfast/testkit'
import { visitTypeLimits } from '@holdfast/vocabulary'
import sql from 'sql-template-tag'
import { expect } from 'vitest'
import type { RestApp } from '../../../test/rest-app.ts'
import { test } from '../../../test/rest-test.ts'

async function aDesk(database: TestDatabase, rest: RestApp) {
  const clinic = await aClinic(database)
  const admin = await rest.aMember(clinic.no, 'admin')
  const [first, second] = [
    await aDoctor(database, clinic, { name: 'Ada' }),
    await aDoctor(database, clinic, { name: 'Bo' }),
  ]
  const path = { clinicId: clinic.id }
  const create = (body: object, key?: string) =>
    rest.call('createVisitType', { path, as: admin, body, ...(key === undefined ? {} : { key }) })
  const change = (visitTypeId: string, body: object) =>
    rest.call('updateVisitType', { path: { ...path, visitTypeId }, as: admin, body })
  const listed = async (who = {}) => (await rest.call('listVisitTypes', { path, ...who })).body.items
  return { clinic, admin, doctors: [first.id, second.id] as const, path, create, change, listed }
}

const visit = { name: 'First visit', minutes: 40 }
const asVisitTypeSays = { minutes: null, bufferBeforeMinutes: null, bufferAfterMinutes: null, fee: null }

test('an admin adds, reads, changes and switches off a visit type', async ({ database, rest }) => {
  const { clinic, admin, path, create, change, listed } = await aDesk(database, rest)
  const created = await create({ ...visit, name: ' First visit ' })
  expect(created.status).toBe(201)
  const { id } = created.body
  const stored = {
    ...visit,
    id,
    clinicId: clinic.id,
    names: {},
    bufferBeforeMinutes: 0,
    bufferAfterMinutes: 0,
    fee: null,
    appointmentTypes: ['in_person'],
    bookableBy: 'anyone',
    minimumNoticeMinutes: null,
    bookingHorizonDays: null,
    cancellationDeadlineMinutes: null,
    capacity: 1,
    preparation: null,
    color: null,
    position: 0,
    needs: { room: false, roomIds: [], deviceIds: [] },
    active: true,
    doctors: [],
    questions: [],
    approval: 'none',
    approvalMinutes: 2880,
    combinable: false,
    externalIds: [],
  }
  expect(created.body).toEqual(stored)
  expect(await listed()).toEqual([stored])
  const all = {
    name: 'Blood sample',
    names: { de: 'Blutabnahme' },
    minutes: 10,
    bufferBeforeMinutes: 5,
    bufferAfterMinutes: 15,
    fee: { amount: 2_000, currency: 'EUR' },
    appointmentTypes: ['in_person', 'video'],
    bookableBy: 'known_patients',
    minimumNoticeMinutes: 120,
    bookingHorizonDays: 30,
    cancellationDeadlineMinutes: 1_440,
    capacity: 8,
    preparation: 'Come fasting.\nDrink water.',
    color: 'teal',
    position: 3,
    combinable: true,
  }
  const { fee: _fee, ...withoutFee } = all
  expect((await change(id, all)).body).toEqual({ ...stored, ...all })
  expect(await listed()).toEqual([{ ...stored, ...all }])
  expect((await change(id, { fee: null, active: false })).body).toEqual({
    ...stored,
    ...withoutFee,
    fee: null,
    active: false,
  })
  const empty = { names: {}, preparation: ' ', color: null, minimumNoticeMinutes: null }
  expect((await change(id, empty)).body).toMatchObject({ ...empty, preparation: null })
  expect(await listed()).toEqual([])
  const one = await rest.call('getVisitType', { path: { ...path, visitTypeId: id } })
  expect(one.body).toMatchObject({ name: 'Blood sample', active: false })
  expect((await listed({ as: admin })).map((type) => type.id)).toEqual([id])
  const recorded = rest.audited.filter(({ subjectId }) => subjectId === id)
  expect(recorded.map(({ kind, details }) => [kind, details])).toEqual([
    ['clinic_changed', ['visit type added']],
    ['clinic_changed', ['visit type changed', ...Object.keys(all)]],
    ['clinic_changed', ['visit type changed', 'fee', 'active']],
    ['clinic_changed', ['visit type changed', ...Object.keys(empty)]],
  ])
})

test('patients see what they can book, members see all, in the clinic’s order', async ({ database, rest }) => {
  const { clinic, doctors, create, listed } = await aDesk(database, rest)
  await create({ ...visit, name: 'C', position: 1 })
  await create({ ...visit, name: 'B', position: 1, bookableBy: 'known_patients' })
  await create({ ...visit, name: 'Z' })
  await create({ ...visit, name: 'For the desk', bookableBy: 'desk' })
  await create({ ...visit, name: 'Former', active: false })
  const names = async (who = {}) => (await listed(who)).map(({ name }) => name)
  const ofPatients = ['Z', 'B', 'C']
  const other = await aClinic(database)
  for (const who of [{}, { as: rest.anAccount() }, { as: await rest.aMember(other.no, 'admin') }]) {
    expect(await names(who)).toEqual(ofPatients)
  }
  for (const who of [
    { as: await rest.aMember(clinic.no, 'staff') },
    { as: await rest.aMember(clinic.no, 'doctor', doctors[0]) },
    { as: rest.anAccount({ siteAdministrator: true }) },
  ]) {
    expect(await names(who)).toEqual(['For the desk', 'Former', ...ofPatients])
  }
})

test('a cached list has a change at once', async ({ database, rest }) => {
  const { path, create, change, listed } = await aDesk(database, rest)
  expect(await listed()).toEqual([])
  const { id } = (await create(visit)).body
  expect(await listed()).toMatchObject([{ minutes: 40 }])
  const one = { path: { ...path, visitTypeId: id } }
  expect((await rest.call('getVisitType', one)).body.minutes).toBe(40)
  await change(id, { minutes: 25 })
  expect(await listed()).toMatchObject([{ minutes: 25 }])
  expect((await rest.call('getVisitType', one)).body.minutes).toBe(25)
  const { etag } = (await rest.call('listVisitTypes', { path })).headers
  expect((await rest.call('listVisitTypes', { path, headers: { 'if-none-match': String(etag) } })).status).toBe(304)
  await change(id, { active: false })
  expect(await listed()).toEqual([])
})

test('doctors are named by ids or with what is different; without any, all offer it', async ({ database, rest }) => {
  const { doctors, create, change } = await aDesk(database, rest)
  const [ada, bo] = doctors
  const created = (await create({ ...visit, doctorIds: [bo, ada] })).body
  expect(created.doctors).toEqual([
    { doctorId: ada, ...asVisitTypeSays },
    { doctorId: bo, ...asVisitTypeSays },
  ])
  const different = { doctorId: bo, minutes: 60, bufferAfterMinutes: 0, fee: { amount: 1, currency: 'USD' } }
  const changed = (await change(created.id, { doctors: [different] })).body
  expect(changed.doctors).toEqual([{ ...asVisitTypeSays, ...different }])
  // What says nothing of doctors leaves them as they are.
  expect((await change(created.id, { minutes: 20 })).body.doctors).toEqual(changed.doctors)
  expect((await change(created.id, { doctorIds: [] })).body.doctors).toEqual([])
})

test('a doctor of another clinic, or of none, is refused, and nothing is written', async ({ database, rest }) => {
  const { clinic, doctors, admin, create, change, listed } = await aDesk(database, rest)
  const elsewhere = await aDoctor(database, await aClinic(database))
  const { id } = (await create(visit)).body
  for (const doctorId of [elsewhere.id, newId(clinic.no), crypto.randomUUID()]) {
    const doctorIds = [doctors[0], doctorId]
    expect((await create({ ...visit, doctorIds })).problem).toMatchObject({ status: 404, code: 'doctor_not_found' })
    expect((await change(id, { minutes: 5, doctorIds })).problem.code).toBe('doctor_not_found')
  }
  expect(await listed({ as: admin })).toMatchObject([{ id, minutes: 40, doctors: [] }])
})

test('of contradictions, the field is named', async ({ database, rest }) => {
  const { doctors, create } = await aDesk(database, rest)
  const [doctorId] = doctors
  const refused = async (body: object) => (await create({ ...visit, ...body })).problem.errors?.map(({ path }) => path)
  expect(await refused({ doctorIds: [doctorId], doctors: [] })).toEqual(['/doctorIds'])
  expect(await refused({ doctors: [{ doctorId }, { doctorId, minutes: 1 }] })).toEqual(['/doctors/1/doctorId'])
  expect(await refused({ fee: { amount: 1, currency: 'XXZ' } })).toEqual(['/fee/currency'])
  expect(await refused({ doctors: [{ doctorId, fee: { amount: 1, currency: 'XXZ' } }] })).toEqual([
    '/doctors/0/fee/currency',
  ])
  expect(await refused({ names: { fr: 'Visite' } })).toEqual(['/names/fr'])
  expect(await refused({ minutes: 0 })).toEqual(['/minutes'])
  expect(await refused({ bufferAfterMinutes: 241 })).toEqual(['/bufferAfterMinutes'])
  expect(await refused({ color: 'mauve' })).toEqual(['/color'])
})

test('what the schema accepts at its limits, the database stores', async ({ database, rest }) => {
  const { create, doctors } = await aDesk(database, rest)
  const name = 'ü'.repeat(100)
  const { minutes, bufferMinutes, capacity, position } = visitTypeLimits
  for (const [limit, text] of [
    ['min', 'x'],
    ['max', 'ü'.repeat(2_000)],
  ] as const) {
    const body = {
      name,
      names: { en: name, de: name, ar: 'x' },
      minutes: minutes[limit],
      bufferBeforeMinutes: bufferMinutes[limit],
      bufferAfterMinutes: bufferMinutes[limit],
      minimumNoticeMinutes: limit === 'min' ? 0 : 525_600,
      bookingHorizonDays: limit === 'min' ? 1 : 730,
      cancellationDeadlineMinutes: limit === 'min' ? 0 : 525_600,
      capacity: capacity[limit],
      position: position[limit],
      preparation: text,
      doctors: [
        {
          doctorId: doctors[0],
          minutes: minutes[limit],
          bufferBeforeMinutes: bufferMinutes[limit],
          bufferAfterMinutes: bufferMinutes[limit],
        },
      ],
    }
    expect((await create(body)).body).toMatchObject(body)
  }
})

test('a clinic has so many visit types, also with several at once', async ({ database, rest }) => {
  const { clinic, admin, create, change, listed } = await aDesk(database, rest)
  const first = await create(visit)
  await database.ownerPool.query(
    `insert into holdfast.visit_type (clinic_no, id, name, minutes)
     select $1, id, 'Another', 10 from unnest($2::uuid[]) id`,
    [clinic.no, Array.from({ length: visitTypeLimits.visitTypesMax - 2 }, () => newId(clinic.no))],
  )
  const statuses = await Promise.all(Array.from({ length: 4 }, async () => (await create(visit)).status))
  expect(statuses.toSorted()).toEqual([201, 409, 409, 409])
  expect((await create(visit, 'another key')).problem).toMatchObject({ status: 409, code: 'too_many_visit_types' })
  expect(await listed({ as: admin })).toHaveLength(visitTypeLimits.visitTypesMax)
  // The key of a refused request is not used up.
  await database.ownerPool.query(sql`delete from holdfast.visit_type where clinic_no = ${clinic.no}
      and id <> ${first.body.id}`)
  expect((await create(visit, 'another key')).status).toBe(201)
  expect((await change(first.body.id, { active: false })).status).toBe(200)
})

test('the visit types of one clinic are not found by the id of another', async ({ database, rest }) => {
  const { admin, path, create, clinic, doctors } = await aDesk(database, rest)
  const { id: visitTypeId } = (await create(visit)).body
  const other = await aClinic(database)
  const read = (at: { clinicId: string; visitTypeId: string }, who = {}) =>
    rest.call('getVisitType', { path: at, ...who })
  for (const who of [{}, { as: admin }]) {
    expect((await read({ ...path, visitTypeId }, who)).status).toBe(200)
    // Another id with the clinic's number is not the clinic's id.
    for (const clinicId of [other.id, doctors[0], newId(clinic.no)]) {
      expect((await read({ clinicId, visitTypeId }, who)).problem.code).toBe('visit_type_not_found')
    }
    const unknown = { ...path, visitTypeId: newId(clinic.no) }
    expect((await read(unknown, who)).problem.code).toBe('visit_type_not_found')
  }
  for (const clinicId of [doctors[0], newId(clinic.no), crypto.randomUUID()]) {
    expect((await rest.call('listVisitTypes', { path: { clinicId } })).problem.code).toBe('clinic_not_found')
  }
})

test('a patient books a combination of visit types by its id', async ({ database, rest }) => {
  const { path, create, change, listed, clinic, doctors } = await aDesk(database, rest)
  const aPart = async (minutes: number) => (await create({ ...visit, minutes, combinable: true })).body.id
  const parts = [await aPart(30), await aPart(20)]
  const combine = (visitTypeIds: string[]) => rest.call('combineVisitTypes', { path, body: { visitTypeIds } })
  const { status, body: both } = await combine(parts)
  expect([status, both]).toMatchObject([200, { minutes: 50, partIds: parts.toSorted() }])
  expect((await combine(parts.toReversed())).body).toEqual(both)
  const { id: alone } = (await create(visit)).body
  expect((await combine([...parts, alone])).problem).toMatchObject({
    code: 'not_combinable',
    unsuitable: 'not_allowed',
    detail: expect.stringContaining('cannot be booked together'),
  })
  expect((await combine([...parts, both.id])).problem.code).toBe('visit_type_not_found')
  expect((await combine([...parts, ...Array.from({ length: 4 }, () => alone)])).problem.code).toBe('invalid_request')
  expect((await combine([...parts, newId(clinic.no)])).problem.code).toBe('visit_type_not_found')
  expect((await listed()).map(({ id }) => id)).not.toContain(both.id)
  const session = await aSession(database, { id: doctors[0] ?? '', clinicNo: clinic.no, clinicId: clinic.id })
  const at = { sessionId: session.id, startsAt: session.startsAt.toISOString(), visitTypeId: both.id }
  const booked = await rest.call('createBooking', { body: { ...at, patient: { name: 'Ada' }, confirm: true } })
  expect(booked.body).toMatchObject({
    status: 'CONFIRMED',
    endsAt: new Date(session.startsAt.getTime() + 3_000_000).toISOString(),
  })
  await change(parts[0] ?? '', { combinable: false })
  expect((await combine(parts)).problem).toMatchObject({ code: 'not_combinable', unsuitable: 'not_allowed' })
  // What was booked is still named.
  const read = await rest.call('getVisitType', { path: { ...path, visitTypeId: both.id } })
  expect(read.body).toMatchObject({ name: both.name, active: false })
  expect((await change(both.id, { active: true })).problem.code).toBe('visit_type_not_found')
})

test('of a clinic’s visit types, so many can be combined', async ({ database, rest }) => {
  const { create, change } = await aDesk(database, rest)
  const { id } = (await create(visit)).body
  for (let n = 0; n < visitTypeLimits.combinableMax; n += 1) {
    expect((await create({ ...visit, combinable: true })).status).toBe(201)
  }
  expect((await create({ ...visit, combinable: true })).problem.code).toBe('too_many_combinable')
  expect((await change(id, { combinable: true })).problem.code).toBe('too_many_combinable')
})

test('who asks by an id that is not the clinic’s gets no combination', async ({ database, rest }) => {
  const { clinic, create, doctors } = await aDesk(database, rest)
  const aPart = async () => (await create({ ...visit, combinable: true })).body.id
  const body = { visitTypeIds: [await aPart(), await aPart()] }
  for (const clinicId of [doctors[0], newId(clinic.no), crypto.randomUUID()]) {
    expect((await rest.call('combineVisitTypes', { path: { clinicId }, body })).problem.code).toBe('clinic_not_found')
  }
  const { rowCount } = await database.ownerPool.query(sql`
    select from holdfast.visit_type where clinic_no = ${clinic.no} and part_ids is not null`)
  expect(rowCount).toBe(0)
})
