import {
  aBooking,
  aClaim,
  aClinic,
  aDoctor,
  aSlot,
  type BuiltSlot,
  checkHistory,
  databaseProxy,
  holdSlotLock,
  type TestDatabase,
  takenOf,
  untilLockWaiters,
} from '@holdfast/testkit'
import { freshDatabaseTest, test } from '@holdfast/testkit/database-test'
import { describe, expect, onTestFinished } from 'vitest'
import { createEngine } from '../create-engine.ts'
import { createPool, type PoolSettings } from '../database/pools.ts'
import type { SettleRequest } from '../model/settle.ts'
import type { BatchReport } from '../queue/batch-report.ts'
import { findLocked, locksOf } from './find-locked.ts'

function engineOn(
  database: TestDatabase,
  settings: Partial<PoolSettings>,
  waitMsMax = 60_000,
  onBatch: (report: BatchReport) => void = () => undefined,
) {
  const batchPool = createPool({ url: database.appUrl, max: 9, name: 'batches', lockTimeoutMs: 300, ...settings })
  const engine = createEngine({ batchPool, generalPool: database.appPool, waitMsMax, onBatch })
  onTestFinished(async () => {
    await engine.stop()
    await batchPool.close(1_000)
  })
  return { engine, batchPool }
}

async function someSlots(database: TestDatabase, count: number): Promise<BuiltSlot[]> {
  const doctor = await aDoctor(database, await aClinic(database))
  const slots: BuiltSlot[] = []
  for (let n = 0; n < count; n += 1) slots.push(await aSlot(database, doctor, { capacity: 100 }))
  return slots
}

describe('a network that drops the packets of all connections', () => {
  test('every claim is answered on new connections, and booked once', async ({ database }) => {
    const proxy = await databaseProxy(database.appUrl)
    onTestFinished(() => proxy.end())
    const { engine } = engineOn(database, { url: proxy.url, queryTimeoutMs: 1_000 })
    const slots = await someSlots(database, 12)
    const claimAll = () => Promise.all(slots.map((slot) => engine.claim(aClaim(slot))))
    // Opens connections.
    await claimAll()
    await claimAll()
    proxy.hang()
    proxy.forwardNew()
    const startedAt = performance.now()
    const outcomes = await claimAll()
    expect(outcomes.map(({ kind }) => kind)).toEqual(Array(12).fill('booked'))
    // Without a timeout they are never answered; if only the query has one, each connection takes as long.
    expect(performance.now() - startedAt).toBeLessThan(20_000)
    expect(await takenOf(database, ...slots)).toEqual(Array(12).fill(3))
    expect(await checkHistory(database)).toEqual([])
  })
})

describe('a slot that another transaction holds locked', () => {
  test('claims of other clinics are booked meanwhile, and its own once it is free', async ({ database }) => {
    const { engine } = engineOn(database, {})
    const [slot, ...others] = await someSlots(database, 20)
    if (slot === undefined) throw new Error('no slot')
    const lock = await holdSlotLock(database, slot)
    const waiting = Array.from({ length: 5 }, () => engine.claim(aClaim(slot)))
    for (let round = 0; round < 3; round += 1) {
      const outcomes = await Promise.all(others.map((other) => engine.claim(aClaim(other))))
      expect(outcomes.map(({ kind }) => kind)).toEqual(Array(19).fill('booked'))
    }
    expect(engine.queueDepths().claim.slow).toBe(5)
    expect(await takenOf(database, slot)).toEqual([0])
    await lock.release()
    expect((await Promise.all(waiting)).map(({ kind }) => kind)).toEqual(Array(5).fill('booked'))
    expect(await takenOf(database, slot)).toEqual([5])
    expect(await checkHistory(database)).toEqual([])
  })

  test('negative control: if batches wait for it unbounded, other claims are refused', async ({ database }) => {
    const { engine } = engineOn(database, { lockTimeoutMs: 20_000 }, 1_000)
    const [slot, other] = await someSlots(database, 2)
    if (slot === undefined || other === undefined) throw new Error('no slot')
    const lock = await holdSlotLock(database, slot)
    const waiting = [engine.claim(aClaim(slot))]
    await untilLockWaiters(database, 1)
    waiting.push(engine.claim(aClaim(slot)))
    await untilLockWaiters(database, 2)
    expect((await engine.claim(aClaim(other))).kind).toBe('overloaded')
    await lock.release()
    expect((await Promise.all(waiting)).map(({ kind }) => kind)).toEqual(['booked', 'booked'])
  })

  test('its claims are refused when their time is over', async ({ database }) => {
    const { engine } = engineOn(database, {}, 1_000)
    const [slot] = await someSlots(database, 1)
    if (slot === undefined) throw new Error('no slot')
    const lock = await holdSlotLock(database, slot)
    expect(await engine.claim(aClaim(slot))).toEqual({ kind: 'locked', retryAfterSeconds: 1 })
    await lock.release()
    expect(await takenOf(database, slot)).toEqual([0])
  })

  test('changes of other bookings are done meanwhile', async ({ database }) => {
    const { engine } = engineOn(database, {})
    const [slot, other] = await someSlots(database, 2)
    if (slot === undefined || other === undefined) throw new Error('no slot')
    const bookings = [await aBooking(database, slot), await aBooking(database, other)]
    const lock = await holdSlotLock(database, slot)
    const cancel = (bookingId: string): SettleRequest => {
      return { bookingId, action: 'cancel', actorId: null, onBehalf: true, key: null, reason: null }
    }
    const [first, second] = bookings.map(({ id }) => engine.settle(cancel(id)))
    expect((await second)?.kind).toBe('done')
    await lock.release()
    expect((await first)?.kind).toBe('done')
  })

  test('are_locked finds locked slots and bookings without waiting', async ({ database }) => {
    const [slot, free] = await someSlots(database, 2)
    if (slot === undefined || free === undefined) throw new Error('no slot')
    const [onSlot, onFree] = [await aBooking(database, slot), await aBooking(database, free)]
    const lock = await holdSlotLock(database, slot)
    const ofSlots = [slot, free, slot].map((one) => locksOf.claim(aClaim(one)))
    expect(await findLocked(database.appPool, ofSlots)).toEqual([true, false, true])
    const of = (action: 'cancel' | 'confirm') =>
      [onSlot, onFree].map(({ id }) => locksOf.settle({ bookingId: id, action }))
    expect(await findLocked(database.appPool, of('cancel'))).toEqual([true, false])
    // A confirmation does not lock the slot.
    expect(await findLocked(database.appPool, of('confirm'))).toEqual([false, false])
    await lock.release()
    expect(await findLocked(database.appPool, of('cancel'))).toEqual([false, false])
  })
})

describe('a primary that was demoted', () => {
  /** For connections that are opened from now on. */
  const mayWrite = async (database: TestDatabase, value: 'on' | 'off') => {
    const { rows } = await database.ownerPool.query<{ name: string }>('select current_database() as name')
    await database.ownerPool.query(
      `begin read write; alter database "${rows[0]?.name}" set default_transaction_read_only = ${value}; commit`,
    )
  }

  freshDatabaseTest('a batch is sent again, as one, and booked by the next primary', async ({ database }) => {
    const slots = await someSlots(database, 20)
    const batches: BatchReport[] = []
    const refused = Promise.withResolvers<void>()
    const onBatch = (batch: BatchReport) => {
      batches.push(batch)
      if (batch.failed) refused.resolve()
    }
    await mayWrite(database, 'on')
    const { engine } = engineOn(database, {}, 60_000, onBatch)
    const claims = slots.flatMap((slot) => Array.from({ length: 5 }, () => engine.claim(aClaim(slot))))
    await refused.promise
    await mayWrite(database, 'off')
    expect((await Promise.all(claims)).map(({ kind }) => kind)).toEqual(Array(100).fill('booked'))
    expect(new Set(batches.map(({ size }) => size))).toEqual(new Set([100]))
    expect(await takenOf(database, ...slots)).toEqual(Array(20).fill(5))
  })
})
