import { aClinic, aDoctor, aSlot, lapseHolds, type TestDatabase } from '@holdfast/testkit'
import sql from 'sql-template-tag'
import { describe, expect } from 'vitest'
import type { RestApp, TestAccount } from '../../../test/rest-app.ts'
import { test as base } from '../../../test/rest-test.ts'

const test = base.extend('practice', ({ database, rest }) => aPractice(database, rest))

const patient = { name: 'Grace Hopper' }
const room = 'https://meet.example.org/{room}'
const joinPattern = /^https:\/\/meet\.example\.org\/[0-9a-f]{32}$/

/** A doctor who sees patients by video, with a slot for ten, and the clinic's members. */
async function aPractice(database: TestDatabase, rest: RestApp) {
  const clinic = await aClinic(database)
  const doctor = await aDoctor(database, clinic, { appointmentTypes: ['in_person', 'video'] })
  const slot = await aSlot(database, doctor, { capacity: 10 })
  const admin = await rest.aMember(clinic.no, 'admin')
  return { clinic, doctor, slot, admin, path: { doctorId: doctor.id } }
}

type Practice = Awaited<ReturnType<typeof aPractice>>

async function setRoom(rest: RestApp, { path, admin }: Practice, url: string | null) {
  return rest.call('setVideoRoom', { path, as: admin, body: { url } })
}

/** Confirmed, unless it is to stay a hold. */
async function aVisit(
  rest: RestApp,
  { slot }: Practice,
  { confirm = true, ...options }: { appointmentType?: 'in_person' | 'video'; confirm?: boolean; as?: TestAccount } = {},
) {
  const { as, appointmentType = 'video' } = options
  const body = { slotId: slot.id, patient, appointmentType, confirm }
  const created = await rest.call('createBooking', { body, ...(as ? { as } : {}) })
  expect(created.status).toBe(201)
  expect(created.body).not.toHaveProperty('joinUrl')
  return { id: created.body.id, access: { path: { bookingId: created.body.id }, token: created.body.manageToken } }
}

describe('a doctor’s video room', () => {
  test('is absent at first, and can be set, read, changed and removed', async ({ rest, practice }) => {
    const { path, admin } = practice
    const read = async () => (await rest.call('getVideoRoom', { path, as: admin })).body
    expect(await read()).toEqual({ url: null })
    const set = await setRoom(rest, practice, room)
    expect(set.status).toBe(200)
    expect(set.body).toEqual({ url: room })
    expect(set.headers['cache-control']).toBe('no-store')
    expect(await read()).toEqual({ url: room })
    expect((await setRoom(rest, practice, room)).body).toEqual({ url: room })
    expect((await setRoom(rest, practice, null)).body).toEqual({ url: null })
    expect(await read()).toEqual({ url: null })
  })

  test('is not in the public doctor, in a list, or in the log', async ({ rest, practice }) => {
    const { clinic, path, admin } = practice
    await setRoom(rest, practice, 'https://secret.example.org/{room}')
    const { access } = await aVisit(rest, practice)
    await rest.call('confirmBooking', access)
    const responses = [
      await rest.call('getDoctor', { path }),
      await rest.call('getDoctor', { path, as: admin }),
      await rest.call('listDoctors', { query: { clinicId: clinic.id } }),
      await rest.call('listDoctors', { query: { clinicId: clinic.id, includeInactive: true }, as: admin }),
      await rest.call('updateDoctor', { path, as: admin, body: { experienceYears: 3 } }),
      await rest.call('listEvents', { path: { clinicId: clinic.id }, as: admin }),
      await rest.call('listBookingEvents', { ...access, token: '', as: admin }),
    ]
    for (const { status, body } of responses) {
      expect(status).toBe(200)
      expect(JSON.stringify(body)).not.toContain('secret.example.org')
    }
  })

  test.for([
    'http://meet.example.org/{room}',
    'javascript:alert(1)',
    'https://user:secret@meet.example.org/{room}',
    'https://meet.example.org/a\nb',
    'https://meet.example.org/{room}/{room}',
    'https://{room}.example.org/',
    'https://meet.example.org/{other}',
    `https://meet.example.org/${'x'.repeat(500)}`,
    'meet.example.org',
    '',
    7,
  ])('%j is refused by name, and what was set stays', async (url, { rest, practice }) => {
    await setRoom(rest, practice, room)
    const { path, admin } = practice
    const { problem } = await rest.call('setVideoRoom', { path, as: admin, body: { url } })
    expect(problem).toMatchObject({ status: 400, code: 'invalid_request', errors: [{ path: '/url' }] })
    expect((await rest.call('getVideoRoom', { path, as: admin })).body).toEqual({ url: room })
  })

  test('has validation errors that name what was expected', async ({ rest, practice }) => {
    const errorOf = async (url: string) => (await setRoom(rest, practice, url)).problem.errors?.[0]?.message
    expect(await errorOf('http://meet.example.org')).toBe(
      'must be an address that begins with https:// and has no spaces; other letters percent-encoded, ' +
        'not "http://meet.example.org"',
    )
    expect(await errorOf('https://a@b/')).toBe('must hold no user name or password, not "https://a@b/"')
    const { path, admin } = practice
    const empty = await rest.call('setVideoRoom', { path, as: admin, body: {} })
    expect(empty.problem.errors).toEqual([{ path: '/url', message: 'is required' }])
    const more = await rest.call('setVideoRoom', { path, as: admin, body: { url: null, room: 'x' } })
    expect(more.problem.errors?.[0]?.path).toBe('/room')
  })
})

describe('joinUrl', () => {
  test('is in every response that contains a confirmed video booking', async ({ database, rest, practice }) => {
    const { clinic, doctor, admin } = practice
    await setRoom(rest, practice, room)
    const as = rest.anAccount()
    const { id, access } = await aVisit(rest, practice, { confirm: false, as })
    expect((await rest.call('getBooking', access)).body.joinUrl).toBeNull()
    const confirmed = await rest.call('confirmBooking', access)
    const { joinUrl } = confirmed.body
    expect(joinUrl).toMatch(joinPattern)
    expect(joinUrl).not.toContain(id)

    const other = await aSlot(database, doctor)
    const day = practice.slot.startsAt.toISOString().slice(0, 10)
    const bookings = [
      (await rest.call('confirmBooking', access)).body,
      (await rest.call('getBooking', access)).body,
      (await rest.call('getBooking', { path: access.path, as })).body,
      (await rest.call('getBooking', { path: access.path, as: admin })).body,
      (await rest.call('listMyBookings', { as })).body.items[0],
      (
        await rest.call('listClinicBookings', {
          path: { clinicId: clinic.id },
          query: { from: day, to: day },
          as: admin,
        })
      ).body.items[0],
      (await rest.call('extendBooking', access)).problem.booking,
      (await rest.call('rescheduleBooking', { ...access, body: { slotId: other.id } })).body,
    ]
    for (const booking of bookings) expect(booking).toMatchObject({ id, status: 'CONFIRMED', joinUrl })
    expect((await rest.call('cancelBooking', access)).body).toMatchObject({ status: 'CANCELLED', joinUrl: null })
    expect((await rest.call('confirmBooking', access)).problem.booking).toMatchObject({ id, joinUrl: null })
  })

  test('is present while CONFIRMED or ARRIVED, and in no other state', async ({ database, rest, practice }) => {
    await setRoom(rest, practice, room)
    const { id, access } = await aVisit(rest, practice)
    const joinUrlAs = async (status: string) => {
      const failure = status === 'FAILED' ? 'slot_withdrawn' : null
      await database.ownerPool.query(sql`update holdfast.booking
            set status = ${status}, failure_reason = ${failure}, hold_expires_at = now() + interval '1 minute'
          where id = ${id}`)
      const { body } = await rest.call('getBooking', access)
      expect(body.status).toBe(status)
      return body.joinUrl
    }
    for (const status of ['CONFIRMED', 'ARRIVED']) expect(await joinUrlAs(status), status).toMatch(joinPattern)
    for (const status of ['PENDING', 'FAILED', 'CANCELLED', 'NO_SHOW', 'COMPLETED']) {
      expect(await joinUrlAs(status), status).toBeNull()
    }
    await joinUrlAs('PENDING')
    await lapseHolds(database, practice.slot)
    expect((await rest.call('getBooking', access)).body).toMatchObject({ status: 'FAILED', joinUrl: null })
  })

  test('is null for visits in person, and if the doctor has no room', async ({ rest, practice }) => {
    const [inPerson, video] = [
      await aVisit(rest, practice, { appointmentType: 'in_person' }),
      await aVisit(rest, practice),
    ]
    const joinUrls = async () =>
      Promise.all([inPerson, video].map(async ({ access }) => (await rest.call('getBooking', access)).body.joinUrl))
    expect(await joinUrls()).toEqual([null, null])
    await setRoom(rest, practice, room)
    expect(await joinUrls()).toEqual([null, expect.stringMatching(joinPattern)])
    await setRoom(rest, practice, null)
    expect(await joinUrls()).toEqual([null, null])
  })

  test('differs per booking with a placeholder, is shared without, and changes at once', async ({ rest, practice }) => {
    await setRoom(rest, practice, room)
    const visits = [await aVisit(rest, practice), await aVisit(rest, practice)]
    const joinUrls = async () =>
      Promise.all(visits.map(async ({ access }) => (await rest.call('getBooking', access)).body.joinUrl))
    const before = await joinUrls()
    expect(new Set(before).size).toBe(2)
    await setRoom(rest, practice, 'https://video.example.org/?r={room}#x')
    const after = await joinUrls()
    expect(after).toEqual(before.map((url) => `https://video.example.org/?r=${String(url).slice(-32)}#x`))
    await setRoom(rest, practice, 'https://video.example.org/the-one')
    expect(await joinUrls()).toEqual(['https://video.example.org/the-one', 'https://video.example.org/the-one'])
  })

  test('is the right doctor’s in a page with many doctors', async ({ database, rest, clinic }) => {
    const as = rest.anAccount()
    const admin = await rest.aMember(clinic.no, 'admin')
    const expected = new Map<string, unknown>()
    for (let n = 0; n < 4; n += 1) {
      const doctor = await aDoctor(database, clinic, { appointmentTypes: ['in_person', 'video'] })
      const slot = await aSlot(database, doctor, { capacity: 2 })
      const practice = { clinic, doctor, slot, admin, path: { doctorId: doctor.id } }
      if (n !== 2) await setRoom(rest, practice, `https://d${n}.example.org/{room}`)
      const visit = await aVisit(rest, practice, { as, appointmentType: n === 3 ? 'in_person' : 'video' })
      expected.set(visit.id, n < 2 ? expect.stringMatching(`^https://d${n}\\.example\\.org/[0-9a-f]{32}$`) : null)
    }
    const { items } = (await rest.call('listMyBookings', { as })).body
    expect(new Map(items.map(({ id, joinUrl }) => [id, joinUrl]))).toEqual(expected)
    expect(items).toHaveLength(4)
  })

  test('is another one once a correction voids the ticket, for patient and desk', async ({ rest, practice }) => {
    const { clinic, admin: as } = practice
    await setRoom(rest, practice, room)
    const { id, access } = await aVisit(rest, practice)
    const { path } = access
    const read = async (caller: object) => (await rest.call('getBooking', { path, ...caller })).body.joinUrl
    const first = await read(access)
    const corrected = async (change: object) =>
      (await rest.call('correctPatient', { path, body: { patient: change }, as })).body.joinUrl
    // Nobody has got a link at another address before.
    expect(await corrected({ email: 'wrong@example.org' })).toBe(first)
    const joinUrl = await corrected({ email: 'grace@example.org' })
    expect(joinUrl).toMatch(joinPattern)
    expect(joinUrl).not.toBe(first)
    const day = practice.slot.startsAt.toISOString().slice(0, 10)
    const list = { path: { clinicId: clinic.id }, query: { from: day, to: day }, as }
    expect((await rest.call('listClinicBookings', list)).body.items.map((one) => one.joinUrl)).toEqual([joinUrl])
    const token = rest.manageTokens.issue(id, { accountId: null, epoch: 1 })
    expect([await read({ as }), await read({ token })]).toEqual([joinUrl, joinUrl])
  })

  test('is another one after the ticket was renewed, for that visit alone', async ({ rest, practice }) => {
    await setRoom(rest, practice, room)
    const as = rest.anAccount()
    const { id: renewed } = await aVisit(rest, practice, { as })
    const { id: other } = await aVisit(rest, practice, { as })
    const listed = async () => {
      const { items } = (await rest.call('listMyBookings', { as })).body
      return new Map(items.map(({ id, joinUrl }) => [id, joinUrl]))
    }
    const before = await listed()
    const path = { bookingId: renewed }
    expect((await rest.call('renewManageToken', { path, as, key: 'renew' })).status).toBe(200)
    const after = await listed()
    expect(after.get(renewed)).toMatch(joinPattern)
    expect(after.get(renewed)).not.toBe(before.get(renewed))
    expect(after.get(other)).toBe(before.get(other))
    const { joinUrl } = (await rest.call('getBooking', { path, as: practice.admin })).body
    expect(joinUrl).toBe(after.get(renewed))
  })
})
