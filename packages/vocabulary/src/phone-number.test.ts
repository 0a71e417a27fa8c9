import { expect, test } from 'vitest'
import { isPhoneNumber } from './phone-number.ts'

test.for(['+44 1632 960471', '(030) 1234-5', '0163/296 0471 (evenings)', '٠٣٠ ١٢٣٤'])('%s may be a number', (text) => {
  expect(isPhoneNumber(text)).toBe(true)
})

test.for(['abc', '', ' ', '+', 'none', '030\n1234'])('%j is none', (text) => {
  expect(isPhoneNumber(text)).toBe(false)
})
