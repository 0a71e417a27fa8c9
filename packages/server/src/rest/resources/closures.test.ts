import { randomUUID } from 'node:crypto'
import { aBooking, aClinic, aDoctor, aSlot, type TestDatabase } from '@holdfast/testkit'
import { expect } from 'vitest'
import type { RestApp } from '../../../test/rest-app.ts'
import { test } from '../../../test/rest-test.ts'

/** A clinic in Berlin with two doctors, of whom the first has a slot, and its people. */
async function aScene(database: TestDatabase, rest: RestApp) {
  const clinic = await aClinic(database, { timezone: 'Europe/Berlin' })
  const [doctor, colleague] = [await aDoctor(database, clinic), await aDoctor(database, clinic)]
  const slot = await aSlot(database, doctor)
  const day = slot.startsAt.toTemporalInstant().toZonedDateTimeISO(clinic.timezone).toPlainDate().toString()
  const [admin, own] = [await rest.aMember(clinic.no, 'admin'), await rest.aMember(clinic.no, 'doctor', doctor.id)]
  const path = { clinicId: clinic.id }
  const list = async (as = admin, query = {}) => {
    const listed = await rest.call('listClosures', { path, as, query: { from: day, to: day, ...query } })
    return listed.body.items
  }
  const blocked = async () => {
    const of = { path: { doctorId: doctor.id }, as: admin, query: { from: day, to: day } }
    return (await rest.call('listBlockedSlots', of)).body.items
  }
  const close = async (body: object, as = admin) => rest.call('createClosure', { path, as, body, key: randomUUID() })
  return { clinic, doctor, colleague, slot, day, admin, own, path, list, blocked, close }
}

test('the desk closes a day, which is listed with instants, changed and removed', async ({ database, rest }) => {
  const { slot, day, admin, path, list, blocked, close } = await aScene(database, rest)
  const created = await close({ from: day, to: day, note: ' Staff outing ' })
  const shown = { doctorId: null, from: day, to: day, yearly: false, note: 'Staff outing', isApplied: true }
  expect(created).toMatchObject({ status: 201, body: shown })
  expect(created.headers['holdfast-position']).toEqual(expect.any(String))
  const { body } = created
  if (!('id' in body)) throw new Error('It was not created.')
  const start = Temporal.PlainDate.from(day).toZonedDateTime('Europe/Berlin')
  const times = [start, start.add({ days: 1 })].map((at) => new Date(at.epochMilliseconds).toISOString())
  expect(await list()).toMatchObject([{ ...shown, id: body.id, times: [{ startsAt: times[0], endsAt: times[1] }] }])
  expect(await blocked()).toEqual([{ slotId: slot.id, cause: 'clinic_closure', note: 'Staff outing' }])
  const one = { path: { ...path, closureId: body.id }, as: admin }
  const shorter = await rest.call('updateClosure', { ...one, body: { to: `${day}T00:05`, note: null } })
  expect(shorter.body).toMatchObject({ from: `${day}T00:00`, to: `${day}T00:05`, note: null })
  expect(await blocked()).toEqual([])
  expect((await rest.call('updateClosure', { ...one, body: { from: day, to: day } })).body).toMatchObject({
    from: day,
    to: day,
  })
  expect(await blocked()).toHaveLength(1)
  expect((await rest.call('updateClosure', { ...one, body: { to: `${day}T00:00` } })).problem).toMatchObject({
    code: 'invalid_request',
    errors: [{ path: '/to' }],
  })
  // Again, and under another key, it changes nothing.
  for (const key of [randomUUID(), randomUUID()]) {
    expect((await rest.call('deleteClosure', { ...one, key })).status).toBe(204)
  }
  expect(await blocked()).toEqual([])
  expect(await list()).toEqual([])
  expect((await rest.call('getClosureEffect', one)).problem.code).toBe('closure_not_found')
  expect((await rest.call('updateClosure', { ...one, body: { note: 'x' } })).problem.code).toBe('closure_not_found')
  const details = rest.audited.filter(({ subjectId }) => subjectId === body.id).map((event) => event.details)
  expect(details).toEqual([
    ['closure added'],
    ['closure changed'],
    ['closure changed'],
    ['closure removed'],
    ['closure removed'],
  ])
})

test('a dry run closes nothing, says what would be closed, and lists bookings in pages', async ({ database, rest }) => {
  const { clinic, doctor, slot, day, admin, path, list, blocked } = await aScene(database, rest)
  const bookings = [await aBooking(database, slot), await aBooking(database, await aSlot(database, doctor))]
  const preview = (query: object) =>
    rest.call('createClosure', { path, as: admin, query: { dryRun: true, ...query }, body: { from: day, to: day } })
  const first = await preview({ limit: 1 })
  expect(first).toMatchObject({ status: 200, body: { slots: 2, blockedSlots: 0, takenSlots: 2, takenUnits: 2 } })
  const page = 'bookings' in first.body ? first.body.bookings : { items: [], nextCursor: null }
  const second = await preview({ cursor: page.nextCursor })
  expect(second.body).not.toHaveProperty('slots')
  const rest_ = 'bookings' in second.body ? second.body.bookings : { items: [], nextCursor: null }
  expect([...page.items, ...rest_.items].map(({ id }) => id)).toEqual(bookings.map(({ id }) => id))
  expect(rest_.nextCursor).toBeNull()
  expect(await list()).toEqual([])
  expect(await blocked()).toEqual([])
  const recorded = rest.audited.filter(({ clinicNo }) => clinicNo === clinic.no)
  expect(recorded.map(({ kind, details }) => [kind, details])).toEqual([
    ['bookings_read', ['closure']],
    ['bookings_read', ['closure']],
  ])
  const { problem } = await preview({ cursor: 'abc' })
  expect(problem).toMatchObject({ code: 'invalid_request', errors: [{ path: '/query/cursor' }] })
})

test('doctors close only themselves, and see closures of themselves and of the clinic', async ({ database, rest }) => {
  const { doctor, colleague, day, admin, own, path, list, close } = await aScene(database, rest)
  const time = { from: `${day}T12:00`, to: `${day}T14:00` }
  expect((await close({ ...time, doctorId: colleague.id }, own)).problem.code).toBe('forbidden')
  const mine = await close(time, own)
  expect(mine).toMatchObject({ status: 201, body: { doctorId: doctor.id, ...time } })
  const theirs = await close({ ...time, doctorId: colleague.id })
  const all = await close({ ...time })
  const idOf = ({ body }: typeof mine) => ('id' in body ? body.id : '')
  expect((await list(own)).map(({ id }) => id)).toEqual([mine, all].map(idOf))
  expect((await list()).map(({ id }) => id)).toEqual([mine, theirs, all].map(idOf))
  expect((await list(admin, { doctorId: colleague.id })).map(({ id }) => id)).toEqual([theirs, all].map(idOf))
  for (const closed of [theirs, all]) {
    const one = { path: { ...path, closureId: idOf(closed) }, as: own }
    expect((await rest.call('deleteClosure', one)).problem.code).toBe('forbidden')
  }
  expect((await rest.call('deleteClosure', { path: { ...path, closureId: idOf(mine) }, as: own })).status).toBe(204)
  const { id: stranger } = await aDoctor(database, await aClinic(database))
  expect((await close({ ...time, doctorId: stranger })).problem.code).toBe('doctor_not_found')
})

test.for([
  [{ from: '2027-02-29', to: '2027-03-01' }, '/from'],
  [{ from: '2027-02-28', to: '2027-02-30' }, '/to'],
  [{ from: '2027-03-02', to: '2027-03-01' }, '/to'],
  [{ from: '2027-03-01T10:00', to: '2027-03-01T10:00' }, '/to'],
  [{ from: '2027-03-01', to: '2027-03-02', yearly: true }, '/to'],
  [{ from: '2027-03-01T00:00', to: '2027-03-01T24:00', yearly: true }, '/to'],
  [{ from: '2020-03-01', to: '2020-03-01' }, '/to'],
  [{ from: '2027-03-01', to: '2028-03-01' }, '/to'],
  [{ from: '2027-03-01T10:00', to: '2028-03-01T10:01' }, '/to'],
] as const)('a closure is refused for its times: %o', async ([body, at], { database, rest }) => {
  const { close } = await aScene(database, rest)
  expect((await close(body)).problem).toMatchObject({ code: 'invalid_request', errors: [{ path: at }] })
})

test('a closure is not changed to days that are over', async ({ database, rest }) => {
  const { day, admin, path, close } = await aScene(database, rest)
  const { body } = await close({ from: day, to: day })
  const closureId = 'id' in body ? body.id : ''
  const past = { from: '2020-03-01', to: '2020-03-02' }
  const { problem } = await rest.call('updateClosure', { path: { ...path, closureId }, as: admin, body: past })
  expect(problem).toMatchObject({ code: 'invalid_request', errors: [{ path: '/to', message: 'is over (2020-03-02)' }] })
})

test('a yearly closure may have begun long ago; a repetition creates nothing', async ({ database, rest }) => {
  const { clinic, day, admin, path, list } = await aScene(database, rest)
  const first = `2000${day.slice(4)}`
  const create = () =>
    rest.call('createClosure', {
      path,
      as: admin,
      body: { from: first, to: first, yearly: true },
      key: `k${clinic.no}`,
    })
  const created = await create()
  expect(created).toMatchObject({ status: 201, body: { yearly: true, from: first, to: first } })
  expect((await create()).body).toEqual(created.body)
  expect(await list()).toHaveLength(1)
  expect(rest.audited.filter(({ clinicNo }) => clinicNo === clinic.no)).toHaveLength(1)
})

test('public holidays are proposed for a region, and those closed already are marked', async ({ database, rest }) => {
  const { admin, path, close } = await aScene(database, rest)
  await close({ from: '2027-12-20', to: '2027-12-25' })
  const holidays = async (query: object) =>
    (await rest.call('listPublicHolidays', { path, as: admin, query: { year: 2027, ...query } })).body
  const ofNone = await holidays({})
  expect(ofNone).toMatchObject({ regions: [], items: [] })
  expect(ofNone.countries).toContainEqual({ code: 'DE', name: 'Germany' })
  const { regions, items } = await holidays({ country: 'DE', region: 'BY', language: 'de' })
  expect(regions).toContainEqual({ code: 'BY', name: 'Bayern' })
  const of = (day: string) => items.find(({ from }) => from === day)
  expect(of('2027-12-25')).toMatchObject({ to: '2027-12-25', hasFixedDate: true, isClosed: true })
  expect(of('2027-12-26')).toMatchObject({ hasFixedDate: true, isClosed: false })
  expect(of('2027-03-29')).toMatchObject({ name: 'Ostermontag', hasFixedDate: false, isClosed: false })
  // Of several days, and of a part of one.
  expect((await holidays({ country: 'SA' })).items).toContainEqual(
    expect.objectContaining({ from: '2027-03-09', to: '2027-03-12', hasFixedDate: false }),
  )
  expect((await holidays({ country: 'IS' })).items).toContainEqual(
    expect.objectContaining({ from: '2027-12-24T13:00', to: '2027-12-25T00:00' }),
  )
  expect((await holidays({ country: 'XX' })).items).toEqual([])
  expect((await holidays({ country: 'DE', region: 'XX' })).items).toEqual([])
})
