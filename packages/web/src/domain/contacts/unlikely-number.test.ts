import { expect, test, vi } from 'vitest'
import { isUnlikelyNumber } from './unlikely-number.ts'

const berlin = { phone: '+49 30 901820', timezone: 'UTC' }
const unknown = { phone: null, timezone: 'UTC' }
const byZone = { phone: '030 901820', timezone: 'Europe/Berlin' }

test.each([
  ['+49 30 901820', unknown],
  ['0049 30 901820', unknown],
  ['030 901820', berlin],
  ['0151 23456789', berlin],
  ['+44 20 7946 0958', berlin],
  ['٠٣٠٩٠١٨٢٠', berlin],
  ['030 901820', unknown],
  ['', berlin],
  ['0171 2345678', byZone],
  ['030 901820', { phone: '0049 30 901820', timezone: 'UTC' }],
])('%s is likely at the clinic %o', (number, clinic) => {
  expect(isUnlikelyNumber(number, clinic)).toBe(false)
})

test.each([
  ['+49 1', unknown],
  ['+49 30 9018201234567890', unknown],
  ['+999 30 901820', unknown],
  ['12', berlin],
  ['0000000', byZone],
  ['0000000', { phone: '0049 30 901820', timezone: 'UTC' }],
  ['0000000', berlin],
  ['12', unknown],
  ['1234567890123456', unknown],
  ['ask reception 3', berlin],
])('%s is unlikely at the clinic %o', (number, clinic) => {
  expect(isUnlikelyNumber(number, clinic)).toBe(true)
})

test.each(['Asia/Kolkata', 'Asia/Calcutta'])('a browser that says %s knows the country by either name', (said) => {
  const locale: { getTimeZones: () => string[] } = Intl.Locale.prototype as never
  const zones = vi.spyOn(locale, 'getTimeZones').mockImplementation(function of(this: Intl.Locale) {
    return this.region === 'IN' ? [said] : []
  } as () => string[])
  for (const timezone of ['Asia/Kolkata', 'Asia/Calcutta']) {
    // Long enough for a number, and nobody's in India.
    expect(isUnlikelyNumber('123456', { phone: null, timezone })).toBe(true)
    expect(isUnlikelyNumber('098765 43210', { phone: null, timezone })).toBe(false)
  }
  zones.mockRestore()
})
