// Guarantee: of those who want any doctor at one time, as many get one as doctors are free, and nobody gets two.
import { randomUUID } from 'node:crypto'
import { createEngine, createPool } from '@holdfast/engine'
import { aBooking, aClinic, aDoctor, aSession, aSlot, aVisitType, holdLock, type TestDatabase } from '@holdfast/testkit'
import { describe, expect, onTestFinished, vi } from 'vitest'
import { type RestApp, startRestApp } from '../../../test/rest-app.ts'
import { test } from '../../../test/rest-test.ts'

/** Doctors of one clinic with sessions of an hour at the same time, each later one with 15 minutes less. */
async function aPractice(database: TestDatabase, rest: RestApp, doctorCount = 3) {
  const clinic = await aClinic(database, { timezone: 'Europe/Berlin' })
  const type = await aVisitType(database, clinic, { minutes: 25, bufferAfterMinutes: 5 })
  const doctors = []
  for (let n = 0; n < doctorCount; n += 1) {
    const doctor = await aDoctor(database, clinic)
    const session = await aSession(database, doctor, { minutes: 60 - 15 * n, gridMinutes: 15 })
    doctors.push({ ...doctor, session })
  }
  const [first] = doctors
  if (first === undefined) throw new Error('There is no doctor.')
  const { startsAt } = first.session
  const at = (minute: number) => new Date(startsAt.getTime() + minute * 60_000).toISOString()
  const query = { visitTypeId: type.id, from: at(0).slice(0, 10), to: at(0).slice(0, 10) }
  const path = { clinicId: clinic.id }
  const list = async (
    more: { onBehalf?: true; limit?: number; after?: string } = {},
    as?: Awaited<ReturnType<RestApp['aMember']>>,
  ) => rest.call('listClinicTimes', { path, query: { ...query, ...more }, ...(as && { as }) })
  const body = { clinicId: clinic.id, startsAt: at(0), visitTypeId: type.id, patient: { name: 'Ada' }, confirm: true }
  return { clinic, type, doctors, at, list, body }
}

/** A clinic of six doctors who are free at one time, `lockedCount` of whom another transaction has locked. */
async function withLockedDoctors(database: TestDatabase, lockedCount: number) {
  const batchPool = createPool({ url: database.appUrl, max: 4, name: 'locked doctors', lockTimeoutMs: 100 })
  const engine = createEngine({ batchPool, generalPool: database.appPool, waitMsMax: 1_000 })
  const claimTime = vi.fn(engine.claimTime)
  const rest = await startRestApp(database, { replaced: { engine: { ...engine, claimTime } } })
  const clinic = await aClinic(database)
  const type = await aVisitType(database, clinic)
  const doctors = await Promise.all(Array.from({ length: 6 }, () => aDoctor(database, clinic)))
  const [session] = await Promise.all(doctors.map((doctor) => aSession(database, doctor)))
  const lockedIds = doctors.slice(0, lockedCount).map(({ id }) => id)
  const text = 'select from holdfast.resource where id = any ($1) for update'
  const lock = await holdLock(database.ownerPool, text, [lockedIds])
  onTestFinished(async () => {
    await lock.release()
    await rest.stop()
    await engine.stop()
    await batchPool.end()
  })
  const at = { clinicId: clinic.id, startsAt: session?.startsAt.toISOString(), visitTypeId: type.id }
  const book = () => rest.call('createBooking', { body: { ...at, patient: { name: 'Ada' }, confirm: true } })
  return { book, claimTime, doctors }
}

describe('any doctor', () => {
  test('a doctor who is not locked is tried before those who are', async ({ database }) => {
    const { book, claimTime, doctors } = await withLockedDoctors(database, 5)
    expect((await book()).body.doctorId).toBe(doctors.at(-1)?.id)
    // The first one looks for the booking of a repeated request.
    expect(claimTime).toHaveBeenCalledTimes(2)
  })

  test('when all doctors are locked, the request waits as long as a single claim', async ({ database }) => {
    const { book, claimTime } = await withLockedDoctors(database, 6)
    const { status, problem } = await book()
    expect([status, problem.code]).toEqual([503, 'locked'])
    const outcomes = await Promise.all(claimTime.mock.results.map(async ({ value }) => (await value).kind))
    expect(outcomes).toEqual(['session_missing', 'locked', 'overloaded'])
  })

  test('the starts of all doctors who offer it are listed, soonest first, with doctors', async ({ database, rest }) => {
    const { doctors, type, at, list } = await aPractice(database, rest)
    const { body } = await list()
    const shown = body.items.map(({ startsAt, doctors: free }) => [
      (Date.parse(startsAt) - Date.parse(at(0))) / 60_000,
      free.map(({ doctorId }) => doctors.findIndex(({ id }) => id === doctorId)).toSorted(),
    ])
    // The visit takes 25 minutes, and 5 more.
    expect(shown).toEqual([
      [0, [0, 1, 2]],
      [15, [0, 1]],
      [30, [0]],
    ])
    expect(body.items[2]?.doctors).toMatchObject([{ sessionId: doctors[0]?.session.id, endsAt: at(55), available: 1 }])
    expect((await list({ limit: 2 })).body.items).toEqual(body.items.slice(0, 2))
    expect((await list({ after: at(0) })).body.items).toEqual(body.items.slice(1))
    expect((await list({ after: at(100_000) })).body.items).toEqual([])
    expect(Date.parse(body.searchedUntil)).toBeGreaterThan(Date.parse(at(30)))
    const path = { clinicId: type.id }
    const { problem } = await rest.call('listClinicTimes', {
      path,
      query: { visitTypeId: type.id, from: '2027-01-01', to: '2027-01-01' },
    })
    expect(problem.code).toBe('clinic_not_found')
  })

  test('of four who book one time at once, three get a doctor each, and one is told', async ({ database, rest }) => {
    const practice = await aPractice(database, rest)
    const all = await Promise.all(
      [1, 2, 3, 4].map((n) =>
        rest.call('createBooking', { body: { ...practice.body, patient: { name: `Patient ${n}` } } }),
      ),
    )
    const booked = all.filter(({ status }) => status === 201).map(({ body }) => body.doctorId)
    expect(booked.toSorted()).toEqual(practice.doctors.map(({ id }) => id).toSorted())
    const refused = all.filter(({ status }) => status !== 201)
    expect(refused.map(({ problem }) => problem.code)).toEqual(['slot_full'])
  })

  test('a repeated request gets its booking, also when nobody is free any more', async ({ database, rest }) => {
    const { body, doctors } = await aPractice(database, rest, 1)
    const key = randomUUID()
    const first = await rest.call('createBooking', { body, key })
    const again = await rest.call('createBooking', { body, key })
    expect([first.status, again.status]).toEqual([201, 200])
    expect(again.body.id).toBe(first.body.id)
    expect(first.body.doctorId).toBe(doctors[0]?.id)
    const other = await rest.call('createBooking', { body, key: randomUUID() })
    expect(other.problem.code).toBe('slot_full')
  })

  test('the desk books for a patient; doctors do not book with their colleagues', async ({ database, rest }) => {
    const practice = await aPractice(database, rest)
    const { clinic, doctors, body, list } = practice
    const [staff, doctor] = [
      await rest.aMember(clinic.no, 'staff'),
      await rest.aMember(clinic.no, 'doctor', doctors[0]?.id),
    ]
    expect((await list({ onBehalf: true }, staff)).status).toBe(200)
    expect((await list({ onBehalf: true }, doctor)).problem.code).toBe('forbidden')
    const onBehalf = { ...body, onBehalf: true }
    expect((await rest.call('createBooking', { body: onBehalf, as: doctor })).problem.code).toBe('forbidden')
    expect((await rest.call('createBooking', { body: onBehalf, as: staff })).status).toBe(201)
  })

  test('what nobody can be tried for is named', async ({ database, rest }) => {
    const { clinic, body, doctors } = await aPractice(database, rest, 1)
    const ofDesk = await aVisitType(database, clinic, { minutes: 25, bookableBy: 'desk' })
    const ofElsewhere = await aVisitType(database, await aClinic(database))
    const refusal = async (more: object) =>
      (await rest.call('createBooking', { body: { ...body, ...more } })).problem.code
    expect(await refusal({ visitTypeId: ofElsewhere.id })).toBe('visit_type_not_found')
    expect(await refusal({ visitTypeId: ofDesk.id })).toBe('visit_type_restricted')
    expect(await refusal({ clinicId: doctors[0]?.id })).toBe('clinic_not_found')
    expect(await refusal({ units: 2 })).toBe('slot_full')
  })

  test('a patient whom the clinic knows gets slot_full when all are taken', async ({ database, rest }) => {
    const { clinic, doctors, body } = await aPractice(database, rest, 1)
    const [doctor] = doctors
    if (doctor === undefined) throw new Error('There is no doctor.')
    const ofKnown = await aVisitType(database, clinic, { minutes: 25, bookableBy: 'known_patients' })
    const known = rest.anAccount()
    const before = await aSlot(database, doctor, { startsAt: new Date(Date.now() - 86_400_000) })
    await aBooking(database, before, { accountId: known.id, status: 'COMPLETED' })
    expect((await rest.call('createBooking', { body })).status).toBe(201)
    const refusal = async (as?: typeof known) =>
      (await rest.call('createBooking', { body: { ...body, visitTypeId: ofKnown.id }, ...(as && { as }) })).problem.code
    expect(await refusal(known)).toBe('slot_full')
    expect([await refusal(rest.anAccount()), await refusal()]).toEqual([
      'visit_type_restricted',
      'visit_type_restricted',
    ])
  })

  test('why a time cannot be booked with anybody is named, as with one doctor', async ({ database, rest }) => {
    const { body, at, clinic, doctors } = await aPractice(database, rest, 2)
    const day = 86_400_000
    const [doctor] = doctors
    if (doctor === undefined) throw new Error('There is no doctor.')
    const begun = await aSession(database, doctor, { startsAt: new Date(Date.parse(at(0)) - 30 * day) })
    const far = await aSession(database, doctor, { startsAt: new Date(Date.parse(at(0)) + 700 * day) })
    const { id: visitTypeId } = await aVisitType(database, clinic, { minutes: 25, bookingHorizonDays: 30 })
    const refusalOf = async (more: object) => {
      const { problem } = await rest.call('createBooking', { body: { ...body, visitTypeId, ...more } })
      return problem.code === 'slot_closed' ? problem.detail : problem.code
    }
    const ofOne = async (session: { id: string; startsAt: Date }) =>
      refusalOf({ clinicId: undefined, sessionId: session.id, startsAt: session.startsAt.toISOString() })
    for (const session of [begun, far]) {
      expect(await refusalOf({ startsAt: session.startsAt.toISOString() })).toBe(await ofOne(session))
      expect(await ofOne(session)).toContain(' ')
    }
    expect(await refusalOf({ startsAt: at(1) })).toBe('time_not_offered')
    expect(await refusalOf({ startsAt: at(-10_000_000) })).toBe('time_not_offered')
    expect(await refusalOf({ appointmentType: 'video' })).toBe('appointment_type_not_offered')
    const ofOther = await aVisitType(database, clinic, { doctors: [await aDoctor(database, clinic)] })
    expect(await refusalOf({ visitTypeId: ofOther.id })).toBe('visit_type_not_offered')
  })

  test('the list goes on where a search ended within sessions that begin at once', async ({ database, rest }) => {
    const clinic = await aClinic(database, { timezone: 'UTC' })
    const type = await aVisitType(database, clinic, { minutes: 5 })
    const startsAt = new Date(Math.ceil(Date.now() / 86_400_000 + 1) * 86_400_000)
    for (let n = 0; n < 14; n += 1) {
      await aSession(database, await aDoctor(database, clinic), { startsAt, minutes: 1_440, gridMinutes: 1 })
    }
    const [from, to] = [startsAt, new Date(startsAt.getTime() + 86_400_000)].map((at) => at.toISOString().slice(0, 10))
    const list = async (after?: string) => {
      const query = { visitTypeId: type.id, from: from ?? '', to: to ?? '', ...(after && { after }) }
      return (await rest.call('listClinicTimes', { path: { clinicId: clinic.id }, query })).body
    }
    const first = await list()
    expect(first.items[0]?.doctors).toHaveLength(14)
    const later = await list(new Date(Date.parse(first.searchedUntil) - 1).toISOString())
    expect(later.items[0]?.startsAt).toBe(first.searchedUntil)
  })

  test('what does not go together is named', async ({ database, rest }) => {
    const { body, doctors } = await aPractice(database, rest, 1)
    const pathOf = async (more: object) => {
      const { problem } = await rest.call('createBooking', { body: { ...body, ...more } })
      return problem.errors?.map(({ path }) => path)
    }
    expect(await pathOf({ sessionId: doctors[0]?.session.id })).toEqual(['/sessionId'])
    expect(await pathOf({ slotId: randomUUID() })).toEqual(['/slotId'])
    expect(await pathOf({ startsAt: undefined })).toEqual(['/startsAt'])
    expect(await pathOf({ visitTypeId: undefined })).toEqual(['/visitTypeId'])
  })
})
