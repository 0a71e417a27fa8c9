import { randomUUID } from 'node:crypto'
import {
  aBooking,
  aClinic,
  aDoctor,
  aPatientRecord,
  aSlot,
  aWaitlistEntry,
  placesOfText,
  type TestDatabase,
} from '@holdfast/testkit'
import type { PersonalSection } from '@holdfast/vocabulary'
import sql from 'sql-template-tag'
import { expect } from 'vitest'
import { aCase, caseOf, freshTest, test } from '../../test/theatre.ts'
import { createEngine } from '../create-engine.ts'
import { oneShard } from '../database/shard-pools.ts'
import { type PersonalData, type PersonInClinic, TooMuchPersonalData } from '../model/personal-data.ts'
import { accountSources } from './account-sections.ts'
import { createPersonalData } from './create-personal-data.ts'
import { sectionSources } from './personal-sections.ts'

const ada = { name: 'Ada Plantedname', email: 'ada@planted.example', phone: '+44 20 7946 0018' }
const ben = { name: 'Ben Othername', email: 'ben@other.example' }

/** Ada has a booking, an entry of the waitlist and a record with one address; Ben has all of them with another. */
async function aScene(database: TestDatabase) {
  const pool = database.appPool
  const engine = createEngine({ batchPool: pool, generalPool: pool })
  const clinic = await aClinic(database)
  const doctor = await aDoctor(database, clinic)
  const accountId = randomUUID()
  const of = async (patient: typeof ben, overrides: { accountId?: string; reason?: string }) => {
    const booking = await aBooking(database, await aSlot(database, doctor), { patient, ...overrides })
    const entry = await aWaitlistEntry(database, doctor, { patient })
    const record = await engine.patients.create(clinic.no, aPatientRecord({ ...patient, notes: patient.name }), null)
    if (record.kind !== 'done') throw new Error(record.kind)
    return { booking, entry, patientId: record.value.id }
  }
  return {
    engine,
    clinic,
    doctor,
    accountId,
    ada: await of(ada, { accountId, reason: 'plantedreason' }),
    ben: await of(ben, {}),
    dataOf: (person: PersonInClinic) => engine.personalData.ofPerson({ clinicNo: clinic.no, person }),
  }
}

const rowsOf = ({ sections }: PersonalData, name: PersonalSection) =>
  sections.find((section) => section.name === name)?.rows ?? []
const countsOf = ({ sections }: PersonalData) =>
  Object.fromEntries(sections.filter(({ rows }) => rows.length > 0).map(({ name, rows }) => [name, rows.length]))

test('a contact finds what was stored with it, however it is written, and nothing of others', async ({ database }) => {
  const scene = await aScene(database)
  await scene.engine.auditLog.append([
    {
      clinicNo: scene.clinic.no,
      kind: 'booking_read',
      count: 1,
      ageMs: 1_000,
      actorKind: 'account',
      actorId: randomUUID(),
      subjectId: scene.ada.booking.id,
      network: null,
      details: [],
    },
  ])
  for (const contact of [{ email: 'ADA@planted.example' }, { phone: '+442079460018' }]) {
    const data = await scene.dataOf({ contacts: [contact] })
    expect(countsOf(data)).toEqual({ records: 1, appointments: 1, waitlist: 1, history: 2, views: 1 })
    expect(rowsOf(data, 'appointments')).toMatchObject([
      {
        booking: scene.ada.booking.id,
        ...ada,
        reason: 'plantedreason',
        status: 'CONFIRMED',
      },
    ])
    expect(rowsOf(data, 'records')).toMatchObject([{ ...ada, notes: ada.name }])
    expect(JSON.stringify(data)).not.toContain('Othername')
  }
  // The negative control: Ben is in the same places.
  expect(countsOf(await scene.dataOf({ contacts: [{ email: ben.email }] }))).toEqual({
    records: 1,
    appointments: 1,
    waitlist: 1,
    history: 2,
  })
  expect(countsOf(await scene.dataOf({ contacts: [{ email: 'nobody@planted.example' }] }))).toEqual({})
})

test('an account gets its bookings and no record', async ({ database }) => {
  const scene = await aScene(database)
  const data = await scene.dataOf({ accountId: scene.accountId })
  expect(countsOf(data)).toEqual({ appointments: 1, history: 2 })
  expect(rowsOf(data, 'appointments')).toMatchObject([{ isLinked: null }])
})

test('a record gets what is linked, and only if it is asked for, what has a contact and is linked to none', async ({
  database,
}) => {
  const scene = await aScene(database)
  const { engine, doctor } = scene
  const booked = async (patient: { name: string; email?: string; phone?: string }) =>
    (await aBooking(database, await aSlot(database, doctor), { patient })).id
  const [byPhone, former, linked, ofChild] = [
    await booked({ name: 'Ada P.', phone: '+442079460018' }),
    await booked({ name: 'Ada Maidenname', email: 'former@planted.example' }),
    await booked({ name: 'Ada at the desk' }),
    await booked({ name: 'Child of Ada', email: ada.email }),
  ]
  const record = { patientId: scene.ada.patientId, contacts: [] }
  await engine.patients.link(linked, record.patientId, randomUUID())
  // A relative with the same address has a record.
  await engine.patients.link(ofChild, scene.ben.patientId, randomUUID())
  const bookingsIn = (data: PersonalData) =>
    Object.fromEntries(rowsOf(data, 'appointments').map(({ booking, isLinked }) => [booking, isLinked]))
  const alone = await scene.dataOf(record)
  expect(countsOf(alone)).toEqual({ records: 1, appointments: 1, history: 2 })
  expect(bookingsIn(alone)).toEqual({ [linked]: null })
  const withContacts = { ...record, withContactsOfRecord: true }
  const data = await scene.dataOf(withContacts)
  const found = { [scene.ada.booking.id]: false, [byPhone]: false, [linked]: true }
  expect(bookingsIn(data)).toEqual(found)
  expect(rowsOf(data, 'waitlist')).toMatchObject([{ email: ada.email, isLinked: false }])
  expect(rowsOf(data, 'records')).toMatchObject([{ bookings: [linked] }])
  for (const { booking, isLinked } of rowsOf(data, 'history')) expect(isLinked).toBe(booking === linked)
  const contact = { contacts: [{ email: 'former@planted.example' }] }
  expect(bookingsIn(await scene.dataOf({ ...withContacts, ...contact }))).toEqual({ ...found, [former]: false })
  expect(bookingsIn(await scene.dataOf({ ...record, ...contact }))).toEqual({ [linked]: true, [former]: false })
  // Without the record, several contacts find all that have one of them.
  const contacts = [{ email: 'former@planted.example' }, { phone: ada.phone }]
  expect(Object.keys(bookingsIn(await scene.dataOf({ contacts }))).toSorted()).toEqual(
    [scene.ada.booking.id, byPhone, former, linked].toSorted(),
  )
  // The name of another clinic's patient says nothing here.
  const elsewhere = await aClinic(database)
  const nothing = await scene.engine.personalData.ofPerson({ clinicNo: elsewhere.no, person: record })
  expect(countsOf(nothing)).toEqual({})
})

test('a patient of the theatre gets the cases and what they wait for', async ({ database, scene }) => {
  const patient = { mrn: 'M-9', name: 'Ada Plantedname', birthDate: '1970-05-01' }
  const theirs = caseOf(await scene.theatre.claimCase(aCase(scene, { patient, confirm: true })))
  const request = { ...theirs, dueOn: null, roomId: null, note: 'prefers mornings', createdBy: null }
  await scene.theatre.createCaseRequest(scene.clinic.no, { ...request, patient, mayChangePatient: true }, null)
  const { rows } = await database.ownerPool.query<{ id: string }>(sql`select id from holdfast.patient
      where clinic_no = ${scene.clinic.no} and mrn = ${patient.mrn}`)
  const person = { patientId: rows[0]?.id ?? '', contacts: [] }
  const data = await scene.engine.personalData.ofPerson({ clinicNo: scene.clinic.no, person })
  expect(countsOf(data)).toEqual({ records: 1, cases: 1, caseRequests: 1, history: 1 })
  expect(rowsOf(data, 'cases')).toMatchObject([{ booking: theirs.id, procedure: theirs.procedure.display }])
  expect(rowsOf(data, 'caseRequests')).toMatchObject([{ note: 'prefers mornings' }])
})

test('a contact of too many bookings for one person is refused', async ({ database }) => {
  const scene = await aScene(database)
  // The record, the booking and the entry.
  const { ofPerson } = createPersonalData(oneShard(database.appPool), { person: 3, contacts: 1 })
  const request = { clinicNo: scene.clinic.no, person: { contacts: [{ email: ada.email }] } }
  expect(countsOf(await ofPerson(request))).toMatchObject({ appointments: 1 })
  await aBooking(database, await aSlot(database, scene.doctor), { patient: ada })
  await expect(ofPerson(request)).rejects.toThrow(TooMuchPersonalData)
})

test('a contact that many share does not keep a record from its document', async ({ database }) => {
  const scene = await aScene(database)
  const { patientId, booking } = scene.ada
  await scene.engine.patients.link(booking.id, patientId, randomUUID())
  for (const name of ['Carl', 'Dora']) {
    await aBooking(database, await aSlot(database, scene.doctor), { patient: { ...ada, name } })
  }
  const { ofPerson } = createPersonalData(oneShard(database.appPool), { person: 100, contacts: 2 })
  const of = (withContactsOfRecord: boolean) =>
    ofPerson({ clinicNo: scene.clinic.no, person: { patientId, contacts: [], withContactsOfRecord } })
  // Two bookings, and an entry.
  await expect(of(true)).rejects.toMatchObject({ name: 'TooMuchPersonalData', by: 'contacts' })
  expect(countsOf(await of(false))).toMatchObject({ records: 1, appointments: 1 })
})

test('another record that may be of the same person is named, with its number, and not in the document', async ({
  database,
}) => {
  const scene = await aScene(database)
  const { engine, clinic } = scene
  const { patientId } = scene.ada
  const birthDate = '1970-05-01'
  const create = async (fields: Parameters<typeof aPatientRecord>[0]) => {
    const created = await engine.patients.create(clinic.no, aPatientRecord(fields), null)
    return created.kind === 'done' ? created.value.id : created.kind
  }
  const dataOf = () => scene.dataOf({ patientId, contacts: [] })
  expect((await dataOf()).otherRecords).toEqual({ count: 0, records: [] })
  await engine.patients.update(patientId, 1, { birthDate })
  const byPhone = await create({ name: 'A. Plantedname', phone: '020 79460018', mrn: 'M-1' })
  const byName = await create({ name: 'ada plantedname', birthDate, mrn: 'M-2' })
  const byEmail = await create({ name: 'Child', email: 'ADA@planted.example' })
  // The controls: the name alone, and the date of birth alone.
  await create({ name: ada.name, birthDate: '1971-05-01' })
  await create({ name: 'Somebody Else', birthDate })
  const data = await dataOf()
  const records = [
    { patientId: byName, recordNumber: 'M-2' },
    { patientId: byEmail, recordNumber: null },
  ]
  const numbers = new Map(data.otherRecords.records.map((one) => [one.patientId, one.recordNumber]))
  for (const { patientId: id, recordNumber } of records) expect(numbers.get(id)).toBe(recordNumber)
  expect(numbers.has(byPhone)).toBe(false)
  await database.ownerPool.query(
    `insert into holdfast.message_settings (clinic_no, phone_country) values ($1, 'GB')
         on conflict (clinic_no) do update set phone_country = 'GB'`,
    [clinic.no],
  )
  expect((await dataOf()).otherRecords).toEqual({
    count: 3,
    records: [{ patientId: byPhone, recordNumber: 'M-1' }, ...records],
  })
  expect(rowsOf(data, 'records')).toHaveLength(1)
  expect(await engine.patients.unlinked(patientId)).toMatchObject({ otherRecords: { count: 3 } })
  const erased = await engine.patients.erase({ clinicNo: clinic.no, of: { patientId }, actorId: randomUUID() })
  expect(erased).toMatchObject({ kind: 'erased', unlinked: { otherRecords: { count: 3 } } })
})

test('an account has its roles, choices, feeds and what it did, and the clinics that know it', async ({ database }) => {
  const scene = await aScene(database)
  const { engine, clinic, accountId } = scene
  expect(await engine.personalData.clinicsOf(accountId)).toMatchObject([{ clinicNo: clinic.no, clinicId: clinic.id }])
  expect(await engine.personalData.clinicsOf(randomUUID())).toEqual([])
  await database.ownerPool.query(sql`insert into holdfast.membership (clinic_no, account_id, role)
      values (${clinic.no}, ${accountId}, 'staff')`)
  await engine.messages.setChoices(accountId, { reminderEmails: false, smsKindsOff: [], language: null })
  const child = { name: 'Mia', birthDate: '2019-04-03', relation: 'child' as const }
  await engine.accountPeople.create(accountId, child, null)
  await engine.accountPeople.create(randomUUID(), { ...child, name: 'Of another account' }, null)
  const event = {
    clinicNo: clinic.no,
    count: 1,
    ageMs: 1_000,
    actorKind: 'account' as const,
    network: null,
    details: [],
  }
  await engine.auditLog.append([
    { ...event, kind: 'bookings_read', actorId: accountId, subjectId: null },
    { ...event, kind: 'role_granted', actorId: randomUUID(), subjectId: accountId },
    { ...event, kind: 'bookings_read', actorId: randomUUID(), subjectId: null },
  ])
  const sections = await engine.personalData.ofAccount(accountId)
  const rows = Object.fromEntries(sections.map((section) => [section.name, section.rows]))
  expect(rows).toMatchObject({
    people: [child],
    roles: [{ role: 'staff' }],
    messageChoices: [{ reminderEmails: false }],
    calendarFeeds: [],
  })
  expect(rows.securityLog?.map(({ kind }) => kind).toSorted()).toEqual(['bookings_read', 'role_granted'])
})

/** Tables of which the document has nothing, and why. */
const noPerson = 'of a clinic or of the installation'
const digest = 'ids and digests, from which nobody can be named'
const withoutPersonalData: Readonly<Record<string, string>> = {
  account_mail: 'sealed, and deleted when it is sent',
  answer: 'copies of responses, which are deleted after a day',
  api_key: noPerson,
  archived_month: noPerson,
  archived_row: 'of months in transit, for which no document is made',
  arrived_clinic: noPerson,
  audit_chain: digest,
  audit_retention: noPerson,
  band_day: noPerson,
  block: noPerson,
  block_filling: noPerson,
  booking_origin: digest,
  booking_series: noPerson,
  booking_series_member: digest,
  busy_calendar: noPerson,
  clinic: noPerson,
  clinic_logo: noPerson,
  clinic_shard: noPerson,
  closure: noPerson,
  directory_change: noPerson,
  erased_booking: 'of those who were erased',
  erasure: 'of those who were erased',
  external_id: noPerson,
  function_file: noPerson,
  idempotency: digest,
  log_epoch: noPerson,
  log_receiver: noPerson,
  manage_token: digest,
  message_budget: digest,
  message_settings: noPerson,
  migration: noPerson,
  moving_clinic: noPerson,
  open_session: noPerson,
  reminder_opt_out: digest,
  retention_progress: noPerson,
  setting: noPerson,
  shard: noPerson,
  specialization: noPerson,
  upkeep_result: noPerson,
  visit_type_doctor: noPerson,
  waitlist_origin: digest,
  webhook: noPerson,
  webhook_delivery: 'copies of the history, which are deleted after 30 days',
  work_result: noPerson,
  working_calendar: noPerson,
  working_hours: noPerson,
}

test('every table is in a section of the document, or has none of a person’s data', async ({ database }) => {
  const { rows } = await database.ownerPool.query<{ name: string }>(`
    select c.relname as name from pg_class c
     where c.relnamespace = 'holdfast'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition`)
  const sources = [...Object.values(sectionSources), ...Object.values(accountSources)]
  const read = new Set<string>(sources.flatMap(({ tables }) => tables))
  expect([...read, ...Object.keys(withoutPersonalData)].toSorted()).toEqual(rows.map(({ name }) => name).toSorted())
})

freshTest('a name is stored in tables that the document has, and in no other', async ({ database }) => {
  await aScene(database)
  const tables = Object.values(sectionSources).flatMap((source) => source.tables.map((table) => `holdfast.${table}`))
  const places = await placesOfText(database, ada.name)
  expect(places.length).toBeGreaterThan(2)
  expect(places.filter((place) => !place.startsWith('statistics') && !tables.includes(place))).toEqual([])
})
