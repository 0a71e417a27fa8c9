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
