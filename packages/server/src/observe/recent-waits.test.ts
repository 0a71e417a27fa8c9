import { expect, test } from 'vitest'
import { RecentWaits } from './recent-waits.ts'

test('the longest wait is shown for a minute at least, and for two at most', () => {
  let now = 0
  const waits = new RecentWaits(() => now)
  waits.add(20)
  waits.add(700)
  waits.add(5)
  now = 59_999
  expect(waits.longest()).toBe(700)
  now = 119_000
  expect(waits.longest()).toBe(700)
  waits.add(30)
  now = 180_000
  expect(waits.longest()).toBe(30)
  now = 600_000
  expect(waits.longest()).toBe(0)
})

test('what was refused is counted for as long, and has waited too', () => {
  let now = 0
  const waits = new RecentWaits(() => now)
  waits.addRefused(5_000)
  waits.addRefused(0)
  now = 119_000
  expect([waits.refused(), waits.longest()]).toEqual([2, 5_000])
  now = 180_000
  expect([waits.refused(), waits.longest()]).toEqual([0, 0])
})
