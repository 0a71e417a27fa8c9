import { expect, test } from 'vitest'
import { windowCounts } from './window-counts.ts'

test('counts up to a limit in each window, by key; what is refused is not counted', () => {
  let nowMs = 0
  const count = windowCounts(2, 10_000, 10, () => nowMs)
  const exceeded = (times: number, key = 'a') => Array.from({ length: times }, () => count(key).isExceeded)
  expect(exceeded(4)).toEqual([false, false, true, true])
  expect(exceeded(1, 'b')).toEqual([false])
  nowMs = 9_999
  expect(count('a')).toMatchObject({ isExceeded: true, remaining: 0, ttlInSeconds: 1, max: 2 })
  nowMs = 10_000
  expect(exceeded(3)).toEqual([false, false, true])
})

test('a count can be given back, in its own window only, and not when it was refused', () => {
  let nowMs = 0
  const count = windowCounts(1, 10_000, 10, () => nowMs)
  const first = count('a')
  count('a').giveBack()
  expect(count('a').isExceeded).toBe(true)
  first.giveBack()
  const second = count('a')
  expect(second.isExceeded).toBe(false)
  nowMs = 10_000
  expect(count('a').isExceeded).toBe(false)
  second.giveBack()
  expect(count('a').isExceeded).toBe(true)
})
