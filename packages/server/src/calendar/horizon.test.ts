import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { Horizon } from './horizon.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

test('while the log stands still, everything is loaded again within a minute; not while it moves', () => {
  const outdate = vi.fn()
  const horizon = new Horizon(1n, outdate)
  for (let seconds = 0; seconds < 300; seconds += 10) {
    horizon.advance(horizon.position + 1n)
    vi.advanceTimersByTime(10_000)
  }
  expect(outdate).not.toHaveBeenCalled()
  vi.advanceTimersByTime(60_000)
  expect(outdate).toHaveBeenCalled()
  horizon.stop()
  outdate.mockClear()
  vi.advanceTimersByTime(300_000)
  expect(outdate).not.toHaveBeenCalled()
})
