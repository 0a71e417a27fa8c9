import {
  aBooking,
  aClinic,
  aDoctor,
  aSlot,
  aTimeClaim,
  aWaitlistEntry,
  type BuiltBooking,
  type BuiltDoctor,
  type BuiltSlot,
  checkHistory,
  type HeldLock,
  holdLock,
  holdSlotLock,
  plantFunction,
  type TestDatabase,
} from '@holdfast/testkit'
import { freshDatabaseTest, test } from '@holdfast/testkit/database-test'
import { describe, expect, onTestFinished } from 'vitest'
import { aRequestScene } from '../../test/requests.ts'
import { createEngine } from '../create-engine.ts'
import { createPool } from '../database/pools.ts'
import type { TimeClaimRequest } from '../model/session.ts'

// What every cancellation of a clinic locks stays locked, and its cancellations go on arriving, each of another
// booking. Only the first of them may fail a batch that another clinic's writes are in.

type Engine = ReturnType<typeof createEngine>
type Place = { doctor: BuiltDoctor; bookings: BuiltBooking[]; slots: BuiltSlot[]; target: BuiltSlot }

type Case = {
  name: string
  queue: 'settle' | 'move'
  hang(database: TestDatabase, place: Place): Promise<HeldLock>
  write(engine: Engine, place: Place, nth: number): Promise<{ kind: string }>
}

const count = 8

async function aPlace(database: TestDatabase): Promise<Place> {
  const doctor = await aDoctor(database, await aClinic(database))
  const shared = await aSlot(database, doctor, { capacity: 20 })
  const [bookings, slots]: [BuiltBooking[], BuiltSlot[]] = [[], []]
  for (let nth = 0; nth < count; nth += 1) {
    bookings.push(await aBooking(database, shared))
    slots.push(await aSlot(database, doctor))
  }
  return { doctor, bookings, slots, target: shared }
}

const byClinic = { actorId: null, onBehalf: true, key: null, reason: null }

const cancel: Case['write'] = (engine, { bookings }, nth) =>
  engine.settle({ ...byClinic, bookingId: bookings[nth]?.id ?? '', action: 'cancel' })

async function lockOffering(database: TestDatabase, { doctor }: Place): Promise<HeldLock> {
  await aWaitlistEntry(database, doctor, { units: 19 })
  return holdLock(database.ownerPool, 'select pg_advisory_xact_lock(1215261800, $1)', [doctor.clinicNo])
}

/** An engine, and the sizes of its batches of more than one write that failed. */
function anEngine(database: TestDatabase, queue: Case['queue']) {
  const failed: number[] = []
  const batchPool = createPool({ url: database.appUrl, max: 10, name: 'batches', lockTimeoutMs: 300 })
  const engine = createEngine({
    batchPool,
    generalPool: database.appPool,
    waitMsMax: 60_000,
    onBatch: (batch) => void (batch.queue === queue && batch.failed && batch.size > 1 && failed.push(batch.size)),
  })
  onTestFinished(async () => {
    await engine.stop()
    await batchPool.close(1_000)
  })
  return { engine, failed }
}

async function claimed(engine: Engine, claim: TimeClaimRequest | undefined): Promise<string> {
  const outcome = claim === undefined ? { kind: 'no claim' } : await engine.claimTime(claim)
  if (!('booking' in outcome)) throw new Error(outcome.kind)
  return outcome.booking.id
}

/** Requests of patients that give their units back arrive while the waitlist of their clinic is locked. */
async function requestWhileLocked(database: TestDatabase) {
  const { engine, failed } = anEngine(database, 'settle')
  const scenes = [
    await aRequestScene(database, engine, undefined, { approval: 'not_holding' }),
    await aRequestScene(database, engine, undefined, { approval: 'none' }),
  ] as const
  const holds: [string, string][] = []
  for (let nth = 0; nth < count; nth += 1) {
    const patient = { name: `P${nth}`, email: `p${nth}@example.org` }
    const [one, other] = scenes.map(({ session, type }) => aTimeClaim(session, type, nth * 20, { patient }))
    holds.push([await claimed(engine, one), await claimed(engine, other)])
  }
  const ordinary = await aBooking(database, await aSlot(database, scenes[0].doctor), { status: 'PENDING' })
  await aWaitlistEntry(database, scenes[0].doctor, { units: 19 })
  const sql = 'select pg_advisory_xact_lock(1215261800, $1)'
  const lock = await holdLock(database.ownerPool, sql, [scenes[0].doctor.clinicNo])
  onTestFinished(() => lock.release())
  const waiting: Promise<{ kind: string }>[] = []
  for (const [one, other] of holds) {
    waiting.push(scenes[0].change(one, 'confirm', false))
    expect(await scenes[1].change(other, 'confirm', false)).toMatchObject({ kind: 'done' })
  }
  // A confirmation that gives nothing back does not wait for the waitlist.
  const confirmed = await scenes[0].change(ordinary.id, 'confirm', false)
  await lock.release()
  return { failed, confirmed, kinds: (await Promise.all(waiting)).map(({ kind }) => kind) }
}

const cases: Case[] = [
  { name: 'cancel: the waitlist', queue: 'settle', hang: lockOffering, write: cancel },
  {
    name: 'cancel: the slot',
    queue: 'settle',
    hang: (database, { target }) => holdSlotLock(database, target),
    write: cancel,
  },
  {
    name: 'a move: the waitlist',
    queue: 'move',
    hang: lockOffering,
    write: (engine, { bookings, slots }, nth) =>
      engine.move({ ...byClinic, bookingId: bookings[nth]?.id ?? '', slotId: slots[nth]?.id ?? '' }),
  },
]

describe('a lock that all such writes of a clinic wait for', () => {
  test.for(cases)('$name: another clinic is delayed once', async ({ queue, hang, write }, { database }) => {
    const { engine, failed } = anEngine(database, queue)
    const [locked, other] = [await aPlace(database), await aPlace(database)]
    const lock = await hang(database, locked)
    onTestFinished(() => lock.release())
    const waiting: Promise<{ kind: string }>[] = []
    for (let nth = 0; nth < count; nth += 1) {
      // Both are in one batch, unless the first of them is known to wait.
      waiting.push(write(engine, locked, nth))
      expect(await write(engine, other, nth)).toMatchObject({ kind: 'done' })
    }
    expect(failed).toEqual([2])
    await lock.release()
    expect((await Promise.all(waiting)).map(({ kind }) => kind)).toEqual(Array(count).fill('done'))
  })

  test('requests that hold nothing: another clinic is delayed once, and their own clinic not', async ({ database }) => {
    const { failed, confirmed, kinds } = await requestWhileLocked(database)
    expect(failed.length).toBeLessThanOrEqual(1)
    expect(confirmed).toMatchObject({ kind: 'done' })
    expect(kinds).toEqual(Array(count).fill('done'))
  })

  freshDatabaseTest(
    'negative control: requests that give units back like the others delay them',
    async ({ database }) => {
      await plantFunction(
        database,
        'settle_bookings',
        { part: 'and (p_may_free is null or true = any (p_may_free))', becomes: '' },
        { part: 'and i.may_free is not false', becomes: '' },
      )
      const { failed } = await requestWhileLocked(database)
      expect(failed.length).toBeGreaterThan(1)
    },
  )

  test('after all of this, the log agrees with the bookings', async ({ database }) => {
    expect(await checkHistory(database)).toEqual([])
  })
})
