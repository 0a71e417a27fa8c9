import { expect, onTestFinished, test, vi } from 'vitest'
import { BatchQueue, type BatchQueueSettings, type ItemResult } from './batch-queue.ts'

const done = (item: string): ItemResult<string> => ({ kind: 'completed', outcome: item })
const failure = (code: string, message: string) => Object.assign(new Error(message), { code })
const lockTimeout = () => failure('55P03', 'canceling statement due to lock timeout')
const readOnly = () => failure('25006', 'cannot execute UPDATE in a read-only transaction')

/** Items are `row:name`. A batch with an item of a locked row fails as it does after a lock timeout. */
function lockedRows(settings: Partial<BatchQueueSettings<string, string>> = {}) {
  const locked = new Set<string>()
  const ran: string[][] = []
  const rowOf = (item: string) => item.split(':')[0] ?? ''
  const queue = new BatchQueue<string, string>({
    name: 'q',
    async run(items) {
      ran.push([...items])
      await new Promise((resolve) => setImmediate(resolve))
      if (items.some((item) => locked.has(rowOf(item)))) throw lockTimeout()
      return items.map(done)
    },
    rowOf,
    findLocked: async (items) => items.map((item) => locked.has(rowOf(item))),
    ...settings,
  })
  return { queue, locked, ran }
}

const outcomesOf = (queue: BatchQueue<string, string>, items: string[]) =>
  Promise.all(items.map((i) => queue.submit(i)))

test('one locked row: the others of its batch go on, and its items wait until it is free', async () => {
  const { queue, locked, ran } = lockedRows()
  locked.add('a')
  const slow = outcomesOf(queue, ['a:1', 'a:2'])
  const others = await outcomesOf(queue, ['b:1', 'c:1'])
  expect(others).toEqual(['b:1', 'c:1'])
  expect(ran).toContainEqual(['b:1', 'c:1'])
  const [before] = [ran.length]
  // Later ones of the row wait with the first, and no batch of others has them.
  const later = queue.submit('a:3')
  expect(await outcomesOf(queue, ['d:1', 'e:1'])).toEqual(['d:1', 'e:1'])
  for (const batch of ran.slice(before)) expect(new Set(batch.map((item) => item === 'a:3' || item < 'b')).size).toBe(1)
  locked.delete('a')
  expect(await slow).toEqual(['a:1', 'a:2'])
  expect(await later).toBe('a:3')
})

test('many locked rows: those that are free again do not wait for the others', async () => {
  const { queue, locked } = lockedRows()
  for (const row of ['a', 'b', 'c']) locked.add(row)
  const a = queue.submit('a:1')
  const [b, c] = [queue.submit('b:1'), queue.submit('c:1')]
  expect(await queue.submit('d:1')).toBe('d:1')
  locked.delete('c')
  expect(await c).toBe('c:1')
  locked.clear()
  expect(await Promise.all([a, b])).toEqual(['a:1', 'b:1'])
})

test('an item of a locked row is refused after its time, and stop waits for that', async () => {
  // Only the clock is a test clock: on a busy machine, `waitMsMax` would pass before the row is found locked.
  vi.useFakeTimers({ toFake: ['performance'] })
  onTestFinished(() => void vi.useRealTimers())
  const { queue, locked } = lockedRows({ waitMsMax: 30 })
  locked.add('a')
  const outcomes = outcomesOf(queue, ['a:1', 'a:2'])
  const stopped = queue.stop()
  await expect.poll(() => queue.depth.slow).toBe(2)
  vi.advanceTimersByTime(31)
  await stopped
  expect(await outcomes).toEqual(Array(2).fill({ kind: 'locked', retryAfterSeconds: 1 }))
  expect(queue.depth).toEqual({ queued: 0, inFlight: 0, slow: 0 })
})

test('a lock that is not of a row: the items are sent one by one', async () => {
  const { queue, locked, ran } = lockedRows({ findLocked: async (items) => items.map(() => false) })
  locked.add('b')
  const b = queue.submit('b:1')
  expect(await outcomesOf(queue, ['a:1', 'c:1'])).toEqual(['a:1', 'c:1'])
  expect(ran.slice(0, 2)).toEqual([['b:1', 'a:1', 'c:1'], ['b:1']])
  locked.clear()
  expect(await b).toBe('b:1')
})

test('several locks that are not of rows: the queue waits for one, and the slow lane for the others', async () => {
  const [locked, ran, timeOuts] = [new Set(['b', 'c', 'd']), [] as string[], [] as (() => void)[]]
  const queue = new BatchQueue<string, string>({
    name: 'q',
    inFlightMax: 1,
    async run(items) {
      ran.push(items.join(''))
      if (items.some((item) => locked.has(item))) {
        await new Promise<void>((_resolve, reject) => timeOuts.push(() => reject(lockTimeout())))
      }
      return items.map(done)
    },
    rowOf: (item) => item,
  })
  const untilWaiting = (count: number) => expect.poll(() => timeOuts).toHaveLength(count)
  const outcomes = outcomesOf(queue, ['a', 'b', 'c', 'd', 'e'])
  for (const count of [1, 2]) {
    await untilWaiting(count)
    timeOuts.at(-1)?.()
  }
  await untilWaiting(3)
  // The slow lane waits for a lock now, and the queue for none.
  expect(await queue.submit('z')).toBe('z')
  locked.clear()
  timeOuts.at(-1)?.()
  expect(await outcomes).toEqual(['a', 'b', 'c', 'd', 'e'])
  expect(ran).toEqual(['abcde', 'a', 'b', 'cdeb', 'z', 'c', 'd', 'e', 'b'])
})

test('a look for locked rows that fails: nothing is lost', async () => {
  const { queue, locked } = lockedRows({ findLocked: () => Promise.reject(lockTimeout()) })
  locked.add('a')
  const a = queue.submit('a:1')
  expect(await outcomesOf(queue, ['b:1', 'c:1'])).toEqual(['b:1', 'c:1'])
  locked.clear()
  expect(await a).toBe('a:1')
})

test('a row that got its lock is fast again', async () => {
  const { queue, locked, ran } = lockedRows()
  locked.add('a')
  const slow = queue.submit('a:1')
  await queue.submit('b:1')
  locked.clear()
  await slow
  const from = ran.length
  await outcomesOf(queue, ['a:2', 'b:2'])
  expect(ran.slice(from)).toEqual([['a:2', 'b:2']])
})

test('a server that may not write: the batch is sent again, whole, until it may', async () => {
  const ran: number[] = []
  const queue = new BatchQueue<number, string>({
    name: 'q',
    run: async (items) => {
      ran.push(items.length)
      if (ran.length < 3) throw readOnly()
      return items.map((item) => done(`${item}`))
    },
  })
  const items = Array.from({ length: 128 }, (_, n) => n)
  expect(await Promise.all(items.map((item) => queue.submit(item)))).toEqual(items.map(String))
  expect(ran).toEqual([128, 128, 128])
})

test('a server that may not write for longer than an item may wait: it is reported as not done', async () => {
  vi.useFakeTimers({ toFake: ['performance'] })
  onTestFinished(() => void vi.useRealTimers())
  const run = () => {
    vi.advanceTimersByTime(100)
    return Promise.reject(readOnly())
  }
  const queue = new BatchQueue<number, string>({ name: 'q', run, waitMsMax: 150 })
  const error: unknown = await queue.submit(1).catch((reason: unknown) => reason)
  expect(error).toMatchObject({ name: 'DatabaseUnavailable', outcomeUnknown: false })
})

test('what was lost and then meets a server that may not write may have been done', async () => {
  let runs = 0
  const run = () => {
    runs += 1
    return Promise.reject(runs === 1 ? failure('ECONNRESET', 'read ECONNRESET') : readOnly())
  }
  const queue = new BatchQueue<number, string>({ name: 'q', run, waitMsMax: 1_000, unknownMsMax: 3_000 })
  const error: unknown = await queue.submit(1).catch((reason: unknown) => reason)
  expect(error).toMatchObject({ name: 'DatabaseUnavailable', outcomeUnknown: true })
  expect(runs).toBeGreaterThan(1)
})

test('items that wait behind batches which do not end are refused in time', async () => {
  vi.useFakeTimers({ toFake: ['performance', 'setTimeout', 'clearTimeout'] })
  onTestFinished(() => void vi.useRealTimers())
  const queue = new BatchQueue<number, string>({ name: 'q', run: () => new Promise(() => undefined), batchSizeMax: 1 })
  for (const item of [1, 2]) void queue.submit(item)
  const third = queue.submit(3)
  await new Promise((resolve) => setImmediate(resolve))
  await vi.advanceTimersByTimeAsync(5_300)
  expect(await third).toEqual({ kind: 'overloaded', retryAfterSeconds: 1 })
  expect(queue.depth).toEqual({ queued: 0, inFlight: 2, slow: 0 })
})

test('the items of one locked row cannot fill the queue', async () => {
  const { queue, locked } = lockedRows({ queuedMax: 40 })
  locked.add('a')
  const slow = [queue.submit('a:0')]
  await queue.submit('b:0')
  // A quarter of the queue is for locked rows.
  for (let n = 1; n <= 20; n += 1) slow.push(queue.submit(`a:${n}`))
  expect(await queue.submit('b:1')).toBe('b:1')
  locked.clear()
  const outcomes = await Promise.all(slow)
  expect(outcomes.filter((outcome) => typeof outcome === 'string').length).toBeLessThanOrEqual(12)
  expect(outcomes).toContainEqual({ kind: 'locked', retryAfterSeconds: 1 })
  expect(outcomes[0]).toBe('a:0')
})
