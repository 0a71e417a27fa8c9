import { expect, test } from 'vitest'
import { decimalsOf, doctorOf, draftOf } from './doctor-draft.ts'

test('an empty form becomes a doctor without optional details', () => {
  expect(doctorOf({ ...draftOf(null, 'EUR'), name: ' Dr Ada ', specialization: 'Surgery' })).toEqual({
    name: 'Dr Ada',
    specialization: 'Surgery',
    experienceYears: null,
    fee: null,
    languages: [],
    appointmentTypes: ['in_person'],
  })
})

test('fees are entered in the main unit and sent in the minor one, for currencies with any number of decimals', () => {
  const fee = (typed: number, currency: string) => doctorOf({ ...draftOf(null, 'EUR'), fee: typed, currency }).fee
  expect(fee(65.5, 'EUR')).toEqual({ amount: 6550, currency: 'EUR' })
  expect(fee(1.1, 'EUR')).toEqual({ amount: 110, currency: 'EUR' })
  expect(fee(7000, 'JPY')).toEqual({ amount: 7000, currency: 'JPY' })
  expect(fee(12.345, 'KWD')).toEqual({ amount: 12_345, currency: 'KWD' })
  expect(decimalsOf('JPY')).toBe(0)
})
