// Isolated: replaces a module
import { expect, test, vi } from 'vitest'
import { isId, newId, timeOf } from './id.ts'

// The worst case: every random bit is a one, so that each start is the last value of its millisecond.
vi.mock('node:crypto', () => ({ getRandomValues: (words: Uint32Array) => words.fill(0xffffffff) }))

test('when the random bits of a millisecond are used up, ids continue in the next one, ahead of the clock', () => {
  vi.useFakeTimers({ now: new Date('2030-01-01T00:00:00Z') })
  const ids = Array.from({ length: 1_000 }, () => newId(5))
  expect(ids[0]?.endsWith('ffffffffffff')).toBe(true)
  expect(new Set(ids).size).toBe(1_000)
  expect(ids.every(isId)).toBe(true)
  expect(ids.every((id, index) => index === 0 || id > (ids[index - 1] ?? ''))).toBe(true)
  expect(timeOf(ids[999] ?? '').toISOString()).toBe('2030-01-01T00:00:00.999Z')
  vi.useRealTimers()
})
