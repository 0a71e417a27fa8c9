import { randomUUID } from 'node:crypto'
import {
  aClinic,
  aDoctor,
  aSession,
  aSlot,
  aTimeClaim,
  aVisitType,
  type BuiltSession,
  createTestDatabase,
  plantFunction,
  type TestDatabase,
  untilLockWaiters,
} from '@holdfast/testkit'
import { test } from '@holdfast/testkit/database-test'
import type pg from 'pg'
import { expect } from 'vitest'
import { type MoveRow, movesOf } from '../bookings/move-batch.ts'
import { createEngine } from '../create-engine.ts'
import { verify } from '../verify/verify.ts'

const byDesk = { actorId: null, onBehalf: true }

/** An engine whose claims and moves go to the database, until it is stopped. */
function engineOn({ appPool }: TestDatabase) {
  const engine = createEngine({ batchPool: appPool, generalPool: appPool })
  return {
    stop: () => engine.stop(),
    async book(session: BuiltSession, type: { id: string }) {
      const outcome = await engine.claimTime(aTimeClaim(session, type, 0, { confirm: true }))
      if (outcome.kind !== 'booked') throw new Error(outcome.kind)
      return outcome.booking
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
  await engine.stop()
  const { rows } = await its.ownerPool.query<{ open: boolean; taken: number }>(
    'select withdrawn_at is null as open, taken from holdfast.slot where id = $1',
    [rest.slotId],
  )
  const { details } = await verify(its.appPool, { clinicNo: clinic.no, detailsMax: 9 })
  return { kind, slotOfRest: rows[0], faults: details.map((fault) => fault.kind) }
}

test('a visit that was moved meanwhile does not end the slot of its former group; negative control', async ({
  database,
}) => {
  const planted = await createTestDatabase()
  await plantFunction(planted, 'slot_for_move', {
    part: 'v_booking.slot_id is distinct from v_from.id',
    becomes: 'false',
  })
  const done = { kind: 'done', slotOfRest: { open: true, taken: 1 }, faults: [] }
  expect(await moveTwice(database)).toEqual(done)
  const ended = { slotOfRest: { open: false, taken: 1 }, faults: ['withdrawn_slot_booked'] }
  expect(await moveTwice(planted)).toEqual({ ...done, ...ended })
  await planted.drop()
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
  await engine.stop()
  return outcome
}

test('a visit is not moved into a session that is closed meanwhile; negative control', async ({ database }) => {
  expect(await moveIntoClosed(database)).toEqual({ kind: 'slot_closed', why: 'withdrawn' })
  const planted = await createTestDatabase()
  const part = /(select r\.active into [^;]*;)\s*(select \* into v_session [^;]*;)/
  await plantFunction(planted, 'slot_for_move', { part, becomes: '$2 $1' })
  expect(await moveIntoClosed(planted)).toMatchObject({ kind: 'done' })
  await planted.drop()
})
