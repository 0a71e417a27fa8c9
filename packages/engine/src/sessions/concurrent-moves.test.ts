import { randomUUID } from 'node:crypto'
import {
  aClinic,
  aDoctor,
  aQuestion,
  aSession,
  aSlot,
  aTimeClaim,
  aVisitType,
  type BuiltSession,
  holdLock,
  ofKind,
  plantFunction,
  type TestDatabase,
  until,
  untilLockWaiters,
} from '@holdfast/testkit'
import { anotherDatabase, test } from '@holdfast/testkit/database-test'
import type pg from 'pg'
import sql from 'sql-template-tag'
import { expect } from 'vitest'
import { engineOf } from '../../test/engine-of.ts'
import { type MoveRow, movesOf } from '../bookings/move-batch.ts'
import { runSettleBatch } from '../bookings/settle-batch.ts'
import { verify } from '../verify/verify.ts'
import { findLockedMoves, moveToTime, timeMoveQueue } from './move-to-time.ts'

const byDesk = { actorId: null, onBehalf: true }

/** An engine whose claims and moves go to the database, until it is stopped. */
function engineOn({ appPool }: TestDatabase) {
  const engine = engineOf({ appPool })
  return {
    async book(session: BuiltSession, type: { id: string }, minute = 0, confirm = true) {
      return ofKind(await engine.claimTime(aTimeClaim(session, type, minute, { confirm })), 'booked').booking
    },
    moveToStart: (bookingId: string, { id, startsAt }: BuiltSession, visitTypeId: string) =>
      engine.moveToTime({ bookingId, sessionId: id, startsAt, visitTypeId, ...byDesk }),
  }
}

/** Runs `wait`, which waits for a lock of the transaction of `write`, and commits that then. */
async function duringTransaction<Result>(
  its: TestDatabase,
  write: (client: pg.PoolClient) => Promise<unknown>,
  wait: () => Promise<Result>,
): Promise<Result> {
  const client = await its.appPool.connect()
  await client.query('begin')
  await write(client)
  const waiting = wait()
  await untilLockWaiters(its, 1)
  await client.query('commit')
  client.release()
  return waiting
}

/** One of a group of two is moved to a fixed slot, and to the session of another doctor meanwhile. */
async function moveTwice(its: TestDatabase) {
  const clinic = await aClinic(its)
  const [session, other] = [
    await aSession(its, await aDoctor(its, clinic)),
    await aSession(its, await aDoctor(its, clinic)),
  ]
  const [group, fixed] = [
    await aVisitType(its, clinic, { capacity: 2 }),
    await aSlot(its, await aDoctor(its, clinic), { minutes: 30 }),
  ]
  const engine = engineOn(its)
  const [one, rest] = [await engine.book(session, group), await engine.book(session, group)]
  const toFixed = { bookingId: one.id, slotId: fixed.id, key: randomUUID(), ...byDesk }
  const { kind } = await duringTransaction(
    its,
    async (client) => expect((await client.query<MoveRow>(movesOf([toFixed]))).rows[0]?.outcome).toBe('done'),
    () => engine.moveToStart(one.id, other, group.id),
  )
  const { rows } = await its.ownerPool.query<{ open: boolean; taken: number }>(sql`
    select withdrawn_at is null as open, taken from holdfast.slot where id = ${rest.slotId}`)
  const { details } = await verify(its.appPool, { clinicNo: clinic.no, detailsMax: 9 })
  return { kind, slotOfRest: rows[0], faults: details.map((fault) => fault.kind) }
}

test('a visit that was moved meanwhile leaves its former group’s slot; negative control', async ({ database }) => {
  const planted = await anotherDatabase()
  await plantFunction(planted, 'slot_for_move', {
    part: 'v_booking.slot_id is distinct from v_from.id',
    becomes: 'false',
  })
  const done = { kind: 'done', slotOfRest: { open: true, taken: 1 }, faults: [] }
  expect(await moveTwice(database)).toEqual(done)
  const ended = { slotOfRest: { open: false, taken: 1 }, faults: ['withdrawn_slot_booked'] }
  expect(await moveTwice(planted)).toEqual({ ...done, ...ended })
})

/** A hold is moved to a visit type with a consent, and confirmed meanwhile. */
async function moveConfirmed(its: TestDatabase) {
  const clinic = await aClinic(its)
  const session = await aSession(its, await aDoctor(its, clinic))
  const [type, asking] = [
    await aVisitType(its, clinic),
    await aVisitType(its, clinic, { questions: [aQuestion('consent')] }),
  ]
  const engine = engineOn(its)
  const { id } = await engine.book(session, type, 60, false)
  const confirmation = { bookingId: id, action: 'confirm', key: null, reason: null, patient: null } as const
  const move = () =>
    moveToTime(its.appPool, {
      ...{ bookingId: id, sessionId: session.id, startsAt: session.startsAt, visitTypeId: asking.id },
      ...byDesk,
    })
  const first = await duringTransaction(
    its,
    async (client) =>
      expect(await runSettleBatch(client, [{ ...confirmation, ...byDesk }])).toMatchObject([
        { outcome: { kind: 'done' } },
      ]),
    move,
  )
  return [first, first.kind === 'retry' ? await move() : null]
}

test('a hold that is confirmed meanwhile brings no consent to another type; negative control', async ({ database }) => {
  expect(await moveConfirmed(database)).toMatchObject([{ kind: 'retry' }, { outcome: { kind: 'answer_refused' } }])
  const planted = await anotherDatabase()
  const part = 'judged_version := v_booking.version'
  await plantFunction(planted, 'slot_for_move', { part, becomes: 'judged_version := null' })
  expect(await moveConfirmed(planted)).toMatchObject([{ outcome: { kind: 'done' } }, null])
})

/** A visit is moved into a session that is closed meanwhile. */
async function moveIntoClosed(its: TestDatabase) {
  const clinic = await aClinic(its)
  const [session, type] = [await aSession(its, await aDoctor(its, clinic)), await aVisitType(its, clinic)]
  const other = await aSession(its, await aDoctor(its, clinic))
  const engine = engineOn(its)
  const { id } = await engine.book(session, type)
  const outcome = await duringTransaction(
    its,
    (client) =>
      client.query('select from holdfast.withdraw_session($1, $2, $3)', [clinic.no, other.id, other.doctorId]),
    () => engine.moveToStart(id, other, type.id),
  )
  return outcome
}

test('a visit is not moved into a session that is closed meanwhile; negative control', async ({ database }) => {
  expect(await moveIntoClosed(database)).toEqual({ kind: 'slot_closed', why: 'withdrawn' })
  const planted = await anotherDatabase()
  const part = /(perform lock_resources[^;]*;)\s*(select r\.active into [^;]*;\s*select \* into v_session [^;]*;)/
  await plantFunction(planted, 'slot_for_move', { part, becomes: '$2 $1' })
  expect(await moveIntoClosed(planted)).toMatchObject({ kind: 'done' })
})

/** The pool, which has no connection for the `nth` transaction. */
function withoutConnection(pool: pg.Pool, nth: number): pg.Pool {
  let transactions = 0
  const connect = () => {
    transactions += 1
    if (transactions === nth) throw new Error('timeout exceeded when trying to connect')
    return pool.connect()
  }
  return new Proxy(pool, {
    get: (target, name) => (name === 'connect' ? connect : Reflect.get(target, name, target)),
  })
}

/** An hour later in its session. */
const anHourLater = ({ id, startsAt }: { id: string; startsAt: Date }, session: BuiltSession) => ({
  ...byDesk,
  bookingId: id,
  sessionId: session.id,
  startsAt: new Date(startsAt.getTime() + 3_600_000),
  visitTypeId: null,
  key: randomUUID(),
})

/** Of three visits that move at once, the second gets no connection. What their callers get, and which have moved. */
async function moveWithoutConnection(its: TestDatabase, settings: Parameters<typeof timeMoveQueue>[2]) {
  const clinic = await aClinic(its)
  const [session, type] = [await aSession(its, await aDoctor(its, clinic)), await aVisitType(its, clinic)]
  const engine = engineOn(its)
  const visits = await Promise.all([0, 20, 40].map((minute) => engine.book(session, type, minute)))
  const queue = timeMoveQueue(withoutConnection(its.appPool, 2), () => undefined, settings)
  const ends = await Promise.allSettled(visits.map((visit) => queue.submit(anHourLater(visit, session))))
  const whichMoved = async () => {
    const { rows } = await its.ownerPool.query<{ moved: boolean }>(
      `select s.starts_at <> i.starts_at as moved
         from unnest($1::uuid[], $2::timestamptz[]) with ordinality i(id, starts_at, n)
         join holdfast.booking b on b.id = i.id
         join holdfast.slot s on s.id = b.slot_id
        order by i.n`,
      [visits.map(({ id }) => id), visits.map(({ startsAt }) => startsAt)],
    )
    return rows.map(({ moved }) => moved)
  }
  const moved = await until(
    async () => ((await whichMoved()).filter(Boolean).length === 2 ? whichMoved() : undefined),
    'two visits moved',
  )
  await queue.stop()
  return { ends: ends.map((end) => (end.status === 'fulfilled' ? end.value.kind : end.reason)), moved }
}

test('a move that was committed is not reported as refused by another; negative control', async ({ database }) => {
  const moved = [true, false, true]
  const notDone = expect.objectContaining({ outcomeUnknown: false })
  expect(await moveWithoutConnection(database, {})).toEqual({ ends: ['done', notDone, 'done'], moved })
  const together = await moveWithoutConnection(database, { batchSizeMax: 3 })
  expect(together).toEqual({ ends: [notDone, notDone, notDone], moved })
})

test('moves that would wait are found by the locks of the doctor, the booking and its slot', async ({ database }) => {
  const clinic = await aClinic(database)
  const type = await aVisitType(database, clinic)
  const [session, other] = [
    await aSession(database, await aDoctor(database, clinic)),
    await aSession(database, await aDoctor(database, clinic)),
  ]
  const engine = engineOn(database)
  const [one, two] = [await engine.book(session, type, 0), await engine.book(session, type, 20)]
  const moves = [anHourLater(one, session), anHourLater(two, session), anHourLater(one, other), anHourLater(two, other)]
  const lockedWith = async (table: string, id: string) => {
    const lock = await holdLock(database.ownerPool, `select from holdfast.${table} where id = $1 for update`, [id])
    const locked = await findLockedMoves(database.appPool, moves)
    await lock.release()
    return locked
  }
  expect(await lockedWith('resource', session.doctorId)).toEqual([true, true, false, false])
  expect(await lockedWith('slot', one.slotId)).toEqual([true, false, true, false])
  expect(await lockedWith('booking', two.id)).toEqual([false, true, false, true])
  expect(await findLockedMoves(database.appPool, moves)).toEqual([false, false, false, false])
})
