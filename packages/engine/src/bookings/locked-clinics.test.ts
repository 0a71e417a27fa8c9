import {
  aBooking,
  aClinic,
  aDoctor,
  aSlot,
  aWaitlistEntry,
  type BuiltBooking,
  type BuiltDoctor,
  type BuiltSlot,
  checkHistory,
  type HeldLock,
  holdLock,
  holdSlotLock,
  type TestDatabase,
} from '@holdfast/testkit'
import { test } from '@holdfast/testkit/database-test'
import { describe, expect, onTestFinished } from 'vitest'
import { createEngine } from '../create-engine.ts'
import { createPool } from '../database/pools.ts'

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

  test('after all of this, the log agrees with the bookings', async ({ database }) => {
    expect(await checkHistory(database)).toEqual([])
  })
})
