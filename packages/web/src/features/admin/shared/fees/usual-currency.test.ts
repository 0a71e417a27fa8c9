import { expect, test } from 'vitest'
import { usualCurrency } from './usual-currency.ts'

test.each([
  ['Europe/London', 'GBP'],
  ['Asia/Tokyo', 'JPY'],
  ['America/Indiana/Knox', 'USD'],
  ['Australia/Sydney', 'AUD'],
  ['Europe/Berlin', 'EUR'],
  ['Asia/Kolkata', 'INR'],
  ['Asia/Calcutta', 'INR'],
  ['America/Buenos_Aires', 'ARS'],
  ['America/Cordoba', 'ARS'],
  ['America/Indianapolis', 'USD'],
])('a fee in %s is in %s', (timeZone, currency) => {
  expect(usualCurrency(timeZone, [])).toBe(currency)
  expect(Intl.supportedValuesOf('currency')).toContain(currency)
})

test('a fee is in the currency of the clinic’s other fees', () => {
  expect(usualCurrency('Asia/Tokyo', [{ fee: null }, { fee: { amount: 6500, currency: 'USD' } }])).toBe('USD')
})
