import { until } from '@holdfast/testkit'
import { test } from '@holdfast/testkit/database-test'
import { expect, onTestFinished, vi } from 'vitest'
import { noTimes, type RequestTimes } from '../model/request-times.ts'
import { BatchQueue } from '../queue/batch-queue.ts'
import { createPool, inTransaction } from './pools.ts'
import { requestTimes } from './request-times.ts'

test('a request’s statements and the time of its connections are counted, alone and in transactions', async ({
  database: { appPool },
}) => {
  const times = noTimes()
  await requestTimes.run(times, async () => {
    await appPool.query('select pg_sleep(0.02)')
    await inTransaction(appPool, (transaction) => transaction.query('select pg_sleep(0.02)'))
  })
  expect(times).toMatchObject({ statements: 4, queueMs: 0 })
  expect(times.databaseMs).toBeGreaterThan(39)
  // Outside a request, nothing is measured.
  await appPool.query('select 1')
  expect(times.statements).toBe(4)
})

test('waiting for a connection is counted apart, also if none is free in time', async ({ database }) => {
  const pool = createPool({ url: database.appUrl, max: 1, name: 'one' })
  onTestFinished(() => pool.end())
  const holder = await pool.connect()
  pool.options.connectionTimeoutMillis = 50
  const times = noTimes()
  await expect(requestTimes.run(times, () => pool.query('select 1'))).rejects.toThrow()
  expect(times.connectionMs).toBeGreaterThan(48)
  expect(times).toMatchObject({ statements: 0, databaseMs: 0 })
  pool.options.connectionTimeoutMillis = 10_000
  const waiting = requestTimes.run(times, () => inTransaction(pool, (transaction) => transaction.query('select 1')))
  await until(async () => pool.waitingCount === 1, 'a transaction that waits')
  // The connection is passed on in the context of whoever releases it.
  requestTimes.run(noTimes(), () => holder.release())
  await waiting
  expect(times.statements).toBe(3)
})

test('requests of a batch have waited for it, and each has its time and statements', async () => {
  vi.useFakeTimers({ toFake: ['performance'] })
  onTestFinished(() => void vi.useRealTimers())
  const seen: (RequestTimes | undefined)[] = []
  const queue = new BatchQueue<number, number>({
    name: 'q',
    inFlightMax: 1,
    batchSizeMax: 2,
    async run(items) {
      const times = requestTimes.getStore()
      seen.push(times)
      vi.advanceTimersByTime(100)
      if (times !== undefined) Object.assign(times, { databaseMs: 90, connectionMs: 10, statements: 2 })
      return items.map((item) => ({ kind: 'completed', outcome: item }))
    },
  })
  const requests = [noTimes(), noTimes(), noTimes()]
  await Promise.all(requests.map((times, index) => requestTimes.run(times, () => queue.submit(index))))
  const batch = { databaseMs: 90, connectionMs: 10, statements: 2 }
  expect(requests).toEqual([
    { ...batch, queueMs: 0 },
    { ...batch, queueMs: 0 },
    { ...batch, queueMs: 100 },
  ])
  // No batch counts as the work of the request that came first.
  for (const times of requests) expect(seen).not.toContain(times)
})

test('a claim may have the times of its request with it, which count instead of those of the context', async () => {
  const [times, ofContext] = [noTimes(), noTimes()]
  const queue = new BatchQueue<{ times: RequestTimes }, string>({
    name: 'q',
    async run(items) {
      Object.assign(requestTimes.getStore() ?? {}, { statements: 1 })
      return items.map(() => ({ kind: 'completed', outcome: 'booked' }))
    },
  })
  await requestTimes.run(ofContext, () => queue.submit({ times }))
  expect([times.statements, ofContext]).toEqual([1, noTimes()])
})

test('a request that its queue refuses has waited there', async () => {
  vi.useFakeTimers({ toFake: ['performance', 'setTimeout', 'clearTimeout'] })
  onTestFinished(() => void vi.useRealTimers())
  const queue = new BatchQueue<number, number>({ name: 'q', run: () => new Promise(() => undefined), batchSizeMax: 1 })
  for (const item of [1, 2]) void queue.submit(item)
  const times = noTimes()
  const refused = requestTimes.run(times, () => queue.submit(3))
  await new Promise((resolve) => setImmediate(resolve))
  await vi.advanceTimersByTimeAsync(5_300)
  expect(await refused).toMatchObject({ kind: 'overloaded' })
  expect(times.queueMs).toBeGreaterThan(5_000)
})
