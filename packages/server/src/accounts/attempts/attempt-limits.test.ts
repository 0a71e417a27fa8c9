import { expect, test } from 'vitest'
import { createAttemptLimits } from './attempt-limits.ts'

/** Limits with a clock that the test sets, in seconds. */
function limitsWithClock(freeMax: number) {
  const clock = { seconds: 1_000_000 }
  return { clock, limits: createAttemptLimits(freeMax, () => clock.seconds * 1000) }
}

test('after the free failures each further one has to wait twice as long, up to a quarter of an hour', () => {
  const { clock, limits } = limitsWithClock(3)
  const waits: number[] = []
  for (let round = 0; round < 14; round += 1) {
    const seconds = limits.begin('a')
    waits.push(seconds)
    if (seconds === 0) continue
    clock.seconds += seconds - 1
    expect(limits.begin('a')).toBe(1)
    clock.seconds += 1
  }
  expect(waits).toEqual([0, 0, 0, 2, 0, 4, 0, 8, 0, 16, 0, 32, 0, 64])
  for (let round = 0; round < 20; round += 1) clock.seconds += limits.begin('a')
  expect(limits.begin('a')).toBeLessThanOrEqual(900)
  expect(Math.max(limits.begin('a'), limits.begin('a'))).toBe(900)
})

test('attempts at the same time count before their outcome is known', () => {
  const { limits } = limitsWithClock(3)
  expect([1, 2, 3, 4, 5].map(() => limits.begin('a'))).toEqual([0, 0, 0, 2, 2])
})

test('a success forgets the failures, and an attempt that was not checked is not one', () => {
  const { limits } = limitsWithClock(2)
  limits.begin('a')
  limits.begin('a')
  limits.withdrawn('a')
  expect(limits.begin('a')).toBe(0)
  limits.succeeded('a')
  expect([limits.begin('a'), limits.begin('a'), limits.begin('a')]).toEqual([0, 0, 2])
})

test('keys share nothing', () => {
  const { limits } = limitsWithClock(1)
  expect([limits.begin('a'), limits.begin('a'), limits.begin('b')]).toEqual([0, 2, 0])
})
