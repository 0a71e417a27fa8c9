import { expect, test } from 'vitest'
import { describeSummary, isGood, type ReplaySummary } from './replay-summary.ts'

const good: ReplaySummary = {
  rows: 11_014,
  booked: 9_478,
  replayed: 0,
  confirmed: 9_478,
  refusedFull: 1_536,
  failed: 0,
  seconds: 12.345,
  bookingsPerSecond: 767.76,
  latencyMs: { p50: 12.34, p95: 45.6, p99: 78.9 },
  verify: { slots: 9_478, bookings: 9_478, overbooked: 0, mismatches: 0 },
}

test('a replay is good when all who were booked are confirmed and nothing failed or is wrong', () => {
  expect(isGood(good)).toBe(true)
  expect(isGood({ ...good, booked: 0, replayed: 9_478 })).toBe(true)
  expect(isGood({ ...good, failed: 1 })).toBe(false)
  expect(isGood({ ...good, confirmed: 9_477 })).toBe(false)
  expect(isGood({ ...good, verify: { ...good.verify, overbooked: 1 } })).toBe(false)
  expect(isGood({ ...good, verify: { ...good.verify, mismatches: 1 } })).toBe(false)
})

test('people read it as lines', () => {
  expect(Object.fromEntries(describeSummary(good))).toEqual({
    rows: '11,014',
    booked: '9,478',
    replayed: '0',
    confirmed: '9,478',
    'refused, day full': '1,536',
    failed: '0',
    time: '12.3 s, 768 bookings/s',
    latency: 'p50 12.3 ms, p95 45.6 ms, p99 78.9 ms',
    verify: '9,478 slots, 9,478 bookings, 0 overbooked, 0 mismatches',
  })
})
