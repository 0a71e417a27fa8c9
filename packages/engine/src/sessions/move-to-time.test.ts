import { randomUUID } from 'node:crypto'
import {
  aBooking,
  aClinic,
  aDoctor,
  aSession,
  aSlot,
  aTimeClaim,
  aVisitType,
  type BuiltClinic,
  type BuiltDoctor,
  type BuiltSession,
  checkHistory,
  lapseHolds,
  ofKind,
  plantFunction,
  type TestDatabase,
  takenOf,
} from '@holdfast/testkit'
import { freshDatabaseTest, test } from '@holdfast/testkit/database-test'
import { expect } from 'vitest'
import { engineOf } from '../../test/engine-of.ts'
import { runMoveBatch } from '../bookings/move-batch.ts'
import type { TimeMoveRequest } from '../model/settle.ts'
import { verify } from '../verify/verify.ts'
import { moveToTime } from './move-to-time.ts'

let clinic: BuiltClinic
let doctor: BuiltDoctor

test.beforeEach(async ({ database }) => {
  clinic = await aClinic(database)
  doctor = await aDoctor(database, clinic)
})

const minuteOf = (session: BuiltSession, minute: number) => new Date(session.startsAt.getTime() + minute * 60_000)
const placesIn = async (database: TestDatabase, id: string) => (await takenOf(database, { id }))[0]

function aMove(bookingId: string, session: BuiltSession, minute: number, overrides: Partial<TimeMoveRequest> = {}) {
  const startsAt = minuteOf(session, minute)
  return { bookingId, sessionId: session.id, startsAt, visitTypeId: null, actorId: null, onBehalf: true, ...overrides }
}

async function move(database: TestDatabase, request: TimeMoveRequest) {
  const result = await moveToTime(database.appPool, request)
  return result.kind === 'completed' ? result.outcome : result
}

async function aVisit(database: TestDatabase, session: BuiltSession, type: { id: string }, minute: number) {
  const engine = engineOf(database)
  return ofKind(await engine.claimTime(aTimeClaim(session, type, minute, { confirm: true })), 'booked').booking
}

async function expectNoFaults(database: TestDatabase) {
  expect((await verify(database.appPool, { clinicNo: clinic.no, detailsMax: 9 })).details).toEqual([])
  expect(await checkHistory(database)).toEqual([])
}

test('a visit moves within its session, also by less than its length, and frees its time', async ({ database }) => {
  const [session, type] = [await aSession(database, doctor), await aVisitType(database, clinic, { minutes: 40 })]
  const booking = await aVisit(database, session, type, 0)
  for (const minute of [10, 100]) {
    expect(await move(database, aMove(booking.id, session, minute))).toMatchObject({
      kind: 'done',
      booking: { startsAt: minuteOf(session, minute), endsAt: minuteOf(session, minute + 40), status: 'CONFIRMED' },
    })
  }
  // The time that it left can be booked.
  await aVisit(database, session, type, 10)
  await expectNoFaults(database)
})

test('a visit keeps its place if the other time is taken', async ({ database }) => {
  const [session, type] = [await aSession(database, doctor), await aVisitType(database, clinic)]
  const visits = [await aVisit(database, session, type, 0), await aVisit(database, session, type, 60)]
  expect(await move(database, aMove(visits[0]?.id ?? '', session, 50))).toEqual({ kind: 'slot_full' })
  for (const { slotId } of visits) expect(await placesIn(database, slotId)).toBe(1)
  // A slot that was prepared for it would be in the way.
  await aVisit(database, session, type, 40)
  await expectNoFaults(database)
})

test('a booking moves from a fixed slot to a time, of a type that the request names', async ({ database }) => {
  const [session, type] = [await aSession(database, doctor), await aVisitType(database, clinic)]
  const slot = await aSlot(database, await aDoctor(database, clinic))
  const { id } = await aBooking(database, slot)
  expect(await move(database, aMove(id, session, 0))).toEqual({ kind: 'visit_type_missing' })
  const moved = await move(database, aMove(id, session, 0, { visitTypeId: type.id }))
  expect(moved).toMatchObject({ kind: 'done', booking: { doctorId: doctor.id } })
  expect(await placesIn(database, slot.id)).toBe(0)
  await expectNoFaults(database)
})

test('a visit moves into a fixed slot that is long enough for it, and into no shorter one', async ({ database }) => {
  const [session, type] = [await aSession(database, doctor), await aVisitType(database, clinic, { minutes: 40 })]
  const colleague = await aDoctor(database, clinic)
  const [short, fitting] = [
    await aSlot(database, colleague, { minutes: 30 }),
    await aSlot(database, colleague, { minutes: 40 }),
  ]
  const visit = await aVisit(database, session, type, 0)
  const moveInto = async ({ id: slotId }: { id: string }, bookingId: string, addsPlaces = false) => {
    const moves = [{ bookingId, slotId, actorId: null, onBehalf: true, addsPlaces }]
    const [result] = await runMoveBatch(database.appPool, moves)
    return result?.kind === 'completed' ? result.outcome : result
  }
  for (const addsPlaces of [false, true]) {
    expect(await moveInto(short, visit.id, addsPlaces)).toEqual({ kind: 'time_not_offered' })
  }
  expect([await placesIn(database, visit.slotId), await placesIn(database, short.id)]).toEqual([1, 0])
  expect(await moveInto(fitting, visit.id)).toMatchObject({ kind: 'done', booking: { slotId: fitting.id } })
  // The control: a booking of no type goes wherever there is room.
  const { id } = await aBooking(database, await aSlot(database, colleague, { minutes: 60 }))
  expect(await moveInto(short, id)).toMatchObject({ kind: 'done' })
  await expectNoFaults(database)
})

test('a repetition is unchanged, wherever the visit is, and moves nothing', async ({ database }) => {
  const [session, type] = [await aSession(database, doctor), await aVisitType(database, clinic)]
  const booking = await aVisit(database, session, type, 0)
  const request = aMove(booking.id, session, 30, { key: randomUUID() })
  expect(await move(database, request)).toMatchObject({ kind: 'done' })
  expect(await move(database, request)).toMatchObject({ kind: 'unchanged' })
  expect(await move(database, aMove(booking.id, session, 60))).toMatchObject({ kind: 'done' })
  for (const again of [request, aMove(booking.id, session, 60)]) {
    const there = { kind: 'unchanged', booking: { startsAt: minuteOf(session, 60) } }
    expect(await move(database, again)).toMatchObject(there)
  }
  await expectNoFaults(database)
})

test.for<[string, number, Partial<TimeMoveRequest>, string]>([
  ['beside the grid', 5, {}, 'time_not_offered'],
  ['beyond the end', 170, {}, 'time_not_offered'],
  ['of a session that does not exist', 0, { sessionId: randomUUID() }, 'session_missing'],
  ['of a type that does not exist', 0, { visitTypeId: randomUUID() }, 'visit_type_missing'],
])('a time %s is refused', async ([, minute, overrides, kind], { database }) => {
  const [session, type] = [await aSession(database, doctor), await aVisitType(database, clinic)]
  const booking = await aVisit(database, session, type, 20)
  expect(await move(database, aMove(booking.id, session, minute, overrides))).toEqual({ kind })
  expect(await placesIn(database, booking.slotId)).toBe(1)
})

test('who has no access to a booking learns nothing about the time', async ({ database }) => {
  const [session, type] = [await aSession(database, doctor), await aVisitType(database, clinic)]
  const booking = await aVisit(database, session, type, 20)
  const to = (doctorId: string) => move(database, aMove(booking.id, session, 5, { access: { doctorId } }))
  expect(await to(doctor.id)).toEqual({ kind: 'time_not_offered' })
  expect(await to((await aDoctor(database, clinic)).id)).toEqual({ kind: 'booking_missing' })
})

test('a patient keeps a type that only the desk books, and gets no other one of that kind', async ({ database }) => {
  const session = await aSession(database, doctor)
  const [type, ofDesk] = [
    await aVisitType(database, clinic),
    await aVisitType(database, clinic, { bookableBy: 'desk', minimumNoticeMinutes: 100_000 }),
  ]
  const booking = await aVisit(database, session, type, 0)
  const toTypeOfDesk = aMove(booking.id, session, 30, { visitTypeId: ofDesk.id })
  const refused = { kind: 'visit_type_restricted', bookableBy: 'desk' }
  expect(await move(database, { ...toTypeOfDesk, onBehalf: false })).toEqual(refused)
  expect(await move(database, toTypeOfDesk)).toMatchObject({ kind: 'done' })
  // It is theirs then, but the notice of its type binds them.
  const late = { kind: 'slot_closed', why: 'minimum_notice' }
  expect(await move(database, aMove(booking.id, session, 60, { onBehalf: false }))).toEqual(late)
  await expectNoFaults(database)
})

test('the place of a group is entered if there is one, and left', async ({ database }) => {
  const session = await aSession(database, doctor)
  const group = await aVisitType(database, clinic, { capacity: 2 })
  const [one, two, three] = [
    await aVisit(database, session, group, 0),
    await aVisit(database, session, group, 0),
    await aVisit(database, session, group, 60),
  ]
  expect(await move(database, aMove(three.id, session, 0))).toEqual({ kind: 'slot_full' })
  const entered = { kind: 'done', booking: { slotId: three.slotId } }
  expect(await move(database, aMove(one.id, session, 60))).toMatchObject(entered)
  expect(await move(database, aMove(one.id, session, 10))).toEqual({ kind: 'slot_full' })
  expect(await placesIn(database, two.slotId)).toBe(1)
  await expectNoFaults(database)
})

test('a hold that has lapsed is given back first', async ({ database }) => {
  const [session, type] = [await aSession(database, doctor), await aVisitType(database, clinic)]
  const engine = engineOf(database)
  const held = ofKind(await engine.claimTime(aTimeClaim(session, type, 60)), 'booked')
  await lapseHolds(database, { clinicNo: clinic.no, id: held.booking.slotId })
  const booking = await aVisit(database, session, type, 0)
  expect(await engine.moveToTime(aMove(booking.id, session, 50))).toMatchObject({ kind: 'done' })
  await expectNoFaults(database)
})

/** Eight visits that all move to one time, which four others claim; and what the database has then. */
async function atOnce(database: TestDatabase) {
  const own = await aClinic(database)
  const session = await aSession(database, await aDoctor(database, own))
  const type = await aVisitType(database, own, { minutes: 10 })
  const visits = []
  for (let minute = 0; minute < 80; minute += 10) visits.push(await aVisit(database, session, type, minute))
  const engine = engineOf(database)
  const failed = () => ({ kind: 'failed' as const })
  const outcomes = await Promise.all([
    ...visits.map(({ id }) => engine.moveToTime(aMove(id, session, 120)).catch(failed)),
    ...Array.from({ length: 4 }, () => engine.claimTime(aTimeClaim(session, type, 120)).catch(failed)),
  ])
  const { rows } = await database.ownerPool.query<{ booked: number }>(
    `select count(*)::integer as booked from holdfast.booking b join holdfast.slot s on s.id = b.slot_id
      where b.clinic_no = $1 and s.starts_at = $2 and b.status in ('PENDING', 'CONFIRMED')`,
    [own.no, minuteOf(session, 120)],
  )
  return { kinds: outcomes.map(({ kind }) => kind), booked: rows[0]?.booked, clinicNo: own.no }
}

test('of many who want one time, with moves and claims at once, exactly one gets it', async ({ database }) => {
  const { kinds, booked, clinicNo } = await atOnce(database)
  expect(kinds.filter((kind) => kind === 'done' || kind === 'booked')).toHaveLength(1)
  expect(booked).toBe(1)
  expect((await verify(database.appPool, { clinicNo, detailsMax: 9 })).details).toEqual([])
})

freshDatabaseTest('negative control: what ignores taken times fails at the backstop', async ({ database }) => {
  await plantFunction(database, 'slot_for_move', {
    part: /v_now\) && v_during then/,
    becomes: 'v_now) && v_during and false then',
  })
  expect((await atOnce(database)).kinds).toContain('failed')
})
