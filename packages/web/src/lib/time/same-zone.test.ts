import { expect, test } from 'vitest'
import { isSameZone } from './same-zone.ts'

test.each([
  ['Asia/Kolkata', 'Asia/Calcutta', true],
  ['Europe/Kiev', 'Europe/Kyiv', true],
  ['US/Eastern', 'America/New_York', true],
  ['Mars/Olympus', 'Mars/Olympus', true],
  ['Europe/Berlin', 'Europe/Oslo', false],
  ['Europe/Berlin', 'Mars/Olympus', false],
])('%s and %s: %s', (one, other, isSame) => {
  expect(isSameZone(one, other)).toBe(isSame)
  expect(isSameZone(other, one)).toBe(isSame)
})
