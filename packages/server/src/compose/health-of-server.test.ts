import { createEngine, createPool } from '@holdfast/engine'
import { aClaim, aClinic, aDoctor, aSlot } from '@holdfast/testkit'
import { freshDatabaseTest as test } from '@holdfast/testkit/database-test'
import { expect, onTestFinished } from 'vitest'
import { healthOfTest } from '../../test/health-of-test.ts'
import { createMetrics } from '../observe/metrics.ts'
import { knownQueues } from './health-of-server.ts'

test('a database whose queue refuses bookings is a failure, while another one takes them', async ({ database }) => {
  const config = { queueSizeMax: 1, queueWaitMsMax: 500 }
  const metrics = createMetrics({
    pools: () => ({}),
    serving: null,
    readDatabase: async () => ({ installation: null, shards: [] }),
  })
  const openEngine = () => {
    const pool = createPool({ url: database.appUrl, name: 'holdfast test', max: 1, connectTimeoutMs: 60_000 })
    onTestFinished(() => pool.close(0))
    const bounds = { queuedMax: config.queueSizeMax, waitMsMax: config.queueWaitMsMax }
    const engine = createEngine({ batchPool: pool, generalPool: pool, ...bounds, onRefused: metrics.queueRefused })
    return { pool, engine }
  }
  const [full, idle] = [openEngine(), openEngine()]
  const shards = { all: [full, idle], observed: [{ name: 'full' }, { name: 'idle' }] }
  const states = async () => {
    const health = healthOfTest(database.appPool, { queues: () => knownQueues(config, { shards, metrics }) })
    const named = ['booking_queue', 'queue_wait']
    return (await health()).checks
      .filter(({ name }) => named.includes(name))
      .map(({ name, database, state, reason }) => [name, database, state, reason])
  }
  const ok = (name: string) => ['booking_queue', name, 'ok', null]
  expect(await states()).toEqual([ok('full'), ok('idle'), ['queue_wait', null, 'ok', null]])

  const slot = await aSlot(database, await aDoctor(database, await aClinic(database)), { capacity: 10 })
  const held = await full.pool.connect()
  const outcomes: Promise<string>[] = []
  const claim = async () => {
    outcomes.push(full.engine.claim(aClaim(slot)).then(({ kind }) => kind))
    await new Promise((resolve) => setImmediate(resolve))
  }
  // Two batches wait for the connection, and the third claim for them.
  await claim()
  await claim()
  await claim()
  expect(await states()).toEqual([['booking_queue', 'full', 'failed', 'full'], ok('idle'), expect.anything()])
  await claim()
  expect(await outcomes.at(-1)).toBe('overloaded')
  expect((await states()).at(-1)).toEqual(['queue_wait', null, 'failed', 'full'])
  expect(await outcomes[2]).toBe('overloaded')
  // Nothing waits any more, and it is still known.
  expect(await states()).toEqual([ok('full'), ok('idle'), ['queue_wait', null, 'failed', 'late']])
  held.release()
  expect(await Promise.all(outcomes)).toEqual(['booked', 'booked', 'overloaded', 'overloaded'])
})
