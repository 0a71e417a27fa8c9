import { newId } from '@holdfast/engine'
import {
  aBooking,
  aClinic,
  aDoctor,
  aSession,
  aSlot,
  aVisitType,
  type BuiltSession,
  type TestDatabase,
} from '@holdfast/testkit'
import { describe, expect } from 'vitest'
import type { RestApp } from '../../../test/rest-app.ts'
import { test } from '../../../test/rest-test.ts'

async function aPractice(database: TestDatabase, rest: RestApp) {
  const clinic = await aClinic(database, { timezone: 'Europe/Berlin' })
  const [doctor, colleague] = [await aDoctor(database, clinic), await aDoctor(database, clinic)]
  return {
    clinic,
    doctor,
    colleague,
    path: { doctorId: doctor.id },
    session: await aSession(database, doctor, { minutes: 60, gridMinutes: 15 }),
    type: await aVisitType(database, clinic, { minutes: 25, bufferAfterMinutes: 5 }),
    staff: await rest.aMember(clinic.no, 'staff'),
    ownDoctor: await rest.aMember(clinic.no, 'doctor', doctor.id),
    otherDoctor: await rest.aMember(clinic.no, 'doctor', colleague.id),
  }
}

const at = ({ startsAt }: BuiltSession, minute: number) => new Date(startsAt.getTime() + minute * 60_000).toISOString()
const dayOf = (session: BuiltSession) => at(session, 0).slice(0, 10)

async function timesOf(rest: RestApp, { path, session, type }: Awaited<ReturnType<typeof aPractice>>) {
  const query = { visitTypeId: type.id, from: dayOf(session), to: dayOf(session) }
  const { body } = await rest.call('listTimes', { path, query })
  return body.items.map(({ startsAt }) => (Date.parse(startsAt) - session.startsAt.getTime()) / 60_000)
}

test('days with more than 20,000 starts are refused, and fewer are listed', async ({ database, rest }) => {
  const { path, colleague, type } = await aPractice(database, rest)
  const of = { ...path, doctorId: colleague.id }
  const first = Date.UTC(new Date().getUTCFullYear() + 1, 2, 1)
  const dayMs = 86_400_000
  for (let day = 0; day < 14; day += 1) {
    await aSession(database, colleague, { startsAt: new Date(first + day * dayMs), minutes: 1_440, gridMinutes: 1 })
  }
  const listed = (days: number) => {
    const to = new Date(first + (days - 1) * dayMs).toISOString().slice(0, 10)
    const query = { visitTypeId: type.id, from: new Date(first).toISOString().slice(0, 10), to }
    return rest.call('listTimes', { path: of, query })
  }
  const { problem } = await listed(14)
  expect(problem).toMatchObject({ status: 400, code: 'invalid_request', errors: [{ path: '/query/to' }] })
  expect((await listed(13)).body.items).toHaveLength(2_000)
})

describe('open sessions', () => {
  test('staff open sessions, once, and withdraw them', async ({ database, rest }) => {
    const { path, staff, type, session } = await aPractice(database, rest)
    const body = {
      sessions: [
        { startsAt: at(session, 120), endsAt: at(session, 180) },
        { startsAt: at(session, 30), endsAt: at(session, 90) },
      ],
      gridMinutes: 20,
      visitTypeIds: [type.id],
    }
    const created = await rest.call('createOpenSessions', { path, as: staff, body })
    expect(created).toMatchObject({ status: 201, body: { created: 1, skipped: 0, conflicts: 1 } })
    expect(created.body.items[1]).toMatchObject({ outcome: 'conflict', sessionId: session.id })
    const again = await rest.call('createOpenSessions', { path, as: staff, body })
    expect(again).toMatchObject({ status: 200, body: { created: 0, skipped: 1, conflicts: 1 } })

    const query = { from: dayOf(session), to: dayOf(session) }
    const list = async () => (await rest.call('listOpenSessions', { path, as: staff, query })).body.items
    const sessionId = created.body.items[0]?.sessionId ?? ''
    expect(await list()).toMatchObject([
      { id: session.id, gridMinutes: 15, visitTypeIds: null },
      { id: sessionId, startsAt: at(session, 120), gridMinutes: 20, visitTypeIds: [type.id] },
    ])
    for (let n = 0; n < 2; n += 1)
      expect((await rest.call('withdrawOpenSession', { path: { ...path, sessionId }, as: staff })).status).toBe(204)
    expect(await list()).toMatchObject([{ id: session.id }])
  })

  test('a preview of slots says how many lie in open sessions', async ({ database, rest }) => {
    const { path, staff, session } = await aPractice(database, rest)
    const slots = [-30, 0, 30, 60].map((minute) => ({
      startsAt: at(session, minute),
      endsAt: at(session, minute + 30),
    }))
    const create = async (dryRun: boolean) =>
      (await rest.call('createSlots', { path, as: staff, body: { slots }, query: { dryRun } })).body
    // What ends at its start, or begins at its end, is not in it.
    expect(await create(true)).toMatchObject({ created: 4, inSessions: 2 })
    expect(await create(false)).not.toHaveProperty('inSessions')
  })

  test('a preview of slots counts those in the last of very many sessions', async ({ database, rest }) => {
    const { path, staff, session, doctor, clinic } = await aPractice(database, rest)
    await database.ownerPool.query(
      `insert into holdfast.open_session (clinic_no, id, resource_id, starts_at, ends_at, grid_minutes)
       select $1, holdfast.new_id($1, clock_timestamp()), $2, t.at, t.at + interval '1 minute', 5
         from generate_series(60, 1160) n(minutes)
        cross join lateral (select $3::timestamptz + make_interval(mins => n.minutes) as at) t`,
      [clinic.no, doctor.id, session.startsAt],
    )
    const slots = [30, 1160].map((minute) => ({ startsAt: at(session, minute), endsAt: at(session, minute + 30) }))
    const { body } = await rest.call('createSlots', { path, as: staff, body: { slots }, query: { dryRun: true } })
    expect(body).toMatchObject({ created: 2, inSessions: 2 })
  })

  test('a withdrawal of a day without slots says how many sessions it closes', async ({ database, rest }) => {
    const { path, staff, session } = await aPractice(database, rest)
    const query = { from: dayOf(session), to: dayOf(session) }
    const withdraw = async (dryRun: boolean) =>
      (await rest.call('withdrawSlotsOfDoctor', { path, as: staff, query: { ...query, dryRun } })).body
    expect(await withdraw(true)).toEqual({ slots: 0, sessions: 1, bookings: [] })
    // The second one repeats the first one, whose response was lost.
    for (let n = 0; n < 2; n += 1) {
      expect(await withdraw(false)).toEqual({ slots: 0, sessions: 1, bookings: [] })
    }
    expect(await withdraw(true)).toEqual({ slots: 0, sessions: 0, bookings: [] })
  })

  test('what cannot be a session is named', async ({ database, rest }) => {
    const { path, staff, session } = await aPractice(database, rest)
    const sent = async (startsAt: string, endsAt: string, more = {}) =>
      (await rest.call('createOpenSessions', { path, as: staff, body: { sessions: [{ startsAt, endsAt }], ...more } }))
        .problem
    expect((await sent(at(session, 10), at(session, 10))).errors).toMatchObject([{ path: '/sessions/0/endsAt' }])
    expect((await sent(at(session, 0), at(session, 26 * 60))).errors).toMatchObject([{ path: '/sessions/0/endsAt' }])
    expect((await sent('2020-01-01T08:00:00Z', '2020-01-01T09:00:00Z')).errors).toMatchObject([
      { path: '/sessions/0/endsAt', message: expect.stringContaining('in the future') },
    ])
    expect((await sent('2099-01-01T08:00:00Z', '2099-01-01T09:00:00Z')).errors).toMatchObject([
      { path: '/sessions/0/startsAt', message: expect.stringContaining('years ahead') },
    ])
    const unknown = { visitTypeIds: [session.id] }
    expect((await sent(at(session, 60), at(session, 90), unknown)).code).toBe('visit_type_not_found')
  })

  test('a session of another doctor is not withdrawn', async ({ database, rest }) => {
    const { session, colleague, staff } = await aPractice(database, rest)
    const path = { doctorId: colleague.id, sessionId: session.id }
    expect((await rest.call('withdrawOpenSession', { path, as: staff })).problem.code).toBe('session_not_found')
  })
})

describe('times', () => {
  test('a visit is booked at a listed time, and its time is listed no longer', async ({ database, rest }) => {
    const practice = await aPractice(database, rest)
    const { session, type } = practice
    expect(await timesOf(rest, practice)).toEqual([0, 15, 30])
    const body = {
      sessionId: session.id,
      startsAt: at(session, 30),
      visitTypeId: type.id,
      patient: { name: 'Ada' },
      confirm: true,
    }
    const booked = await rest.call('createBooking', { body, key: 'one' })
    expect(booked).toMatchObject({
      status: 201,
      body: { status: 'CONFIRMED', doctorId: practice.doctor.id, startsAt: at(session, 30), endsAt: at(session, 55) },
    })
    const again = await rest.call('createBooking', { body, key: 'one' })
    expect(again).toMatchObject({ status: 200, body: { id: booked.body.id, slotId: booked.body.slotId } })
    expect(
      (await rest.call('createBooking', { body: { ...body, startsAt: at(session, 0) }, key: 'one' })).problem.code,
    ).toBe('idempotency_key_reused')
    expect((await rest.call('createBooking', { body })).problem.code).toBe('slot_full')
    expect(await timesOf(rest, practice)).toEqual([0])
  })

  test('the booking of a visit says what was booked, before and after a change', async ({ database, rest }) => {
    const { session, type, staff, doctor } = await aPractice(database, rest)
    const visit = { sessionId: session.id, startsAt: at(session, 0), visitTypeId: type.id }
    const made = await rest.call('createBooking', { body: { ...visit, patient: { name: 'Ada' } } })
    const path = { bookingId: made.body.id }
    expect((await rest.call('getBooking', { path, as: staff })).body.visitTypeId).toBe(type.id)
    expect((await rest.call('confirmBooking', { path, as: staff, body: {} })).body.visitTypeId).toBe(type.id)
    const { id: bookingId } = await aBooking(database, await aSlot(database, doctor))
    expect((await rest.call('getBooking', { path: { bookingId }, as: staff })).body).not.toHaveProperty('visitTypeId')
  })

  test('the clinic’s people get the times at which they can book for a patient', async ({ database, rest }) => {
    const { path, session, clinic, staff, ownDoctor, otherDoctor } = await aPractice(database, rest)
    const type = await aVisitType(database, clinic, { minutes: 20, bookableBy: 'desk', minimumNoticeMinutes: 10_000 })
    const query = { visitTypeId: type.id, from: dayOf(session), to: dayOf(session), onBehalf: true }
    for (const as of [staff, ownDoctor])
      expect((await rest.call('listTimes', { path, query, as })).body.items).toHaveLength(3)
    expect(
      (await rest.call('listTimes', { path, query: { ...query, onBehalf: false }, as: staff })).body.items,
    ).toEqual([])
    expect((await rest.call('listTimes', { path, query, as: otherDoctor })).status).toBe(403)
    expect((await rest.call('listTimes', { path, query })).status).toBe(401)
  })

  test('a doctor has open sessions until they have ended or are withdrawn', async ({ database, rest }) => {
    const { path, session, staff, colleague } = await aPractice(database, rest)
    const has = async (doctorId: string) => (await rest.call('getDoctor', { path: { doctorId } })).body.hasOpenSessions
    expect([await has(path.doctorId), await has(colleague.id)]).toEqual([true, false])
    await rest.call('withdrawOpenSession', { path: { ...path, sessionId: session.id }, as: staff })
    expect(await has(path.doctorId)).toBe(false)
    await aSession(database, colleague, { startsAt: new Date(Date.now() - 3_600_000), minutes: 59 })
    expect(await has(colleague.id)).toBe(false)
  })

  test('the slot of a visit is in no list of slots', async ({ database, rest }) => {
    const practice = await aPractice(database, rest)
    const { session, type, path, doctor } = practice
    const fixed = await aSlot(database, doctor, { startsAt: new Date(at(session, 30)), minutes: 10 })
    await rest.call('createBooking', {
      body: { sessionId: session.id, startsAt: at(session, 0), visitTypeId: type.id, patient: { name: 'Ada' } },
    })
    const query = { from: dayOf(session), to: dayOf(session) }
    const { body } = await rest.call('listSlots', { path, query })
    expect(body.items.map(({ id }) => id)).toEqual([fixed.id])
  })

  test('each refusal has its code', async ({ database, rest }) => {
    const { session, type, clinic } = await aPractice(database, rest)
    const refusal = async (more: object) => {
      const body = { sessionId: session.id, startsAt: at(session, 0), visitTypeId: type.id, patient: { name: 'Ada' } }
      return (await rest.call('createBooking', { body: { ...body, ...more } })).problem
    }
    expect((await refusal({ startsAt: at(session, 5) })).code).toBe('time_not_offered')
    expect((await refusal({ sessionId: type.id })).code).toBe('session_not_found')
    expect((await refusal({ visitTypeId: session.id })).code).toBe('visit_type_not_found')
    const off = await aVisitType(database, clinic, { active: false })
    expect((await refusal({ visitTypeId: off.id })).code).toBe('visit_type_not_offered')
    const byDesk = await aVisitType(database, clinic, { bookableBy: 'desk' })
    expect(await refusal({ visitTypeId: byDesk.id })).toMatchObject({
      code: 'visit_type_restricted',
      bookableBy: 'desk',
      detail: 'Only the clinic books visits of this type.',
    })
    expect((await refusal({ slotId: session.id })).errors).toMatchObject([{ path: '/sessionId' }])
    expect((await refusal({ startsAt: undefined })).errors).toMatchObject([{ path: '/startsAt' }])
    expect((await refusal({ sessionId: undefined })).errors).toMatchObject([{ path: '/slotId' }])
    expect((await refusal({ addsPlaces: true })).errors).toMatchObject([{ path: '/addsPlaces' }])
  })

  test('the desk books what only the desk books, and doctors in their own sessions', async ({ database, rest }) => {
    const { session, clinic, staff, ownDoctor, otherDoctor } = await aPractice(database, rest)
    const type = await aVisitType(database, clinic, { bookableBy: 'desk', minutes: 15 })
    const book = (as: typeof staff, minute: number) => {
      const body = { sessionId: session.id, startsAt: at(session, minute), visitTypeId: type.id }
      return rest.call('createBooking', { body: { ...body, patient: { name: 'Ada' }, onBehalf: true }, as })
    }
    expect((await book(staff, 0)).status).toBe(201)
    expect((await book(ownDoctor, 15)).status).toBe(201)
    expect((await book(otherDoctor, 30)).status).toBe(403)
  })

  test('a visit is moved to another time, by its patient and doctors in their sessions', async ({ database, rest }) => {
    const { session, clinic, ownDoctor, otherDoctor } = await aPractice(database, rest)
    const type = await aVisitType(database, clinic, { minutes: 20 })
    const visit = { sessionId: session.id, startsAt: at(session, 0), visitTypeId: type.id, patient: { name: 'Ada' } }
    const { body: booked } = await rest.call('createBooking', { body: { ...visit, confirm: true } })
    const path = { bookingId: booked.id }
    const byPatient = { token: booked.manageToken ?? '' }
    const move = (body: object, caller: object = byPatient) => rest.call('rescheduleBooking', { path, body, ...caller })
    const to = (minute: number) => ({ sessionId: session.id, startsAt: at(session, minute) })
    expect(await move(to(15))).toMatchObject({ status: 200, body: { startsAt: at(session, 15), status: 'CONFIRMED' } })
    expect(await move(to(30), { as: ownDoctor })).toMatchObject({ status: 200, body: { endsAt: at(session, 50) } })
    expect((await move(to(15), { as: otherDoctor })).status).toBe(404)
    expect((await move(to(31))).problem.code).toBe('time_not_offered')
    await rest.call('createBooking', { body: { ...visit, startsAt: at(session, 0) } })
    expect((await move(to(15))).problem).toMatchObject({ code: 'slot_full', alternatives: [] })
    expect((await move({ ...to(0), sessionId: newId(clinic.no) })).problem.code).toBe('session_not_found')
    const foreign = await aPractice(database, rest)
    expect((await move({ ...to(0), sessionId: foreign.session.id })).problem.code).toBe('session_not_found')
    expect((await move({})).problem.errors).toMatchObject([{ path: '/slotId' }])
    expect((await move({ sessionId: session.id })).problem.errors).toMatchObject([{ path: '/startsAt' }])
  })

  test('the times to which a booking can be moved are listed for it, as its patient can move it', async ({
    database,
    rest,
  }) => {
    const { session, clinic, staff, path: doctorPath } = await aPractice(database, rest)
    const type = await aVisitType(database, clinic, { bookableBy: 'desk', minutes: 25 })
    const visit = { sessionId: session.id, startsAt: at(session, 15), visitTypeId: type.id, patient: { name: 'Ada' } }
    const { body: booked } = await rest.call('createBooking', {
      body: { ...visit, confirm: true, onBehalf: true },
      as: staff,
    })
    const token = rest.manageTokens.issue(booked.id)
    const query = { visitTypeId: type.id, from: dayOf(session), to: dayOf(session) }
    const startsOf = async (more: { movedBookingId?: string }, caller: object = {}) => {
      const { body } = await rest.call('listTimes', { path: doctorPath, query: { ...query, ...more }, ...caller })
      return body.items.map(({ startsAt }) => startsAt)
    }
    const movedBookingId = booked.id
    expect([await startsOf({}), await startsOf({}, { token })]).toEqual([[], []])
    const starts = await startsOf({ movedBookingId }, { token })
    expect(starts).toEqual([at(session, 0), at(session, 30)])
    const move = (startsAt: string) =>
      rest.call('rescheduleBooking', {
        path: { bookingId: booked.id },
        body: { sessionId: session.id, startsAt },
        token,
      })
    expect((await move(at(session, 30))).status).toBe(200)
    expect((await move(at(session, 0))).status).toBe(200)
    expect(await startsOf({ movedBookingId }, { as: staff })).toEqual([at(session, 15), at(session, 30)])
    const refused = await rest.call('listTimes', { path: doctorPath, query: { ...query, movedBookingId } })
    expect(refused.status).toBe(401)
    const stranger = { path: doctorPath, query: { ...query, movedBookingId }, as: rest.anAccount() }
    expect((await rest.call('listTimes', stranger)).problem.code).toBe('booking_not_found')
  })

  test('known patients are accounts that have been at the clinic', async ({ database, rest }) => {
    const { session, clinic, doctor } = await aPractice(database, rest)
    const type = await aVisitType(database, clinic, { bookableBy: 'known_patients' })
    const patient = rest.anAccount()
    const body = { sessionId: session.id, startsAt: at(session, 0), visitTypeId: type.id, patient: { name: 'Ada' } }
    expect((await rest.call('createBooking', { body, as: patient })).problem.code).toBe('visit_type_restricted')
    await aBooking(database, await aSlot(database, doctor), { accountId: patient.id, status: 'COMPLETED' })
    expect((await rest.call('createBooking', { body, as: patient })).status).toBe(201)
  })

  test('an inactive or unknown doctor has none, and a type that is not offered', async ({ database, rest }) => {
    const practice = await aPractice(database, rest)
    const { clinic, session, path } = practice
    const query = { visitTypeId: session.id, from: dayOf(session), to: dayOf(session) }
    expect((await rest.call('listTimes', { path, query })).body.items).toEqual([])
    const inactive = await aDoctor(database, clinic, { active: false })
    for (const doctorId of [inactive.id, session.id])
      expect((await rest.call('listTimes', { path: { doctorId }, query })).problem.code).toBe('doctor_not_found')
  })
})
