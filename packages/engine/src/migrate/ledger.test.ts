import { expect, test } from 'vitest'
import { compareReleases } from './ledger.ts'

test.each([
  ['0.1.0', '0.1.0', 0],
  ['0.1.0', '0.2.0', -1],
  ['0.10.0', '0.9.9', 1],
  ['1.0.0', '0.99.99', 1],
  ['1.0.0-rc.1', '1.0.0', 0],
])('release %s against %s: %d', (left, right, sign) => {
  expect(Math.sign(compareReleases(left, right))).toBe(sign)
})
