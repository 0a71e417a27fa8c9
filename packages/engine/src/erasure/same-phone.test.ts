import { expect, test } from 'vitest'
import { samePhone } from './same-phone.ts'

test.for([
  ['0171 2345678', '+49 171 2345678', 'DE'],
  ['0049 (0)171 / 2345678', '+49 171 2345678', 'DE'],
  ['٠١٧١ ٢٣٤٥٦٧٨', '+49 171 2345678', 'DE'],
  ['011 49 171 2345678', '+49 171 2345678', 'US'],
  ['8 912 345-67-89', '+7 912 345 67 89', 'RU'],
  ['030 1234567 ext. 5', '+49 30 1234567 x5', 'DE'],
  // Not read as numbers: all digits are the same.
  ['0171 2345678', '0171/2345678', null],
  ['12025550100', '+1 (202) 555-0100', null],
  ['12 34', '1234', 'DE'],
] as const)('%s and %s are one number in %s', ([one, other, country]) => {
  expect(samePhone(one, other, country)).toBe(true)
  expect(samePhone(other, one, country)).toBe(true)
})

test.for([
  ['+44 1702 345678', '+49 170 2345678', 'DE'],
  ['01702 345678', '+49 170 2345678', 'GB'],
  ['0171 2345678', '+49 171 2345678', null],
  ['0171 2345678', '+49 171 2345678', 'XX'],
  ['030 1234567', '030 1234567 ext. 5', 'DE'],
  ['0171 2345678 / 030 1234567', '0171 2345678', 'DE'],
  ['none', '', 'DE'],
] as const)('%s and %s are two numbers in %s', ([one, other, country]) => {
  expect(samePhone(one, other, country)).toBe(false)
  expect(samePhone(other, one, country)).toBe(false)
})
