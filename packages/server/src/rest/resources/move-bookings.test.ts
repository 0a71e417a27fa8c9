import { randomUUID } from 'node:crypto'
import {
  aBooking,
  aClinic,
  aDoctor,
  aSession,
  aSlot,
  aTimeClaim,
  aVisitType,
  type BuiltSession,
  type TestDatabase,
} from '@holdfast/testkit'
import { expect } from 'vitest'
import type { RestApp } from '../../../test/rest-app.ts'
import { test } from '../../../test/rest-test.ts'

/** A doctor's session of four hours with visits of 30 minutes at these minutes of it. */
async function anAfternoon(database: TestDatabase, rest: RestApp, minutes: readonly number[]) {
  const clinic = await aClinic(database)
  const doctor = await aDoctor(database, clinic)
  const type = await aVisitType(database, clinic, { minutes: 30 })
  const session = await aSession(database, doctor, { minutes: 240 })
  const as = await rest.aMember(clinic.no, 'staff')
  const book = async (minute: number) => {
    const startsAt = startOf(session, minute)
    const patient = { name: `Patient ${minute}` }
    const body = { sessionId: session.id, visitTypeId: type.id, startsAt, patient, confirm: true }
    return (await rest.call('createBooking', { body })).body.id
  }
  const ids: string[] = []
  for (const minute of minutes) ids.push(await book(minute))
  const path = { clinicId: clinic.id }
  const later = (by: number) =>
    ids.map((bookingId, index) => ({ bookingId, startsAt: startOf(session, (minutes[index] ?? 0) + by) }))
  /** The minutes of the session at which the visits begin. */
  const begin = async () => {
    const found = await Promise.all(ids.map((bookingId) => rest.call('getBooking', { path: { bookingId }, as })))
    return found.map(({ body }) => (Date.parse(body.startsAt) - session.startsAt.getTime()) / 60_000)
  }
  return { clinic, doctor, type, session, as, path, book, ids, later, begin }
}

const startOf = (session: BuiltSession, minute: number) =>
  aTimeClaim(session, { id: randomUUID() }, minute).startsAt.toISOString()

const outcomesOf = ({ body }: { body: { changes: { outcome: string; code: string | null }[] } }) =>
  body.changes.map(({ outcome, code }) => code ?? outcome)

test('all of an afternoon moves by less than its visits’ length, once, and back', async ({ rest, database }) => {
  const { as, path, ids, later, begin } = await anAfternoon(database, rest, [0, 30, 60])
  const body = { moves: later(20) }
  const preview = await rest.call('moveBookings', { path, as, query: { dryRun: true }, body })
  expect(outcomesOf(preview)).toEqual(['free', 'free', 'free'])
  expect(await begin()).toEqual([0, 30, 60])
  const key = randomUUID()
  for (const _ of ['first', 'repeated']) {
    expect(outcomesOf(await rest.call('moveBookings', { path, as, body, key }))).toEqual(['moved', 'moved', 'moved'])
    expect(await begin()).toEqual([20, 50, 80])
  }
  const { rows } = await database.ownerPool.query(
    `select booking_id as id, count(*)::integer as moves from holdfast.booking_event
      where booking_id = any($1::uuid[]) and type = 'moved' group by 1`,
    [ids],
  )
  expect(rows.map(({ moves }) => moves)).toEqual([1, 1, 1])
  const back = await rest.call('moveBookings', { path, as, body: { moves: later(0) }, key: randomUUID() })
  expect(outcomesOf(back)).toEqual(['moved', 'moved', 'moved'])
  expect(await begin()).toEqual([0, 30, 60])
})

test('negative control: a visit whose time another one does not leave stays', async ({ rest, database }) => {
  const { as, path, later, begin } = await anAfternoon(database, rest, [0, 30, 60])
  const [first] = later(20)
  const body = { moves: first === undefined ? [] : [first] }
  for (const dryRun of [true, false]) {
    const moved = await rest.call('moveBookings', { path, as, query: { dryRun }, body })
    expect(outcomesOf(moved)).toEqual(['slot_full'])
  }
  expect(await begin()).toEqual([0, 30, 60])
})

test('whoever stays keeps the time from those before, and the preview says so', async ({ rest, database }) => {
  const { as, path, book, later, begin } = await anAfternoon(database, rest, [0, 60, 90])
  await book(120)
  for (const dryRun of [true, false]) {
    const moved = await rest.call('moveBookings', { path, as, query: { dryRun }, body: { moves: later(30) } })
    expect(outcomesOf(moved)).toEqual([dryRun ? 'free' : 'moved', 'slot_full', 'slot_full'])
    expect(moved.body.changes[2]?.alternatives.length).toBeGreaterThan(0)
  }
  expect(await begin()).toEqual([30, 60, 90])
})

test('a request keeps its time until it is answered, and the preview says so', async ({ rest, database }) => {
  const { as, path, type, book, later, session, begin } = await anAfternoon(database, rest, [0])
  await database.ownerPool.query(`update holdfast.visit_type set approval = 'holding' where id = $1`, [type.id])
  const bookingId = await book(30)
  const moves = [...later(30), { bookingId, startsAt: startOf(session, 60) }]
  for (const dryRun of [true, false]) {
    const moved = await rest.call('moveBookings', { path, as, query: { dryRun }, body: { moves } })
    expect(outcomesOf(moved)).toEqual(['slot_full', 'approval_required'])
  }
  expect(await begin()).toEqual([0])
  await rest.call('confirmBooking', { path: { bookingId }, as })
  const moved = await rest.call('moveBookings', { path, as, body: { moves } })
  expect(outcomesOf(moved)).toEqual(['moved', 'moved'])
})

test('a cancelled booking is not moved and takes no time, and the preview says so', async ({ rest, database }) => {
  const { as, path, ids, book, later, session, begin } = await anAfternoon(database, rest, [0, 30])
  await rest.call('cancelBooking', { path: { bookingId: ids[1] ?? '' }, as })
  const moves = [...later(30), { bookingId: await book(30), startsAt: startOf(session, 90) }]
  for (const dryRun of [true, false]) {
    const done = dryRun ? 'free' : 'moved'
    const moved = await rest.call('moveBookings', { path, as, query: { dryRun }, body: { moves } })
    expect(outcomesOf(moved)).toEqual([done, 'invalid_transition', done])
  }
  expect(await begin()).toEqual([30, 30])
})

test.for([
  ['two that swap their times', [30, 0], ['times_swapped', 'times_swapped']],
  ['three in a circle', [30, 60, 0], ['times_swapped', 'times_swapped', 'times_swapped']],
  [
    'two that swap, of different directions, beside one that moves',
    [30, 0, 120],
    ['times_swapped', 'times_swapped', null],
  ],
  // The last one leaves first, although it moves to an earlier time.
  ['a chain in both directions', [60, 90, 30], [null, null, null]],
  ['two that want one time: the first gets it', [120, 120], [null, 'slot_full']],
] as const)('the preview judges as the moves do: %s', async ([, wanted, codes], { rest, database }) => {
  const from = [0, wanted.length === 3 && wanted[1] === 90 ? 60 : 30, wanted[1] === 90 ? 90 : 60].slice(
    0,
    wanted.length,
  )
  const { as, path, ids, session, begin } = await anAfternoon(database, rest, from)
  const moves = ids.map((bookingId, index) => ({ bookingId, startsAt: startOf(session, wanted[index] ?? 0) }))
  const key = randomUUID()
  for (const dryRun of [true, false, false]) {
    const done = await rest.call('moveBookings', { path, as, query: { dryRun }, body: { moves }, key })
    expect(outcomesOf(done), `${dryRun}`).toEqual(codes.map((code) => code ?? (dryRun ? 'free' : 'moved')))
  }
  expect(await begin()).toEqual(from.map((minute, index) => (codes[index] === null ? wanted[index] : minute)))
})

test('another visit at the time, beside one that leaves it, keeps it, and the preview says so', async ({
  rest,
  database,
}) => {
  const { as, path, ids, book, session, begin } = await anAfternoon(database, rest, [0, 60])
  await book(30)
  const moves = ids.map((bookingId, index) => ({ bookingId, startsAt: startOf(session, [50, 120][index] ?? 0) }))
  for (const dryRun of [true, false]) {
    const moved = await rest.call('moveBookings', { path, as, query: { dryRun }, body: { moves } })
    expect(outcomesOf(moved)).toEqual(['slot_full', dryRun ? 'free' : 'moved'])
  }
  expect(await begin()).toEqual([0, 120])
})

test('one of a group enters it when another one leaves', async ({ rest, database }) => {
  const { clinic, as, path, session } = await anAfternoon(database, rest, [])
  const type = await aVisitType(database, clinic, { minutes: 30, capacity: 2 })
  const book = async (minute: number) => {
    const at = { sessionId: session.id, visitTypeId: type.id, startsAt: startOf(session, minute) }
    return (await rest.call('createBooking', { body: { ...at, patient: { name: 'Ada' }, confirm: true } })).body.id
  }
  const [one, other, waiting] = [await book(0), await book(0), await book(60)]
  const moveOf = (bookingId: string, minute: number) => ({ bookingId, startsAt: startOf(session, minute) })
  for (const [moves, codes] of [
    [[moveOf(waiting, 0)], ['slot_full']],
    [
      [moveOf(waiting, 0), moveOf(one, 120), moveOf(other, 120)],
      [null, null, null],
    ],
  ] as const) {
    for (const dryRun of [true, false]) {
      const moved = await rest.call('moveBookings', { path, as, query: { dryRun }, body: { moves: [...moves] } })
      expect(outcomesOf(moved)).toEqual(codes.map((code) => code ?? (dryRun ? 'free' : 'moved')))
    }
  }
})

test('two requests that move the same visits at once: each visit is moved once, and none is lost', async ({
  rest,
  database,
}) => {
  const { as, path, ids, session, later, begin } = await anAfternoon(database, rest, [0, 30, 60])
  const back = ids.map((bookingId, index) => ({ bookingId, startsAt: startOf(session, [30, 0, 150][index] ?? 0) }))
  const both = await Promise.all(
    [later(30), back].map((moves) => rest.call('moveBookings', { path, as, body: { moves }, key: randomUUID() })),
  )
  for (const { status } of both) expect(status).toBe(200)
  const minutes = await begin()
  expect(new Set(minutes).size).toBe(3)
  const { details } = await rest.engine.reads.verify({ clinicNo: null, detailsMax: 9 })
  expect(details).toEqual([])
})

test('visits and fixed slots move to a colleague', async ({ rest, database }) => {
  const { clinic, as, path, ids, later, doctor, session, begin } = await anAfternoon(database, rest, [0, 30])
  const colleague = await aDoctor(database, clinic)
  await aSession(database, colleague, { startsAt: session.startsAt, minutes: 60 })
  const slot = await aSlot(database, doctor, { startsAt: new Date(session.endsAt.getTime() + 3_600_000) })
  await aSlot(database, colleague, { startsAt: slot.startsAt })
  const fixed = await aBooking(database, slot, { patient: { name: 'Grace Hopper' } })
  const moves = [...later(0), { bookingId: fixed.id, startsAt: slot.startsAt.toISOString() }]
  const body = { moves, doctorId: colleague.id }
  expect(outcomesOf(await rest.call('moveBookings', { path, as, query: { dryRun: true }, body }))).toEqual(
    moves.map(() => 'free'),
  )
  for (const _ of ['first', 'repeated']) {
    const moved = await rest.call('moveBookings', { path, as, body })
    expect(outcomesOf(moved)).toEqual(moves.map(() => 'moved'))
  }
  expect(await begin()).toEqual([0, 30])
  for (const bookingId of [...ids, fixed.id]) {
    expect((await rest.call('getBooking', { path: { bookingId }, as })).body.doctorId).toBe(colleague.id)
  }
})

test('a booking stays at its own time, which it keeps from others, and the preview says so', async ({
  rest,
  database,
}) => {
  const { clinic, doctor, as, path, ids, later, session, type, begin } = await anAfternoon(database, rest, [0, 30, 60])
  const slot = await aSlot(database, doctor, { startsAt: new Date(session.endsAt.getTime() + 3_600_000) })
  const fixed = await aBooking(database, slot, { patient: { name: 'Grace Hopper' } })
  const colleague = await aDoctor(database, clinic)
  const theirs = await aSession(database, colleague, { startsAt: session.startsAt, minutes: 60 })
  const at = { sessionId: theirs.id, visitTypeId: type.id, startsAt: startOf(session, 30) }
  const { body: beside } = await rest.call('createBooking', {
    body: { ...at, patient: { name: 'Alan' }, confirm: true },
  })
  const [first, second, third] = later(0)
  const moves = [
    first,
    second,
    { bookingId: ids[2] ?? '', startsAt: startOf(session, 10) },
    { bookingId: fixed.id, startsAt: slot.startsAt.toISOString() },
    { bookingId: beside.id, startsAt: startOf(session, 30) },
  ]
  for (const dryRun of [true, false]) {
    const done = dryRun ? 'free' : 'moved'
    const body = { moves, doctorId: doctor.id }
    expect(outcomesOf(await rest.call('moveBookings', { path, as, query: { dryRun }, body }))).toEqual([
      done,
      done,
      'slot_full',
      done,
      'slot_full',
    ])
  }
  // Neither a closure nor a longer type changes what is booked.
  const [from, to] = [session.startsAt, session.endsAt].map((time) => time.toISOString().slice(0, 10))
  await rest.call('createClosure', { path, as, body: { from, to, doctorId: doctor.id } })
  await database.ownerPool.query('update holdfast.visit_type set minutes = 60 where id = $1', [type.id])
  for (const dryRun of [true, false]) {
    const moved = await rest.call('moveBookings', {
      path,
      as,
      query: { dryRun },
      body: { moves: [first, third, moves[3]] },
    })
    expect(outcomesOf(moved)).toEqual(Array.from({ length: 3 }, () => (dryRun ? 'free' : 'moved')))
  }
  expect(await begin()).toEqual([0, 30, 60])
})

test('only the desk moves bookings, each once, of its clinic, and to its doctors', async ({ rest, database }) => {
  const { clinic, doctor, as, path, later } = await anAfternoon(database, rest, [0])
  const other = await anAfternoon(database, rest, [0])
  const moves = later(30)
  const codeOf = async (body: object, who = as) => {
    const { problem } = await rest.call('moveBookings', { path, as: who, body: { moves, ...body } })
    return problem.code
  }
  expect(await codeOf({}, await rest.aMember(clinic.no, 'doctor', doctor.id))).toBe('forbidden')
  expect(await codeOf({}, other.as)).toBe('clinic_not_found')
  expect(await codeOf({ moves: other.later(30) })).toBe('booking_not_found')
  expect(await codeOf({ doctorId: other.doctor.id })).toBe('doctor_not_found')
  expect(await codeOf({ moves: [...moves, ...moves] })).toBe('invalid_request')
  expect(await other.begin()).toEqual([0])
})
