import { expect, onTestFinished, test, vi } from 'vitest'
import { SlowLane } from './slow-lane.ts'

test('a row without items counts as locked for ten seconds, or until one has got its lock', () => {
  vi.useFakeTimers({ toFake: ['performance'] })
  onTestFinished(() => void vi.useRealTimers())
  const lane = new SlowLane<number>()
  expect([lane.isEmpty, lane.has('a')]).toEqual([true, false])
  lane.park('a', 1)
  lane.park('b', 2)
  expect([lane.isEmpty, lane.has('a'), lane.size]).toEqual([false, true, 2])
  expect(lane.take('a', 10)).toEqual([1])
  vi.advanceTimersByTime(1)
  lane.unlocked('a', performance.now())
  expect([lane.has('a'), lane.has('b')]).toEqual([false, true])
  expect(lane.take('b', 10)).toEqual([2])
  vi.advanceTimersByTime(9_000)
  expect([lane.isEmpty, lane.has('b')]).toEqual([false, true])
  vi.advanceTimersByTime(1_000)
  expect([lane.isEmpty, lane.has('b')]).toEqual([true, false])
})

test('a row that was found locked again meanwhile stays known; the oldest rows come first', () => {
  vi.useFakeTimers({ toFake: ['performance'] })
  onTestFinished(() => void vi.useRealTimers())
  const lane = new SlowLane<number>()
  lane.park('a', 1)
  lane.park('b', 2)
  const sentAt = performance.now()
  vi.advanceTimersByTime(1)
  lane.take('a', 1)
  lane.park('a', 1)
  lane.unlocked('a', sentAt)
  expect(lane.heads(10)).toEqual([
    { row: 'b', entry: 2 },
    { row: 'a', entry: 1 },
  ])
  lane.removeIf((entry) => entry === 2)
  expect([lane.size, lane.heads(10)]).toEqual([1, [{ row: 'a', entry: 1 }]])
})

test('rows of a group join while one of them is known to be locked', () => {
  vi.useFakeTimers({ toFake: ['performance'] })
  onTestFinished(() => void vi.useRealTimers())
  const lane = new SlowLane<number>()
  lane.park('1/a', 1)
  expect(['1/a', '1/b', '2/a', 'a'].map((row) => lane.has(row))).toEqual([true, true, false, false])
  lane.join('1/b', 2)
  vi.advanceTimersByTime(1)
  // When that one gets its lock, the other is not freed.
  expect(lane.take('1/b', 1)).toEqual([2])
  lane.unlocked('1/b', performance.now())
  expect([lane.has('1/c'), lane.heads(10)]).toEqual([true, [{ row: '1/a', entry: 1 }]])
  expect(lane.take('1/a', 1)).toEqual([1])
  lane.unlocked('1/a', performance.now())
  expect([lane.has('1/a'), lane.has('1/c'), lane.isEmpty]).toEqual([false, false, true])
  // A row that only joined does not stay known.
  lane.park('1/a', 1)
  lane.join('1/b', 2)
  lane.removeIf(() => true)
  vi.advanceTimersByTime(10_000)
  expect([lane.has('1/b'), lane.has('1/c')]).toEqual([false, false])
})
