import { expect, test } from 'vitest'
import { Latencies } from './latencies.ts'

test('percentiles are values that were measured, in whatever order they were added', () => {
  const latencies = new Latencies()
  for (let n = 0; n < 5_000; n += 1) latencies.add(((n * 7919) % 5_000) + 1)
  expect(latencies.summary()).toEqual({ count: 5_000, p50: 2_500, p90: 4_500, p99: 4_950, p999: 4_995, max: 5_000 })
})

test('one value is every percentile; without a value the count is zero', () => {
  const latencies = new Latencies()
  expect(latencies.summary()).toEqual({ count: 0, p50: 0, p90: 0, p99: 0, p999: 0, max: 0 })
  latencies.add(3)
  expect(latencies.summary()).toEqual({ count: 1, p50: 3, p90: 3, p99: 3, p999: 3, max: 3 })
})
