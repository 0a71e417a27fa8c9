import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { DatabaseUnavailable } from '../database/database-unavailable.ts'
import { BatchQueue, type ItemResult } from './batch-queue.ts'
import type { BatchReport } from './batch-report.ts'

/** A run that waits until the test releases it, one call at a time. */
function heldRun() {
  const calls: {
    items: readonly number[]
    complete(results?: ItemResult<string>[]): void
    fail(error: unknown): void
  }[] = []
  const called: (() => void)[] = []
  const run = (items: readonly number[]) =>
    new Promise<ItemResult<string>[]>((resolve, reject) => {
      calls.push({
        items,
        complete: (results) => resolve(results ?? items.map((item) => completed(`${item}`))),
        fail: reject,
      })
      for (const wake of called.splice(0)) wake()
    })
  const untilCalls = async (count: number) => {
    while (calls.length < count) await new Promise<void>((resolve) => called.push(resolve))
  }
  return { run, calls, untilCalls }
}

const completed = (outcome: string): ItemResult<string> => ({ kind: 'completed', outcome })
const lostConnection = () => Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET', syscall: 'read' })
const refusedConnection = () =>
  Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED', syscall: 'connect' })
const turn = () => new Promise((resolve) => setImmediate(resolve))

describe('BatchQueue', () => {
  test('an idle queue sends one item at once and alone', async () => {
    const held = heldRun()
    const queue = new BatchQueue({ name: 'q', run: held.run })
    const outcome = queue.submit(1)
    await held.untilCalls(1)
    expect(held.calls[0]?.items).toEqual([1])
    held.calls[0]?.complete()
    expect(await outcome).toBe('1')
  })

  test('a batch’s outcomes are reported together, before the callers get them; refusals and errors alone', async () => {
    const held = heldRun()
    const reports: unknown[] = []
    const queue = new BatchQueue<number, string>({
      name: 'q',
      run: held.run,
      queuedMax: 2,
      onOutcomes: (outcomes) => void reports.push(outcomes),
    })
    const resolved = [queue.submit(1), queue.submit(2)].map((outcome) => outcome.then((it) => reports.push(it)))
    await queue.submit(3)
    await held.untilCalls(1)
    held.calls[0]?.complete()
    await Promise.all(resolved)
    expect(reports).toEqual([[{ kind: 'overloaded', retryAfterSeconds: 1 }], ['1', '2'], '1', '2'])
    const failing = queue.submit(4)
    await held.untilCalls(2)
    held.calls[1]?.fail(new Error('invalid'))
    await expect(failing).rejects.toThrow('invalid')
    expect(reports.at(-1)).toEqual(['error'])
  })

  test('items that arrive while two batches are in flight share the next one, in order', async () => {
    const held = heldRun()
    const queue = new BatchQueue({ name: 'q', run: held.run, batchSizeMax: 3 })
    const outcomes = [queue.submit(1)]
    await held.untilCalls(1)
    outcomes.push(queue.submit(2))
    await held.untilCalls(2)
    outcomes.push(...[3, 4, 5, 6].map((item) => queue.submit(item)))
    await turn()
    expect(held.calls).toHaveLength(2)
    expect(queue.depth).toEqual({ queued: 4, inFlight: 2, slow: 0 })
    held.calls[0]?.complete()
    await held.untilCalls(3)
    expect(held.calls[2]?.items).toEqual([3, 4, 5])
    held.calls[1]?.complete()
    await held.untilCalls(4)
    expect(held.calls[3]?.items).toEqual([6])
    held.calls[2]?.complete()
    held.calls[3]?.complete()
    expect(await Promise.all(outcomes)).toEqual(['1', '2', '3', '4', '5', '6'])
  })

  test.each([
    [16, 2],
    [17, 3],
    [100, 8],
  ])('with %i waiting behind batches of two, the next has %i', async (waiting, size) => {
    const held = heldRun()
    const queue = new BatchQueue({ name: 'q', run: held.run, batchSizeMax: 2, inFlightMax: 1 })
    const outcomes = [queue.submit(0)]
    await held.untilCalls(1)
    outcomes.push(...Array.from({ length: waiting }, (_, n) => queue.submit(n + 1)))
    held.calls[0]?.complete()
    await held.untilCalls(2)
    expect(held.calls[1]?.items).toEqual(Array.from({ length: size }, (_, n) => n + 1))
    for (let next = 1; queue.depth.inFlight > 0; next += 1) {
      await held.untilCalls(next + 1)
      held.calls[next]?.complete()
      await turn()
    }
    expect(await Promise.all(outcomes)).toHaveLength(waiting + 1)
  })

  test('a full queue refuses at once, and the accepted items still get their outcomes', async () => {
    const held = heldRun()
    const queue = new BatchQueue({ name: 'q', run: held.run, queuedMax: 2 })
    const taken = [queue.submit(1), queue.submit(2)]
    expect(await queue.submit(3)).toEqual({ kind: 'overloaded', retryAfterSeconds: 1 })
    await held.untilCalls(1)
    held.calls[0]?.complete()
    expect(await Promise.all(taken)).toEqual(['1', '2'])
  })

  test('an item that has waited too long is refused and never sent', async () => {
    const held = heldRun()
    const queue = new BatchQueue({ name: 'q', run: held.run, inFlightMax: 1, waitMsMax: 0 })
    const first = queue.submit(1)
    expect(await first).toEqual({ kind: 'overloaded', retryAfterSeconds: 1 })
    expect(held.calls).toHaveLength(0)
    await queue.stop()
  })

  test('an invalid item fails alone: the others of its batch are sent again, one by one', async () => {
    const ran: (readonly number[])[] = []
    const queue = new BatchQueue<number, string>({
      name: 'q',
      run: (items) => {
        ran.push(items)
        if (items.includes(2)) return Promise.reject(new Error('invalid byte sequence'))
        return Promise.resolve(items.map((item) => completed(`${item}`)))
      },
    })
    const outcomes = await Promise.allSettled([1, 2, 3].map((item) => queue.submit(item)))
    expect(outcomes.map((outcome) => outcome.status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
    expect(ran).toEqual([[1, 2, 3], [1], [2], [3]])
  })

  test('an item with the result retry is first in the next batch', async () => {
    const held = heldRun()
    const queue = new BatchQueue({ name: 'q', run: held.run, inFlightMax: 1 })
    const outcomes = [queue.submit(1), queue.submit(2)]
    await held.untilCalls(1)
    outcomes.push(queue.submit(3))
    held.calls[0]?.complete([completed('1'), { kind: 'retry' }])
    await held.untilCalls(2)
    expect(held.calls[1]?.items).toEqual([2, 3])
    held.calls[1]?.complete()
    expect(await Promise.all(outcomes)).toEqual(['1', '2', '3'])
  })

  test('an item that never gets an outcome ends with an error, not in a loop', async () => {
    let runs = 0
    const run = async (): Promise<ItemResult<string>[]> => {
      runs += 1
      return [{ kind: 'retry' }]
    }
    const queue = new BatchQueue({ name: 'q', run })
    await expect(queue.submit(1)).rejects.toThrow('q: sent 100 times without an outcome')
    expect(runs).toBe(100)
  })

  test('a connection lost in flight is an unknown outcome: the same items are sent again', async () => {
    const held = heldRun()
    const queue = new BatchQueue({ name: 'q', run: held.run })
    const outcome = queue.submit(1)
    await held.untilCalls(1)
    held.calls[0]?.fail(lostConnection())
    await held.untilCalls(2)
    expect(held.calls[1]?.items).toEqual([1])
    held.calls[1]?.complete()
    expect(await outcome).toBe('1')
  })

  test('an unreachable database is reported at once, with a known outcome: nothing was tried', async () => {
    const queue = new BatchQueue<number, string>({
      name: 'q',
      run: () => Promise.reject(refusedConnection()),
      unknownMsMax: 60_000,
    })
    const error = await queue.submit(1).catch((reason: unknown) => reason)
    expect(error).toBeInstanceOf(DatabaseUnavailable)
    expect(error).toMatchObject({ outcomeUnknown: false })
  })

  test('an outcome that stays unknown is reported as unknown', async () => {
    const queue = new BatchQueue<number, string>({
      name: 'q',
      run: () => Promise.reject(lostConnection()),
      unknownMsMax: 1,
    })
    expect(await queue.submit(1).catch((reason: unknown) => reason)).toMatchObject({
      name: 'DatabaseUnavailable',
      outcomeUnknown: true,
    })
  })

  test('an item that may have committed is never refused as overloaded, however long it has waited', async () => {
    // Only the clock is a test clock: on a busy machine, a short `waitMsMax` would pass before the first try.
    vi.useFakeTimers({ toFake: ['performance'] })
    onTestFinished(() => void vi.useRealTimers())
    const held = heldRun()
    const queue = new BatchQueue({ name: 'q', run: held.run, waitMsMax: 1_000 })
    const outcome = queue.submit(1)
    await held.untilCalls(1)
    held.calls[0]?.fail(lostConnection())
    await held.untilCalls(2)
    vi.advanceTimersByTime(1_001)
    held.calls[1]?.complete([{ kind: 'retry' }])
    const third = held.untilCalls(3).then(() => held.calls[2]?.complete())
    expect(await Promise.race([outcome, third.then(() => outcome)])).toBe('1')
  })

  test.each([
    ['the database that cannot be reached', refusedConnection()],
    ['the database that refuses it', new Error('canceling statement due to lock timeout')],
  ])('what may have been done stays so, whatever is said of the next try: %s', async (_who, error) => {
    // Only the clock is a test clock: on a busy machine, `unknownMsMax` would pass before the next try.
    vi.useFakeTimers({ toFake: ['performance'] })
    onTestFinished(() => void vi.useRealTimers())
    const held = heldRun()
    const queue = new BatchQueue({ name: 'q', run: held.run, unknownMsMax: 150 })
    const outcome = queue.submit(1).catch((reason: unknown) => reason)
    await held.untilCalls(1)
    held.calls[0]?.fail(lostConnection())
    await held.untilCalls(2)
    held.calls[1]?.complete([{ kind: 'retry' }])
    await held.untilCalls(3)
    vi.advanceTimersByTime(151)
    held.calls[2]?.fail(error)
    const refusing = (async () => {
      for (let count = 4; ; count += 1) {
        await held.untilCalls(count)
        held.calls[count - 1]?.fail(error)
      }
    })()
    expect(await Promise.race([outcome, refusing])).toMatchObject({ name: 'DatabaseUnavailable', outcomeUnknown: true })
  })

  test('stop refuses new items and completes the accepted ones', async () => {
    const held = heldRun()
    const queue = new BatchQueue({ name: 'q', run: held.run })
    const taken = queue.submit(1)
    const stopped = queue.stop().then(() => 'stopped')
    expect(await queue.submit(2)).toMatchObject({ kind: 'overloaded' })
    await held.untilCalls(1)
    expect(await Promise.race([stopped, turn().then(() => 'waiting')])).toBe('waiting')
    held.calls[0]?.complete()
    expect(await taken).toBe('1')
    expect(await stopped).toBe('stopped')
  })

  test('each batch is reported with its size, and whether it failed', async () => {
    const reports: BatchReport[] = []
    const queue = new BatchQueue<number, string>({
      name: 'q',
      run: async (items) => items.map((item) => completed(`${item}`)),
      onBatch: (report) => reports.push(report),
    })
    await Promise.all([queue.submit(1), queue.submit(2)])
    expect(reports).toMatchObject([{ queue: 'q', size: 2, failed: false }])
    expect(reports[0]?.durationMs).toBeGreaterThanOrEqual(0)
  })
})
