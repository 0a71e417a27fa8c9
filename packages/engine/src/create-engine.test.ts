import { aClaim, aClinic, aDoctor, aSlot, checkHistory, takenOf, until } from '@holdfast/testkit'
import { test } from '@holdfast/testkit/database-test'
import { expect, onTestFinished } from 'vitest'
import { createEngine } from './create-engine.ts'
import { DatabaseUnavailable } from './database/database-unavailable.ts'
import { createPool } from './database/pools.ts'

test('connections killed repeatedly under load: each claim gets one result, and counts agree', async ({ database }) => {
  const slot = await aSlot(database, await aDoctor(database, await aClinic(database)), { capacity: 600 })
  const batchPool = createPool({ url: database.appUrl, max: 6, name: 'to be killed' })
  const engine = createEngine({ batchPool, generalPool: database.appPool })
  const outcomes: string[] = []
  const clients = Array.from({ length: 50 }, async () => {
    for (let n = 0; n < 16; n += 1) outcomes.push((await engine.claim(aClaim(slot))).kind)
  })
  let killed = 0
  const killing = until(
    async () => {
      const { rowCount } = await database.ownerPool.query(`select pg_terminate_backend(pid) from pg_stat_activity
          where application_name = 'to be killed' and datname = current_database() and state = 'active'`)
      killed += rowCount ?? 0
      return killed >= 8 || outcomes.length === 800
    },
    () => `only ${killed} connections killed`,
  )
  await Promise.all([...clients, killing])
  expect(killed).toBeGreaterThan(0)
  expect(outcomes.filter((kind) => kind === 'booked')).toHaveLength(600)
  expect(outcomes.filter((kind) => kind === 'slot_full')).toHaveLength(200)
  expect(await takenOf(database, slot)).toEqual([600])
  expect(await checkHistory(database)).toEqual([])
  await engine.stop()
  await batchPool.end()
})

test('stop waits until every accepted claim has its outcome', async ({ database }) => {
  const slot = await aSlot(database, await aDoctor(database, await aClinic(database)), { capacity: 1000 })
  const engine = createEngine({ batchPool: database.appPool, generalPool: database.appPool })
  const accepted = Array.from({ length: 500 }, () => engine.claim(aClaim(slot)))
  const stopped = engine.stop()
  expect(await engine.claim(aClaim(slot))).toEqual({ kind: 'overloaded', retryAfterSeconds: 1 })
  await stopped
  expect(engine.queueDepths().claim).toEqual({ queued: 0, inFlight: 0, slow: 0 })
  expect((await Promise.all(accepted)).map((outcome) => outcome.kind)).toEqual(
    Array.from({ length: 500 }, () => 'booked'),
  )
  expect(await takenOf(database, slot)).toEqual([500])
})

test('an unreachable database is reported within a second, as known: nothing was tried', async ({ database }) => {
  const nowhere = createPool({ url: 'postgres://nobody@127.0.0.1:1/none', max: 2, name: 'nowhere' })
  const engine = createEngine({ batchPool: nowhere, generalPool: nowhere })
  const slot = await aSlot(database, await aDoctor(database, await aClinic(database)))
  const tookMs: number[] = []
  // The fastest of some tries shows the code, not how busy the machine is.
  while (tookMs.length < 5 && Math.min(...tookMs) >= 1_000) {
    const startedAt = performance.now()
    const error = await engine.claim(aClaim(slot)).catch((reason: unknown) => reason)
    tookMs.push(performance.now() - startedAt)
    expect(error).toBeInstanceOf(DatabaseUnavailable)
    expect(error).toMatchObject({ outcomeUnknown: false })
  }
  expect(Math.min(...tookMs)).toBeLessThan(1_000)
  await nowhere.end()
})

test('a subscriber that throws stops neither the others nor the result, and ends the process', async ({ database }) => {
  const slot = await aSlot(database, await aDoctor(database, await aClinic(database)))
  const engine = createEngine({ batchPool: database.appPool, generalPool: database.appPool })
  const uncaught = uncaughtException()
  let calls = 0
  engine.onCommitted(() => {
    throw new Error('planted')
  })
  engine.onCommitted(() => {
    calls += 1
  })
  expect((await engine.claim(aClaim(slot))).kind).toBe('booked')
  expect(calls).toBe(1)
  expect(await uncaught).toEqual(new Error('planted'))
  await engine.stop()
})

/**
 * The next uncaught exception of this test. Node ends a process that has no listener for it; Vitest's would fail the
 * run.
 */
function uncaughtException(): Promise<unknown> {
  const listeners = process.listeners('uncaughtException')
  process.removeAllListeners('uncaughtException')
  onTestFinished(() => {
    process.removeAllListeners('uncaughtException')
    for (const listener of listeners) process.on('uncaughtException', listener)
  })
  return new Promise((resolve) => process.once('uncaughtException', resolve))
}

test('every subscriber is called, in order, until it unsubscribes', async ({ database }) => {
  const slot = await aSlot(database, await aDoctor(database, await aClinic(database)), { capacity: 2 })
  const engine = createEngine({ batchPool: database.appPool, generalPool: database.appPool })
  const calls: string[] = []
  const ends = ['first', 'second'].map((name) => engine.onCommitted(() => void calls.push(name)))
  await engine.claim(aClaim(slot))
  expect(calls).toEqual(['first', 'second'])
  ends[0]?.()
  await engine.claim(aClaim(slot))
  expect(calls).toEqual(['first', 'second', 'second'])
  ends[1]?.()
  await engine.stop()
})
