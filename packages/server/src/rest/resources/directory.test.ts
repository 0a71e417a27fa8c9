import { aBooking, aClinic, aDoctor, aSlot, untilLockWaiters } from '@holdfast/testkit'
import { clinicTextNames, eachClinicText } from '@holdfast/vocabulary'
import sql from 'sql-template-tag'
import { expect } from 'vitest'
import type { Reply, RestApp, TestAccount } from '../../../test/rest-app.ts'
import { test } from '../../../test/rest-test.ts'

let site: TestAccount

test.beforeAll(async ({ rest }) => {
  site = rest.anAccount({ siteAdministrator: true })
})

test('the site administrator creates a clinic; omitted fields have their defaults', async ({ rest }) => {
  const body = { name: ' Praxis am Ring ', timezone: 'europe/berlin', settings: { minimumNoticeMinutes: 60 } }
  const created = await rest.call('createClinic', { as: site, body })
  expect(created.status).toBe(201)
  expect(created.body).toEqual({
    id: expect.stringMatching(/^[0-9a-f-]{36}$/),
    name: 'Praxis am Ring',
    timezone: 'Europe/Berlin',
    externalIds: [],
    ...eachClinicText(() => null),
    settings: {
      holdSeconds: 120,
      holdExtensionsMax: 5,
      minimumNoticeMinutes: 60,
      bookingHorizonDays: 730,
      cancellationDeadlineMinutes: 0,
      waitlistOfferMinutes: 30,
      waitlistNoticeMinutes: 60,
      patientDataMonths: 0,
      messageDays: 180,
    },
    attendanceMinutes: 1440,
    // There is neither a mail server nor an SMS provider.
    sendsEmails: false,
    smsKinds: [],
    logo: null,
  })
  expect((await rest.call('getClinic', { path: { clinicId: created.body.id } })).body).toEqual(created.body)
  const found = await rest.call('listClinics', { query: { q: 'RING' } })
  expect(found.body.items).toEqual([created.body])
})

test.for(clinicTextNames)('%s of a clinic is stored, changed and cleared', async (text, { rest }) => {
  const body = { name: 'Texts', timezone: 'UTC', [text]: '030 1' }
  const clinicId = (await rest.call('createClinic', { as: site, body })).body.id
  const shown = async () => (await rest.call('getClinic', { path: { clinicId } })).body[text]
  expect(await shown()).toBe('030 1')
  for (const value of ['030 2', null]) {
    await rest.call('updateClinic', { as: site, path: { clinicId }, body: { [text]: value } })
    expect(await shown()).toBe(value)
  }
})

test('a clinic writes to its patients in the language that it was created with', async ({ rest }) => {
  const languageOf = async (body: object) => {
    const created = await rest.call('createClinic', { as: site, body: { name: 'Praxis', timezone: 'UTC', ...body } })
    const path = { clinicId: created.body.id }
    return (await rest.call('getMessageSettings', { as: site, path })).body.language
  }
  expect(await languageOf({ language: 'de' })).toBe('de')
  expect(await languageOf({})).toBe('en')
})

test.for(['Mars/Olympus', 'CEST2', '+02:00', 'Europe/Berlin ', '', 'Europe/../etc'])(
  'a time zone %j that does not exist is named',
  async (timezone, { rest }) => {
    const { problem } = await rest.call('createClinic', { as: site, body: { name: 'X', timezone } })
    expect(problem).toMatchObject({ status: 400, code: 'invalid_request', errors: [{ path: '/timezone' }] })
    if (timezone !== '') expect(problem.detail).toContain(JSON.stringify(timezone))
  },
)

test('an admin changes a clinic; omitted fields stay', async ({ database, rest }) => {
  const clinic = await aClinic(database, { settings: { holdSeconds: 300 } })
  const as = await rest.aMember(clinic.no, 'admin')
  const path = { clinicId: clinic.id }
  const before = (await rest.call('getClinic', { path })).body
  const settings = { holdSeconds: 60, waitlistOfferMinutes: 15, waitlistNoticeMinutes: 0 }
  const changed = await rest.call('updateClinic', {
    path,
    as,
    body: { phone: '+49 30 1', settings },
  })
  expect(changed.body).toEqual({ ...before, phone: '+49 30 1', settings: { ...before.settings, ...settings } })
  expect((await rest.call('updateClinic', { path, as, body: { phone: null } })).body.phone).toBeNull()
  const wrong = await rest.call('updateClinic', { path, as, body: { settings: { holdSeconds: 29 } } })
  expect(wrong.problem.errors).toEqual([{ path: '/settings/holdSeconds', message: 'must be at least 30, not 29' }])
  const tooLong = await rest.call('updateClinic', { path, as, body: { settings: { waitlistOfferMinutes: 241 } } })
  expect(tooLong.problem.errors).toEqual([
    { path: '/settings/waitlistOfferMinutes', message: 'must be at most 240, not 241' },
  ])
  const nowhere = await rest.call('updateClinic', { path, as, body: { timezone: 'Nowhere/Land' } })
  expect(nowhere.problem.errors?.[0]?.path).toBe('/timezone')
})

test('another time zone is refused while slots are not over, unless it is confirmed', async ({ database, rest }) => {
  const doctor = await aDoctor(database, await aClinic(database))
  const as = await rest.aMember(doctor.clinicNo, 'admin')
  const path = { clinicId: doctor.clinicId }
  const move = (timezone: string, query = {}) =>
    rest.call('updateClinic', { path, as, query, body: { timezone, phone: '+49 30 2' } })
  const hour = 3_600_000
  const began = (hours: number) => ({ startsAt: new Date(Date.now() + hours * hour) })
  await aSlot(database, doctor, began(-30))
  const { body: former } = await move('Europe/Lisbon')
  expect(former).toMatchObject({ timezone: 'Europe/Lisbon', phone: '+49 30 2' })

  const slot = await aSlot(database, doctor, began(48))
  await aSlot(database, doctor, began(50))
  const booking = { slotId: slot.id, patient: { name: 'Zoe Zone' }, confirm: true }
  expect((await rest.call('createBooking', { body: booking })).status).toBe(201)
  const refused = await move('Asia/Tokyo')
  expect(refused.problem).toMatchObject({ status: 409, code: 'time_zone_in_use', slots: 2, takenSlots: 1 })
  expect(refused.problem.detail).toContain('2 slots are not over, 1 of them with bookings or cases')
  expect((await rest.call('getClinic', { path })).body).toEqual(former)

  // Every local time is the same in the other zone.
  await database.ownerPool.query(sql`
    update holdfast.clinic set timezone = 'Europe/Berlin' where no = ${doctor.clinicNo}`)
  expect((await move('Europe/Vienna')).body.timezone).toBe('Europe/Vienna')
  expect((await move('Europe/Lisbon')).problem.code).toBe('time_zone_in_use')
  await move('Europe/Lisbon', { withSlots: true })

  // The same zone, in whatever spelling, changes nothing.
  expect((await move('europe/lisbon')).status).toBe(200)
  expect((await move('Asia/Tokyo', { withSlots: true })).body.timezone).toBe('Asia/Tokyo')
})

test('slots with bookings are counted behind the first thousand slots, too', async ({ database, rest, doctor }) => {
  const as = await rest.aMember(doctor.clinicNo, 'admin')
  await database.ownerPool.query(
    `select from holdfast.create_slots(
       $1, $2, array(select holdfast.new_id($1, now()) from generate_series(1, 1500)),
       array(select now() + make_interval(days => 2, mins => i) from generate_series(1, 1500) i),
       array(select now() + make_interval(days => 2, mins => i + 1) from generate_series(1, 1500) i),
       array_fill(1, '{1500}'), false)`,
    [doctor.clinicNo, doctor.id],
  )
  await aBooking(database, await aSlot(database, doctor, { startsAt: new Date(Date.now() + 9 * 86_400_000) }))
  const { problem } = await rest.call('updateClinic', {
    path: { clinicId: doctor.clinicId },
    as,
    body: { timezone: 'Asia/Tokyo' },
  })
  expect(problem).toMatchObject({ code: 'time_zone_in_use', slots: 1_501, takenSlots: 1 })
})

test('another time zone waits for slots that are being created, and counts them', async ({ database, rest }) => {
  const doctor = await aDoctor(database, await aClinic(database))
  const as = await rest.aMember(doctor.clinicNo, 'admin')
  const client = await database.ownerPool.connect()
  try {
    await client.query('begin')
    await client.query(
      `select * from holdfast.create_slots($1, $2, array[holdfast.new_id($1, now())], array[now() + interval '2 days'],
                                           array[now() + interval '49 hours'], '{1}', false)`,
      [doctor.clinicNo, doctor.id],
    )
    const changing = rest.call('updateClinic', {
      path: { clinicId: doctor.clinicId },
      as,
      body: { timezone: 'Asia/Tokyo' },
    })
    await untilLockWaiters(database, 1)
    await client.query('commit')
    expect((await changing).problem).toMatchObject({ code: 'time_zone_in_use', slots: 1 })
  } finally {
    client.release()
  }
})

test('a list is paged through, and a cursor of another list is refused', async ({ database, rest }) => {
  const names = ['Page A', 'Page B', 'Page C', 'Page D', 'Page E']
  for (const name of names) await aClinic(database, { name })
  const seen: string[] = []
  let cursor: string | null = null
  do {
    const query: Record<string, string | number> = { q: 'Page', limit: 2, ...(cursor === null ? {} : { cursor }) }
    const page: Reply<'listClinics'> = await rest.call('listClinics', { query })
    seen.push(...page.body.items.map(({ name }) => name))
    cursor = page.body.nextCursor
    if (cursor !== null) {
      const foreign = await rest.call('listDoctors', { query: { cursor } })
      expect(foreign.problem).toMatchObject({ status: 400, errors: [{ path: '/query/cursor' }] })
    }
  } while (cursor !== null)
  expect(seen).toEqual(names)
})

test('a doctor is added, found, changed, and never deleted but deactivated', async ({ rest, clinic }) => {
  const as = await rest.aMember(clinic.no, 'admin')
  const body = {
    clinicId: clinic.id,
    name: 'Dr. Ana Souza',
    specialization: 'Cardiology of tests',
    experienceYears: 12,
    rating: 4.7,
    languages: ['pt-BR', 'en'],
    fee: { amount: 25_000, currency: 'BRL' },
    appointmentTypes: ['video'],
  }
  const created = await rest.call('createDoctor', { as, body })
  expect(created.status).toBe(201)
  const { clinicId, ...fields } = body
  const empty = { externalIds: [], nextSlots: [] }
  const none = { specializationNames: null, hasOpenSessions: false, nextAvailableAt: null, ...empty }
  expect(created.body).toEqual({ id: expect.any(String), clinicId, ...fields, active: true, ...none })
  const path = { doctorId: created.body.id }
  const listed = { name: body.specialization, names: null, doctors: 1 }
  expect((await rest.call('listSpecializations')).body.items).toContainEqual(listed)
  for (const query of [{ q: 'souza' }, { specialization: body.specialization }, { clinicId: clinic.id }]) {
    expect((await rest.call('listDoctors', { query })).body.items.map(({ id }) => id)).toEqual([created.body.id])
  }
  const changed = await rest.call('updateDoctor', { path, as, body: { fee: null, rating: null } })
  expect(changed.body).toEqual({ ...created.body, fee: null, rating: null })

  expect((await rest.call('updateDoctor', { path, as, body: { active: false } })).body.active).toBe(false)
  expect((await rest.call('getDoctor', { path, as })).body.active).toBe(false)
  const query = { clinicId: clinic.id }
  expect((await rest.call('listDoctors', { query })).body.items).toEqual([])
  const all = await rest.call('listDoctors', { query: { ...query, includeInactive: true }, as })
  expect(all.body.items.map(({ id }) => id)).toEqual([created.body.id])
  expect(all.headers['cache-control']).toBe('no-store')
  const slots = await rest.call('listSlots', { path, query: { from: '2026-01-01', to: '2026-01-02' } })
  expect(slots.problem.code).toBe('doctor_not_found')
  expect((await rest.call('listSpecializations')).body.items).not.toContainEqual(
    expect.objectContaining({ name: body.specialization }),
  )
})

test('an inactive doctor is read by the id, but not found, and has no public slots', async ({ database, rest }) => {
  const clinic = await aClinic(database)
  const doctor = await aDoctor(database, clinic, { name: 'Dr Grace Stopped', specialization: 'Stopped medicine' })
  const slot = await aSlot(database, doctor)
  const as = await rest.aMember(clinic.no, 'admin')
  const [path, guest] = [{ doctorId: doctor.id }, rest.anAccount()]
  const before = (await rest.call('getDoctor', { path })).body
  expect(before).toMatchObject({ active: true, nextAvailableAt: slot.startsAt.toISOString() })
  expect(before.nextSlots).toHaveLength(1)
  await rest.call('updateDoctor', { path, as, body: { active: false } })

  const stopped = { ...before, active: false, nextAvailableAt: null, nextSlots: [] }
  for (const caller of [{}, { as: guest }, { as }]) {
    expect((await rest.call('getDoctor', { path, ...caller })).body).toEqual(stopped)
  }
  const queries = [{ q: 'Stopped' }, { clinicId: clinic.id }, { specialization: 'Stopped medicine' }]
  for (const query of queries) expect((await rest.call('listDoctors', { query })).body.items).toEqual([])
  const day = slot.startsAt.toISOString().slice(0, 10)
  const slots = await rest.call('listSlots', { path, query: { from: day, to: day } })
  expect(slots.problem).toMatchObject({ status: 404, code: 'doctor_not_found' })
  const body = { slotId: slot.id, patient: { name: 'Pia' } }
  expect((await rest.call('createBooking', { body })).problem.code).toBe('slot_closed')
  expect((await rest.call('getDoctorWaitlist', { path })).problem.code).toBe('doctor_not_found')

  await rest.call('updateDoctor', { path, as, body: { active: true } })
  expect((await rest.call('getDoctor', { path })).body).toEqual(before)
})

test('what is no doctor is not read by the id of one', async ({ database, rest, clinic }) => {
  const slot = await aSlot(database, await aDoctor(database, clinic))
  for (const doctorId of [slot.id, clinic.id]) {
    const { problem } = await rest.call('getDoctor', { path: { doctorId } })
    expect(problem).toMatchObject({ status: 404, code: 'doctor_not_found' })
  }
})

test('a doctor has the next time at which they can be booked', async ({ rest, doctor, slot }) => {
  const { body } = await rest.call('getDoctor', { path: { doctorId: doctor.id } })
  expect(body.nextAvailableAt).toBe(slot.startsAt.toISOString())
})

/** All pages of a list of doctors, by name. */
async function namesOf(rest: RestApp, query: Record<string, string | number>): Promise<string[]> {
  const names: string[] = []
  let cursor: string | null = null
  do {
    const pageQuery: Record<string, string | number> = { ...query, ...(cursor === null ? {} : { cursor }) }
    const page: Reply<'listDoctors'> = await rest.call('listDoctors', { query: pageQuery })
    names.push(...page.body.items.map(({ name }) => name))
    cursor = page.body.nextCursor
  } while (cursor !== null)
  return names
}

test('soonest first, ties by name, doctors without a free time last, also across pages', async ({ database, rest }) => {
  const clinic = await aClinic(database)
  const later = { startsAt: new Date(Date.now() + 50 * 3_600_000) }
  const sooner = { startsAt: new Date(Date.now() + 48 * 3_600_000) }
  const doctors = [
    ['Ada', null],
    ['Bea', later],
    ['Cleo', sooner],
    ['Dora', later],
    ['Edda', null],
  ] as const
  for (const [name, wishes] of doctors) {
    const doctor = await aDoctor(database, clinic, { name, appointmentTypes: name < 'C' ? ['video'] : ['in_person'] })
    if (wishes !== null) await aSlot(database, doctor, wishes)
  }
  const query = { clinicId: clinic.id }
  for (const limit of [1, 2, 100]) {
    expect(await namesOf(rest, { ...query, sort: 'soonest', limit })).toEqual(['Cleo', 'Bea', 'Dora', 'Ada', 'Edda'])
    expect(await namesOf(rest, { ...query, sort: 'name', limit })).toEqual(['Ada', 'Bea', 'Cleo', 'Dora', 'Edda'])
  }
  expect(await namesOf(rest, query)).toEqual(await namesOf(rest, { ...query, sort: 'name' }))
  expect(await namesOf(rest, { ...query, sort: 'soonest', appointmentType: 'video' })).toEqual(['Bea', 'Ada'])
  expect(await namesOf(rest, { ...query, appointmentType: 'in_person' })).toEqual(['Cleo', 'Dora', 'Edda'])
})

test('a cursor of the other order is refused, and so are unknown orders and types', async ({ database, rest }) => {
  const clinic = await aClinic(database)
  for (const name of ['Ada', 'Bea']) await aDoctor(database, clinic, { name })
  const query = { clinicId: clinic.id, limit: 1 }
  for (const [one, other] of [
    ['name', 'soonest'],
    ['soonest', 'name'],
  ] as const) {
    const { nextCursor } = (await rest.call('listDoctors', { query: { ...query, sort: one } })).body
    const refused = await rest.call('listDoctors', { query: { ...query, sort: other, cursor: String(nextCursor) } })
    expect(refused.problem).toMatchObject({
      status: 400,
      code: 'invalid_request',
      errors: [{ path: '/query/cursor', message: expect.stringContaining('is not a cursor of this list') }],
    })
  }
  for (const [name, value] of [
    ['sort', 'rating'],
    ['appointmentType', 'phone'],
  ] as const) {
    const { problem } = await rest.call('listDoctors', { query: { [name]: value } })
    expect(problem).toMatchObject({ status: 400, errors: [{ path: `/query/${name}` }] })
  }
})

test('lists with the longest names, in characters of four bytes, are paged through too', async ({ database, rest }) => {
  const clinic = await aClinic(database)
  const names = ['𝒜', '𝒞', '𝒟'].map((letter) => letter.repeat(200))
  for (const name of names) await aDoctor(database, clinic, { name })
  for (const sort of ['name', 'soonest']) {
    expect((await namesOf(rest, { clinicId: clinic.id, limit: 1, sort })).toSorted()).toEqual(names)
  }
})

test('an unknown currency and an unknown clinic are reported', async ({ rest, clinic }) => {
  const as = await rest.aMember(clinic.no, 'admin')
  const body = { clinicId: clinic.id, name: 'Dr', specialization: 'X', fee: { amount: 1, currency: 'ABC' } }
  expect((await rest.call('createDoctor', { as, body })).problem.errors).toEqual([
    { path: '/fee/currency', message: 'must be an ISO 4217 code, not "ABC"' },
  ])
  const nowhere = await rest.call('createDoctor', { as: site, body: { ...body, clinicId: crypto.randomUUID() } })
  expect(nowhere.problem.code).toBe('clinic_not_found')
})

test('a search text is not a pattern', async ({ database, rest }) => {
  await aClinic(database, { name: '100% Praxis_1' })
  const names = async (q: string) =>
    (await rest.call('listClinics', { query: { q } })).body.items.map(({ name }) => name)
  expect(await names('100%')).toEqual(['100% Praxis_1'])
  expect(await names('Praxis_1')).toEqual(['100% Praxis_1'])
  expect(await names('P%1')).toEqual([])
  expect(await names("'; drop table holdfast.clinic; --")).toEqual([])
})
