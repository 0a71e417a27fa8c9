import { expect, test } from 'vitest'
import { isUnlikelyNumber } from './unlikely-number.ts'

const berlin = '+49 30 901820'

test.each([
  ['+49 30 901820', null],
  ['0049 30 901820', null],
  ['030 901820', berlin],
  ['0151 23456789', berlin],
  ['+44 20 7946 0958', berlin],
  ['٠٣٠٩٠١٨٢٠', berlin],
  ['030 901820', null],
  ['', berlin],
])('%s is likely at a clinic with the number %s', (number, clinicPhone) => {
  expect(isUnlikelyNumber(number, clinicPhone)).toBe(false)
})

test.each([
  ['+49 1', null],
  ['+49 30 9018201234567890', null],
  ['+999 30 901820', null],
  ['12', berlin],
  ['0000000', berlin],
  ['12', null],
  ['1234567890123456', null],
  ['ask reception 3', berlin],
])('%s is unlikely at a clinic with the number %s', (number, clinicPhone) => {
  expect(isUnlikelyNumber(number, clinicPhone)).toBe(true)
})
