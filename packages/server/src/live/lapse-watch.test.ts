import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { LapseWatch } from './lapse-watch.ts'

// Its clock is the monotonic one: nothing here is the database's, so nothing needs to pass.
beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

function aWatch() {
  const lapsed: string[][] = []
  let forgotten = 0
  const watch = new LapseWatch({
    onLapsed: (slotIds) => lapsed.push(slotIds),
    onUnwatchedLapse: () => (forgotten += 1),
  })
  return { watch, lapsed, forgotten: () => forgotten }
}

describe('a lapse watch', () => {
  test('reports each lapse when it happens, and simultaneous ones together', () => {
    const { watch, lapsed } = aWatch()
    watch.note('late', 5_000, 0)
    watch.note('soon', 1_000, 0)
    watch.note('soon too', 1_000, 0)
    vi.advanceTimersByTime(999)
    expect(lapsed).toEqual([])
    vi.advanceTimersByTime(10)
    expect(lapsed).toEqual([['soon', 'soon too']])
    for (const slotId of ['soon', 'soon too']) watch.note(slotId, null, 1)
    vi.advanceTimersByTime(4_000)
    expect(lapsed.slice(1)).toEqual([['late']])
    expect(vi.getTimerCount()).toBe(0)
  })

  test('does not report a released hold, and reports an extended one later', () => {
    const { watch, lapsed } = aWatch()
    watch.note('confirmed', 1_000, 0)
    watch.note('extended', 1_000, 0)
    watch.note('confirmed', null, 0)
    watch.note('extended', 2_000, 0)
    vi.advanceTimersByTime(1_500)
    expect(lapsed).toEqual([])
    vi.advanceTimersByTime(600)
    expect(lapsed).toEqual([['extended']])
    expect(watch.lastAvailable('extended')).toBe(0)
    expect(watch.lastAvailable('confirmed')).toBeUndefined()
  })

  test('an older read can only make a lapse earlier', () => {
    const { watch, lapsed } = aWatch()
    watch.note('a', 2_000, 0)
    watch.noteOlder('a', 3_000, 0)
    watch.note('b', 3_000, 0)
    watch.noteOlder('b', 2_000, 0)
    vi.advanceTimersByTime(2_100)
    expect(lapsed.flat()).toEqual(['a', 'b'])
  })

  test('beyond its limit it reports when the first unwatched slot may have lapsed', () => {
    const { watch, lapsed, forgotten } = aWatch()
    for (let n = 0; n < 5_000; n += 1) watch.note(`slot ${n}`, 10_000, 0)
    watch.note('one more', 3_000, 0)
    watch.note('another', 4_000, 0)
    expect(watch.size).toBe(5_000)
    vi.advanceTimersByTime(3_100)
    expect([lapsed.length, forgotten()]).toEqual([0, 1])
    vi.advanceTimersByTime(7_000)
    expect([lapsed[0]?.length, forgotten()]).toEqual([5_000, 1])
  })

  test('after a stop it reports nothing', () => {
    const { watch, lapsed } = aWatch()
    watch.note('a', 1_000, 0)
    watch.stop()
    vi.advanceTimersByTime(2_000)
    expect(lapsed).toEqual([])
  })
})
