import { expect, test } from 'vitest'
import { arrivals } from './arrivals.ts'

test('a seed determines every arrival, and another seed gives others', () => {
  expect(arrivals(500, 2_000, 7)).toEqual(arrivals(500, 2_000, 7))
  expect(arrivals(500, 2_000, 7)).not.toEqual(arrivals(500, 2_000, 8))
})

test('arrivals are in order, within the time, and about as frequent as requested', () => {
  const times = arrivals(1_000, 20_000, 1)
  expect(times.toSorted()).toEqual(times)
  expect(times.at(-1)).toBeLessThan(20_000)
  // Poisson: the standard deviation of 20,000 arrivals is 141.
  expect(Math.abs(times.length - 20_000)).toBeLessThan(5 * 141)
})

test('gaps vary as in an exponential distribution, as those of independent people do', () => {
  const times = arrivals(1_000, 20_000, 3)
  const gaps = [...times].slice(1).map((time, index) => time - (times[index] ?? 0))
  const mean = gaps.reduce((sum, gap) => sum + gap, 0) / gaps.length
  const deviation = Math.sqrt(gaps.reduce((sum, gap) => sum + (gap - mean) ** 2, 0) / gaps.length)
  expect(deviation / mean).toBeGreaterThan(0.95)
  expect(deviation / mean).toBeLessThan(1.05)
})
