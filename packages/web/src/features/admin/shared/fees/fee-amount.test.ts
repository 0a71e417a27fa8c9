import { expect, test } from 'vitest'
import { decimalsOf, feeOf, typedFee } from './fee-amount.ts'

test('fees are entered in the main unit and sent in the minor one, for currencies with any number of decimals', () => {
  for (const [typed, fee] of [
    [65.5, { amount: 6550, currency: 'EUR' }],
    [1.1, { amount: 110, currency: 'EUR' }],
    [7000, { amount: 7000, currency: 'JPY' }],
    [12.345, { amount: 12_345, currency: 'KWD' }],
  ] as const) {
    expect(feeOf(typed, fee.currency)).toEqual(fee)
    expect(typedFee(fee)).toBe(typed)
  }
  expect(decimalsOf('JPY')).toBe(0)
  expect([feeOf('', 'EUR'), typedFee(null)]).toEqual([null, ''])
})
