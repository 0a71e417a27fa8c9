import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { reloadWhileHeld } from './reload-while-held.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

test('while the log stands still, everything is loaded again within a minute; not while it moves', () => {
  const calendar = { horizon: 1n, outdate: vi.fn() }
  const stop = reloadWhileHeld(calendar)
  for (let seconds = 0; seconds < 300; seconds += 10) {
    calendar.horizon += 1n
    vi.advanceTimersByTime(10_000)
  }
  expect(calendar.outdate).not.toHaveBeenCalled()
  vi.advanceTimersByTime(60_000)
  expect(calendar.outdate).toHaveBeenCalled()
  stop()
  calendar.outdate.mockClear()
  vi.advanceTimersByTime(300_000)
  expect(calendar.outdate).not.toHaveBeenCalled()
})
