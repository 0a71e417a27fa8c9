import { expect, test } from 'vitest'
import { decimalsOf, doctorOf, draftOf } from './doctor-draft.ts'

test('an empty form becomes a doctor without optional details', () => {
  expect(doctorOf({ ...draftOf(null), name: ' Dr Ada ', specialization: 'Surgery' })).toEqual({
    name: 'Dr Ada',
    specialization: 'Surgery',
    experienceYears: null,
    rating: null,
    fee: null,
    languages: [],
    appointmentTypes: ['in_person'],
  })
})

test('a rating has one decimal, and an empty field is null', () => {
  const rating = (typed: number | string) => doctorOf({ ...draftOf(null), rating: typed }).rating
  expect([rating(4.3), rating('4.3'), rating(0), rating(5), rating('')]).toEqual([4.3, 4.3, 0, 5, null])
  expect(rating(4.349)).toBe(4.3)
})

test('fees are entered in the main unit and sent in the minor one, for currencies with any number of decimals', () => {
  const fee = (typed: number, currency: string) => doctorOf({ ...draftOf(null), fee: typed, currency }).fee
  expect(fee(65.5, 'EUR')).toEqual({ amount: 6550, currency: 'EUR' })
  expect(fee(1.1, 'EUR')).toEqual({ amount: 110, currency: 'EUR' })
  expect(fee(7000, 'JPY')).toEqual({ amount: 7000, currency: 'JPY' })
  expect(fee(12.345, 'KWD')).toEqual({ amount: 12_345, currency: 'KWD' })
  expect(decimalsOf('JPY')).toBe(0)
})
