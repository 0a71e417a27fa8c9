import { expect, onTestFinished, test, vi } from 'vitest'
import { BatchQueue, type QueueResult } from './batch-queue.ts'

const completed = (item: number): QueueResult<string> => ({ kind: 'completed', outcome: `${item}` })
const lostConnection = () => Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET', syscall: 'read' })

/** A queue that leaves items to another one, which sends each alone. `sent`: what that one has sent. */
function twoQueues(run: (items: readonly number[]) => Promise<QueueResult<string>[]>, settings: object = {}) {
  const sent: number[][] = []
  const alone = new BatchQueue<number, string>({
    name: 'alone',
    async run(items) {
      sent.push([...items])
      return items.map(completed)
    },
    batchSizeMax: 1,
    inFlightMax: 1,
    ...settings,
  })
  return { queue: new BatchQueue<number, string>({ name: 'q', run, alone, queuedMax: 64 }), sent }
}

const items = Array.from({ length: 40 }, (_item, index) => index)

test.for([
  { what: 'what a batch leaves', run: async () => items.map(() => ({ kind: 'alone' as const })) },
  { what: 'what was in a batch that failed', run: () => Promise.reject(new Error('It failed.')) },
])('each item is sent alone, also when many wait: $what', async ({ run }) => {
  const { queue, sent } = twoQueues(run)
  expect(await Promise.all(items.map((item) => queue.submit(item)))).toEqual(items.map(String))
  expect(sent).toEqual(items.map((item) => [item]))
})

test('an item that was in a batch of one is sent once if that fails', async () => {
  let runs = 0
  const { queue, sent } = twoQueues(async () => {
    runs += 1
    throw new Error('It failed.')
  })
  await expect(queue.submit(1)).rejects.toThrow('It failed.')
  expect([runs, sent]).toEqual([1, []])
})

test('an item that was in a batch of one is sent alone if a lock was not free in time', async () => {
  const { queue, sent } = twoQueues(() => Promise.reject(Object.assign(new Error('locked'), { code: '55P03' })))
  expect([await queue.submit(1), sent]).toEqual(['1', [[1]]])
})

test('what is left has waited since it arrived', async () => {
  vi.useFakeTimers({ toFake: ['performance'] })
  onTestFinished(() => void vi.useRealTimers())
  const { queue, sent } = twoQueues(
    async () => {
      vi.advanceTimersByTime(1_001)
      return [{ kind: 'alone' }]
    },
    { waitMsMax: 1_000 },
  )
  expect([await queue.submit(1), sent]).toMatchObject([{ kind: 'overloaded' }, []])
})

test('an item that could not be done in time is refused, but not if it may be committed', async () => {
  let runs = 0
  const queue = new BatchQueue<number, string>({
    name: 'q',
    async run(batch) {
      runs += 1
      if (runs === 2) throw lostConnection()
      return batch.map((item) => (runs < 5 ? { kind: 'overloaded' } : completed(item)))
    },
  })
  expect([await queue.submit(1), runs]).toMatchObject([{ kind: 'overloaded' }, 1])
  expect([await queue.submit(2), runs]).toEqual(['2', 5])
})
