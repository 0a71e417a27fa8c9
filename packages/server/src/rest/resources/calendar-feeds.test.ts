import { aBooking, aClinic, aDoctor, aSlot, type BuiltBooking, type TestDatabase } from '@holdfast/testkit'
import ICAL from 'ical.js'
import sql from 'sql-template-tag'
import { expect } from 'vitest'
import type { RestApp, TestAccount } from '../../../test/rest-app.ts'
import { test } from '../../../test/rest-test.ts'

async function aScene(database: TestDatabase, rest: RestApp) {
  const clinic = await aClinic(database, { timezone: 'Europe/Berlin' })
  const doctor = await aDoctor(database, clinic)
  const admin = await rest.aMember(clinic.no, 'admin')
  const own = await rest.aMember(clinic.no, 'doctor', doctor.id)
  const patient = rest.anAccount()
  const slot = await aSlot(database, doctor, { capacity: 10 })
  const booking = await aBooking(database, slot, { accountId: patient.id, patient: { name: 'Grace Hopper' } })
  const ofDoctor = { path: { doctorId: doctor.id } }
  const ofClinic = { path: { clinicId: clinic.id } }
  return { clinic, doctor, admin, own, patient, slot, booking, ofDoctor, ofClinic }
}

function fileNameOf(url: string): string {
  return url.slice(url.lastIndexOf('/') + 1)
}

const read = (rest: RestApp, url: string, headers: Record<string, string> = {}) =>
  rest.call('readCalendarFeed', { path: { fileName: fileNameOf(url) }, headers })

const codeOf = async (rest: RestApp, url: string) => (await read(rest, url)).problem.code

const bodyOf = async (rest: RestApp, url: string) => String((await read(rest, url)).body)

const idsIn = (text: string) =>
  new ICAL.Component(ICAL.parse(text))
    .getAllSubcomponents('vevent')
    .map((event) => String(event.getFirstPropertyValue('uid')).replace('@holdfast', ''))

const idsOf = async (rest: RestApp, url: string) => idsIn(await bodyOf(rest, url))

const idOf = ({ id }: BuiltBooking) => id

test('a patient’s feed has the account’s confirmed bookings, and needs no session', async ({ database, rest }) => {
  const { patient, slot, booking, doctor } = await aScene(database, rest)
  await aBooking(database, slot, { accountId: rest.anAccount().id })
  await aBooking(database, slot, { accountId: patient.id, status: 'CANCELLED' })
  await aBooking(database, slot, { accountId: patient.id, status: 'PENDING' })
  const past = await aSlot(database, doctor, { startsAt: new Date(Date.now() - 5 * 86_400_000) })
  const old = await aSlot(database, doctor, { startsAt: new Date(Date.now() - 40 * 86_400_000) })
  const visited = await aBooking(database, past, { accountId: patient.id, createdAt: past.startsAt })
  await aBooking(database, old, { accountId: patient.id, createdAt: old.startsAt })
  expect((await rest.call('getMyCalendarFeed', { as: patient })).body).toEqual({ createdAt: null })
  const created = await rest.call('createMyCalendarFeed', { as: patient, body: { language: 'de' } })
  expect(created.status).toBe(201)
  const { url } = created.body
  expect(url).toMatch(/^http.*\/api\/v1\/calendar-feeds\/[A-Za-z0-9_-]{43}\.ics$/)
  const { status, headers, body } = await read(rest, url)
  expect(status).toBe(200)
  expect(headers).toMatchObject({
    'content-type': 'text/calendar; charset=utf-8',
    'cache-control': 'private, no-cache',
  })
  expect(idsIn(String(body))).toEqual([visited, booking].map(idOf))
  expect(body).toContain('X-WR-CALNAME:Meine Termine')
  expect(body).toContain('TZID:Europe/Berlin')
  const unchanged = await read(rest, url, { 'if-none-match': String(headers.etag) })
  expect(unchanged.status).toBe(304)
  await aBooking(database, slot, { accountId: patient.id })
  expect((await read(rest, url, { 'if-none-match': String(headers.etag) })).status).toBe(200)
  const { createdAt } = (await rest.call('getMyCalendarFeed', { as: patient })).body
  expect(createdAt).toMatch(/Z$/)
})

test('a new feed replaces the former, a revoked one is gone, and others’ stay', async ({ database, rest }) => {
  const { patient, ofDoctor, own } = await aScene(database, rest)
  const create = async (as: TestAccount) => (await rest.call('createMyCalendarFeed', { as })).body.url
  const [first, others] = [await create(patient), await create(rest.anAccount())]
  const doctors = (await rest.call('createDoctorCalendarFeed', { ...ofDoctor, as: own })).body.url
  const second = await create(patient)
  expect(await codeOf(rest, first)).toBe('calendar_feed_not_found')
  expect((await read(rest, second)).status).toBe(200)
  expect((await rest.call('deleteMyCalendarFeed', { as: patient })).status).toBe(204)
  expect((await rest.call('deleteMyCalendarFeed', { as: patient })).status).toBe(204)
  expect(await codeOf(rest, second)).toBe('calendar_feed_not_found')
  for (const url of [others, doctors]) expect((await read(rest, url)).status).toBe(200)
  for (const fileName of ['x', `${'A'.repeat(43)}.ics`, `${fileNameOf(others).slice(0, -4)}`]) {
    const { problem } = await rest.call('readCalendarFeed', { path: { fileName } })
    expect(problem.code).toBe('calendar_feed_not_found')
  }
})

test('a doctor’s feed has that doctor’s bookings alone, and a clinic’s all of them', async ({ database, rest }) => {
  const { clinic, booking, ofDoctor, ofClinic, own, admin } = await aScene(database, rest)
  const colleague = await aDoctor(database, clinic)
  const later = await aBooking(database, await aSlot(database, colleague, { startsAt: inDays(20) }))
  const doctors = (await rest.call('createDoctorCalendarFeed', { ...ofDoctor, as: own })).body.url
  const clinics = (await rest.call('createClinicCalendarFeed', { ...ofClinic, as: admin })).body.url
  expect(await idsOf(rest, doctors)).toEqual([booking.id])
  expect(await idsOf(rest, clinics)).toEqual([booking, later].map(idOf))
  const theirs = { path: { doctorId: colleague.id }, as: own }
  expect((await rest.call('createDoctorCalendarFeed', theirs)).problem.code).toBe('forbidden')
  expect((await rest.call('createClinicCalendarFeed', { ...ofClinic, as: own })).problem.code).toBe('forbidden')
})

test('patients are named only if the clinic allows it, each read in the security log', async ({ database, rest }) => {
  const { ofDoctor, ofClinic, own, admin, clinic, doctor } = await aScene(database, rest)
  const { url } = (await rest.call('createDoctorCalendarFeed', { ...ofDoctor, as: own })).body
  const reads = () => rest.audited.filter(({ kind, clinicNo }) => kind === 'bookings_read' && clinicNo === clinic.no)
  expect(await bodyOf(rest, url)).not.toContain('Grace')
  expect(reads()).toEqual([])
  const change = { ...ofClinic, as: admin, body: { patientNames: true } }
  expect((await rest.call('updateClinicCalendarFeed', change)).body).toEqual({ createdAt: null, patientNames: true })
  expect((await rest.call('getDoctorCalendarFeed', { ...ofDoctor, as: own })).body.patientNames).toBe(true)
  const named = await read(rest, url)
  expect(String(named.body)).toContain('Grace Hopper')
  const recorded = { subjectId: doctor.id, network: '127.0.0.0/24', details: ['calendar feed'] }
  expect(reads()).toMatchObject([recorded])
  // What is not sent again is not read again.
  expect((await read(rest, url, { 'if-none-match': String(named.headers.etag) })).status).toBe(304)
  expect(reads()).toHaveLength(1)
  const back = { ...ofClinic, as: admin, body: { patientNames: false } }
  expect((await rest.call('updateClinicCalendarFeed', back)).status).toBe(200)
  expect(await bodyOf(rest, url)).not.toContain('Grace')
})

test('only the hash of the token is stored, and the security log has no URL', async ({ database, rest }) => {
  const { ofDoctor, own, doctor } = await aScene(database, rest)
  const { url } = (await rest.call('createDoctorCalendarFeed', { ...ofDoctor, as: own, key: 'the same key' })).body
  const token = fileNameOf(url).slice(0, 43)
  const { rows } = await database.ownerPool.query<{ row: string }>(`
    select to_jsonb(f)::text as row from holdfast.calendar_feed f
     union all select to_jsonb(a)::text from holdfast.answer a`)
  expect(rows.length).toBeGreaterThan(0)
  for (const { row } of rows) expect(row).not.toContain(token)
  const audited = rest.audited.filter(({ subjectId }) => subjectId === doctor.id)
  expect(audited).toEqual([expect.objectContaining({ details: ['calendar feed created'] })])
})

/** Each way in which a feed of a doctor ends without being revoked. */
const ways: Record<string, (scene: Awaited<ReturnType<typeof aScene>>, rest: RestApp) => Promise<unknown>> = {
  'the doctor’s membership ends': ({ ofClinic, own, admin }, rest) =>
    rest.call('removeMember', { path: { ...ofClinic.path, accountId: own.id }, as: admin }),
  'the doctor gets another role': ({ ofClinic, own, admin }, rest) =>
    rest.call('changeMember', { path: { ...ofClinic.path, accountId: own.id }, as: admin, body: { role: 'staff' } }),
  'the doctor is deactivated': ({ ofDoctor, admin }, rest) =>
    rest.call('updateDoctor', { ...ofDoctor, as: admin, body: { active: false } }),
}

test.for(Object.keys(ways))('a doctor’s feed ends when %s', async (way, { database, rest }) => {
  const scene = await aScene(database, rest)
  const { ofDoctor, own, clinic } = scene
  const { url } = (await rest.call('createDoctorCalendarFeed', { ...ofDoctor, as: own })).body
  expect((await read(rest, url)).status).toBe(200)
  await ways[way]?.(scene, rest)
  expect(await codeOf(rest, url)).toBe('calendar_feed_not_found')
  const byAdmin = { ...ofDoctor, as: scene.admin }
  expect((await rest.call('getDoctorCalendarFeed', byAdmin)).body.createdAt).toBeNull()
  if (way === 'the doctor is deactivated') return
  // It does not come back with the role.
  await database.ownerPool.query('delete from holdfast.membership where account_id = $1', [own.id])
  await database.ownerPool.query(sql`insert into holdfast.membership (clinic_no, account_id, role, doctor_id)
      values (${clinic.no}, ${own.id}, 'doctor', ${scene.doctor.id})`)
  expect(await codeOf(rest, url)).toBe('calendar_feed_not_found')
})

test('a feed that an admin created for a doctor ends with either of them', async ({ database, rest }) => {
  const { ofDoctor, ofClinic, own, admin, clinic } = await aScene(database, rest)
  const second = await rest.aMember(clinic.no, 'admin')
  const create = async (as: TestAccount) => (await rest.call('createDoctorCalendarFeed', { ...ofDoctor, as })).body.url
  const remove = (accountId: string) => rest.call('removeMember', { path: { ...ofClinic.path, accountId }, as: admin })
  const byAdmin = await create(second)
  expect((await remove(second.id)).status).toBe(204)
  expect(await codeOf(rest, byAdmin)).toBe('calendar_feed_not_found')
  const forDoctor = await create(admin)
  expect((await remove(own.id)).status).toBe(204)
  expect(await codeOf(rest, forDoctor)).toBe('calendar_feed_not_found')
})

test('a clinic’s feed ends when its admin is none any more, also if its row stays', async ({ database, rest }) => {
  const { ofClinic, clinic } = await aScene(database, rest)
  const admin = await rest.aMember(clinic.no, 'admin')
  const { url } = (await rest.call('createClinicCalendarFeed', { ...ofClinic, as: admin })).body
  expect((await read(rest, url)).status).toBe(200)
  await database.ownerPool.query(`update holdfast.membership set role = 'staff' where account_id = $1`, [admin.id])
  expect(await codeOf(rest, url)).toBe('calendar_feed_not_found')
})

test('while a clinic needs two factors, feeds of other sessions end, patients’ do not', async ({ database, rest }) => {
  const { clinic, ofDoctor, ofClinic, own, admin, patient } = await aScene(database, rest)
  const created = async () => [
    (await rest.call('createDoctorCalendarFeed', { ...ofDoctor, as: own })).body.url,
    (await rest.call('createClinicCalendarFeed', { ...ofClinic, as: admin })).body.url,
  ]
  const statusesOf = async (urls: string[]) => {
    const statuses = []
    for (const url of urls) statuses.push((await read(rest, url)).status)
    return statuses
  }
  const isThere = async () =>
    (await rest.call('getClinicCalendarFeed', { ...ofClinic, as: admin })).body.createdAt !== null
  const setRequired = (isNeeded: boolean) => rest.engine.directory.setRolesNeedSecondFactor(clinic.no, isNeeded)
  const patients = (await rest.call('createMyCalendarFeed', { as: patient })).body.url
  const without = await created()
  expect(await statusesOf([...without, patients])).toEqual([200, 200, 200])
  await setRequired(true)
  for (const person of [own, admin]) person.secondFactorAt = new Date()
  expect(await statusesOf([...without, patients])).toEqual([404, 404, 200])
  expect(await isThere()).toBe(false)
  await setRequired(false)
  expect(await statusesOf(without)).toEqual([200, 200])
  // The controls: those of sessions with one, which replace the others.
  await setRequired(true)
  expect(await statusesOf(await created())).toEqual([200, 200])
  expect(await isThere()).toBe(true)
})

test('a feed whose account is gone is none, and one of erased bookings has none', async ({ database, rest }) => {
  const { patient, booking } = await aScene(database, rest)
  const { url } = (await rest.call('createMyCalendarFeed', { as: patient })).body
  expect(await idsOf(rest, url)).toEqual([booking.id])
  await database.ownerPool.query('update holdfast.booking set account_id = null where id = $1', [booking.id])
  expect(await idsOf(rest, url)).toEqual([])
  // The test's accounts are in memory, so a row of an unknown account is that of one that is gone.
  await database.ownerPool.query(
    'with other as (select gen_random_uuid() as id) update holdfast.calendar_feed f set subject_id = other.id, ' +
      'created_by = other.id from other where f.subject_id = $1',
    [patient.id],
  )
  expect(await codeOf(rest, url)).toBe('calendar_feed_not_found')
})

test('a feed has up to 5,000 events, and those to come are not displaced by past ones', async ({ database, rest }) => {
  const { clinic, ofDoctor, own } = await aScene(database, rest)
  const past = await aDoctor(database, clinic)
  const slot = await aSlot(database, past, { capacity: 6_000, startsAt: inDays(3) })
  // Copies of one booking, as its 5,999 others would be.
  const booking = await aBooking(database, slot)
  await database.ownerPool.query(sql`insert into holdfast.booking
      select b.clinic_no, (left(b.id::text, 24) || lpad(to_hex(n), 12, '0'))::uuid, b.slot_id, b.resource_id, b.units,
             b.status, b.failure_reason, b.hold_expires_at, b.extended_by, b.account_id, b.appointment_type, b.patient,
             b.reason, b.cancellation_reason, b.version, b.created_at, b.updated_at
        from holdfast.booking b, generate_series(1, 5998) n where b.id = ${booking.id}`)
  const admin = await rest.aMember(clinic.no, 'admin')
  const path = { doctorId: past.id }
  const { url } = (await rest.call('createDoctorCalendarFeed', { path, as: admin })).body
  expect((await bodyOf(rest, url)).match(/BEGIN:VEVENT/g)).toHaveLength(5_000)
  const other = (await rest.call('createDoctorCalendarFeed', { ...ofDoctor, as: own })).body.url
  expect(await idsOf(rest, other)).toHaveLength(1)
})

function inDays(days: number): Date {
  return new Date(Date.now() + days * 86_400_000)
}
