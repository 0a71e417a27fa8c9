import { expect, test } from 'vitest'
import { createServerClock } from './server-clock.ts'

/** The clock of a client whose wall clock is an hour off, after requests with a delay each way. */
function clockAfter(count: number, delayMs: number) {
  let monotonic = 5_000
  const serverAhead = 1_700_000_000_000.4
  const clock = createServerClock(
    () => monotonic,
    () => monotonic + serverAhead + 3_600_000,
  )
  for (let n = 0; n < count; n += 1) {
    const sentAt = monotonic
    monotonic += delayMs
    const date = new Date(Math.floor((monotonic + serverAhead) / 1000) * 1000).toUTCString()
    monotonic += delayMs
    clock.note(date, sentAt)
    monotonic += 137
  }
  return { error: clock.now() - (monotonic + serverAhead), clock }
}

test('before the first response it returns the reader’s clock', () => {
  const clock = createServerClock(
    () => 0,
    () => 42,
  )
  clock.note(null, 0)
  clock.note('not a date', 0)
  expect(clock.now()).toBe(42)
})

test('one response is accurate to half a second plus the delay, many are far more accurate', () => {
  expect(Math.abs(clockAfter(1, 30).error)).toBeLessThanOrEqual(560)
  expect(Math.abs(clockAfter(20, 30).error)).toBeLessThanOrEqual(150)
})

test('it returns whole milliseconds, as Temporal requires', () => {
  expect(Number.isInteger(clockAfter(3, 21).clock.now())).toBe(true)
})

test('when the server’s clock is set, earlier bounds are discarded', () => {
  const { clock } = clockAfter(5, 30)
  clock.note(new Date(1_800_000_000_000).toUTCString(), 6_000)
  expect(Math.abs(clock.now() - 1_800_000_000_000)).toBeLessThan(3_000)
})
