import type { AddressInfo } from 'node:net'
import { aBooking, aClinic, aDoctor, aSession, aSlot, aVisitType, type TestDatabase, until } from '@holdfast/testkit'
import Papa from 'papaparse'
import sql from 'sql-template-tag'
import { afterEach, expect, vi } from 'vitest'
import { accountHeader, type RestApp } from '../../../test/rest-app.ts'
import { test } from '../../../test/rest-test.ts'

afterEach(() => void vi.restoreAllMocks())

test('an export has all bookings that match, also of later pages, and is recorded', async ({ database, rest }) => {
  const clinic = await aClinic(database, { timezone: 'Asia/Tokyo' })
  const doctor = await aDoctor(database, clinic)
  const startsAt = new Date(Math.ceil(Date.now() / 3_600_000) * 3_600_000 + 86_400_000)
  const slot = await aSlot(database, doctor, { startsAt, capacity: 50 })
  const first = await aBooking(database, slot, {
    reason: '=1+1\nas discussed',
    patient: { name: '@Ada; "the" first', email: 'ada@example.org', phone: '+49 (171) 123-45' },
  })
  // More than two pages.
  await database.ownerPool.query(sql`insert into holdfast.booking
      select (jsonb_populate_record(b, jsonb_build_object('id', holdfast.new_id(${clinic.no}::integer, now())))).*
        from holdfast.booking b, generate_series(1, 1100) where b.id = ${first.id}`)
  const as = await rest.aMember(clinic.no, 'staff')
  const path = { clinicId: clinic.id }
  const { status, headers, body } = await rest.call('exportClinicBookings', { path, as })
  expect(status).toBe(200)
  expect(headers['content-type']).toBe('text/csv; charset=utf-8')
  const { data, meta } = Papa.parse<Record<string, string>>(body.trimEnd(), { header: true })
  expect(data).toHaveLength(1_101)
  expect(new Set(data.map(({ bookingId }) => bookingId)).size).toBe(1_101)
  expect(meta.fields?.slice(0, 6)).toEqual(['bookingId', 'status', 'failureReason', 'startsAt', 'endsAt', 'timezone'])
  const local = startsAt.toTemporalInstant().toZonedDateTimeISO('Asia/Tokyo').toPlainDateTime().toString()
  expect(data.find(({ bookingId }) => bookingId === first.id)).toMatchObject({
    startsAt: local.slice(0, 16).replace('T', ' '),
    startsAtUtc: startsAt.toISOString(),
    timezone: 'Asia/Tokyo',
    doctorId: doctor.id,
    // A telephone number is no formula; what a spreadsheet would run is text.
    phone: '+49 171 123 45',
    patient: `'@Ada; "the" first`,
    reason: `'=1+1\nas discussed`,
  })
  await until(async () => rest.audited.some(({ details }) => details?.includes('1101')), 'the export to be recorded')
  const semicolons = await rest.call('exportClinicBookings', { path, as, query: { separator: 'semicolon' } })
  expect(semicolons.body).toContain('bookingId;status;failureReason')
  expect(semicolons.body).toContain(`"'@Ada; ""the"" first"`)
  expect(rest.audited.filter(({ clinicNo }) => clinicNo === clinic.no).map(({ details }) => details)).toEqual([
    ['bookings', 'begun'],
    ['bookings', '1101'],
    ['bookings', 'begun'],
    ['bookings', '1101'],
  ])
  const none = await rest.call('exportClinicBookings', { path, as, query: { status: 'NO_SHOW' } })
  expect(none.body.trim().split('\r\n')).toHaveLength(1)
})

test('an export names the visit types of visits in open sessions', async ({ database, rest, clinic }) => {
  const session = await aSession(database, await aDoctor(database, clinic))
  const type = await aVisitType(database, clinic, { name: '=Check-up' })
  const visit = { sessionId: session.id, startsAt: session.startsAt.toISOString(), visitTypeId: type.id }
  await rest.call('createBooking', { body: { ...visit, patient: { name: 'Ada' }, confirm: true } })
  const admin = await rest.aMember(clinic.no, 'admin')
  const day = session.startsAt.toISOString().slice(0, 10)
  const query = { from: day, to: day }
  const { body } = await rest.call('exportClinicBookings', { path: { clinicId: clinic.id }, as: admin, query })
  expect(Papa.parse<Record<string, string>>(body.trimEnd(), { header: true }).data).toMatchObject([
    { visitTypeId: type.id, visitType: "'=Check-up" },
  ])
})

test('an export has the reference that patients are told, and who cancelled', async ({ database, rest, clinic }) => {
  const doctor = await aDoctor(database, clinic)
  const slot = await aSlot(database, doctor, { startsAt: new Date(Date.now() + 86_400_000), capacity: 3 })
  const [booked, byPatient, byClinic] = [
    await aBooking(database, slot),
    await aBooking(database, slot),
    await aBooking(database, slot),
  ]
  const as = await rest.aMember(clinic.no, 'staff')
  const cancel = (caller: object, bookingId: string) =>
    rest.call('cancelBooking', { path: { bookingId }, body: {}, ...caller })
  expect((await cancel({ token: rest.manageTokens.issue(byPatient.id) }, byPatient.id)).status).toBe(200)
  expect((await cancel({ as }, byClinic.id)).status).toBe(200)
  const { body } = await rest.call('exportClinicBookings', { path: { clinicId: clinic.id }, as })
  const { data, meta } = Papa.parse<Record<string, string>>(body.trimEnd(), { header: true })
  const last = ['reference', 'cancelledBy', 'visitTypeId', 'visitType', 'answers', 'requestedAt']
  expect(meta.fields?.slice(-last.length)).toEqual(last)
  const found = new Map(data.map(({ bookingId, reference, cancelledBy }) => [bookingId, [reference, cancelledBy]]))
  const reference = ({ id }: { id: string }) => `${id.slice(-8, -4)}-${id.slice(-4)}`.toUpperCase()
  expect(found.get(booked.id)).toEqual([reference(booked), ''])
  expect(found.get(byPatient.id)).toEqual([reference(byPatient), 'patient'])
  expect(found.get(byClinic.id)).toEqual([reference(byClinic), 'clinic'])
})

test('a search by an export is recorded, also if it finds nothing', async ({ rest, clinic }) => {
  const as = await rest.aMember(clinic.no, 'staff')
  const searched = ['gwendolin', 'ada']
  for (const q of searched) {
    const { body } = await rest.call('exportClinicBookings', { path: { clinicId: clinic.id }, as, query: { q } })
    expect(body.trim().split('\r\n')).toHaveLength(1)
  }
  const recorded = await until(async () => {
    const exports = rest.audited.filter(({ kind, clinicNo }) => kind === 'data_exported' && clinicNo === clinic.no)
    return exports.length === searched.length ? exports : undefined
  }, 'both searches to be recorded')
  expect(recorded).toMatchObject(searched.map((q) => ({ details: ['bookings', '0', 'search'], searched: q })))
})

/** Bookings of one slot, on more than two pages, and a server that sends them over a connection. */
async function aLongExport(database: TestDatabase, rest: RestApp) {
  const clinic = await aClinic(database)
  const startsAt = new Date(Math.ceil(Date.now() / 3_600_000) * 3_600_000 + 86_400_000)
  const doctor = await aDoctor(database, clinic)
  const first = await aBooking(database, await aSlot(database, doctor, { startsAt, capacity: 50 }))
  await database.ownerPool.query(sql`insert into holdfast.booking
      select (jsonb_populate_record(b, jsonb_build_object('id', holdfast.new_id(${clinic.no}::integer, now())))).*
        from holdfast.booking b, generate_series(1, 1100) where b.id = ${first.id}`)
  const as = await rest.aMember(clinic.no, 'staff')
  if (!rest.app.server.listening) await rest.app.listen({ port: 0 })
  const { port } = rest.app.server.address() as AddressInfo
  const url = `http://localhost:${port}/api/v1/clinics/${clinic.id}/bookings.csv`
  return {
    clinic,
    doctor,
    startsAt,
    as,
    read: () => fetch(url, { headers: { [accountHeader]: as.id } }),
    recorded: () => rest.audited.filter(({ clinicNo }) => clinicNo === clinic.no).map(({ details }) => details),
  }
}

/** Runs this before the access is checked again for the second page. */
function beforeSecondPage(rest: RestApp, run: () => Promise<unknown>) {
  const identify = rest.app.identifyAgain
  let times = 0
  return vi.spyOn(rest.app, 'identifyAgain').mockImplementation(async (request) => {
    times += 1
    if (times === 1) await run()
    return identify(request)
  })
}

test('an export breaks off when its reader is removed, and its end is recorded', async ({ database, rest }) => {
  const { as, read, recorded } = await aLongExport(database, rest)
  beforeSecondPage(rest, () =>
    database.ownerPool.query('delete from holdfast.membership where account_id = $1', [as.id]),
  )
  const response = await read()
  expect(response.status).toBe(200)
  await expect(response.text()).rejects.toThrow('terminated')
  await until(async () => recorded().length === 2, 'the end to be recorded')
  expect(recorded()).toEqual([
    ['bookings', 'begun'],
    ['bookings', '500', 'interrupted'],
  ])
})

test('negative control: a reader who stays gets all but a booking made meanwhile', async ({ database, rest }) => {
  const { clinic, doctor, startsAt, read, recorded } = await aLongExport(database, rest)
  const booked = beforeSecondPage(rest, async () => {
    const later = new Date(startsAt.getTime() + 3_600_000)
    const { id } = await aBooking(database, await aSlot(database, doctor, { startsAt: later }))
    const list = await rest.engine.reads.bookingsOfClinic({
      clinicNo: clinic.no,
      from: later.toISOString().slice(0, 10),
      to: later.toISOString().slice(0, 10),
      status: null,
      confirmedOnly: false,
      doctorId: doctor.id,
      q: id,
      limit: 1,
      cursor: null,
    })
    expect(list.items).toHaveLength(1)
  })
  const { data } = Papa.parse((await (await read()).text()).trimEnd(), { header: true })
  expect(data).toHaveLength(1_101)
  expect(booked).toHaveBeenCalledTimes(2)
  await until(async () => recorded().length === 2, 'the end to be recorded')
  expect(recorded()[1]).toEqual(['bookings', '1101'])
})

test('an account exports one file at once, and can export another when it has ended', async ({ database, rest }) => {
  const { clinic, as, read } = await aLongExport(database, rest)
  const path = { clinicId: clinic.id }
  let second = { status: 0, code: '' }
  beforeSecondPage(rest, async () => {
    second = (await rest.call('exportClinicBookings', { path, as })).problem
  })
  await (await read()).text()
  expect(second).toMatchObject({ status: 429, code: 'rate_limited' })
  expect((await rest.call('exportClinicBookings', { path, as, query: { status: 'NO_SHOW' } })).status).toBe(200)
})

test('an export whose days are wrong is refused with a problem', async ({ rest, clinic }) => {
  const as = await rest.aMember(clinic.no, 'staff')
  const query = { from: '2026-02-02', to: '2026-02-01' }
  expect((await rest.call('exportClinicBookings', { path: { clinicId: clinic.id }, as, query })).problem).toMatchObject(
    {
      status: 400,
    },
  )
})

test('a HEAD of an export has no route, so that it reads nothing', async ({ rest }) => {
  const url = '/api/v1/clinics/:clinicId/bookings.csv'
  expect(rest.app.hasRoute({ method: 'GET', url })).toBe(true)
  expect(rest.app.hasRoute({ method: 'HEAD', url })).toBe(false)
})
