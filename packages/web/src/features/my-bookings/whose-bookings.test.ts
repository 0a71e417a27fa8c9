import { expect, test } from 'vitest'
import { namesIn, ofPatient } from './whose-bookings.ts'

const bookings = ['Mia King', 'Ada King', 'mia  king', ''].map((name) => ({ patient: { name } }))

test('each patient is named once, and an erased one not at all', () => {
  expect(namesIn(bookings)).toEqual(['Ada King', 'Mia King'])
  expect(namesIn([])).toEqual([])
})

test('the bookings of one patient are found in each spelling of the name, and those of others are not', () => {
  const of = (whose: string) => ofPatient(bookings, namesIn(bookings), whose).map(({ patient }) => patient.name)
  expect(of('Mia King')).toEqual(['Mia King', 'mia  king'])
  expect(of('Ada King')).toEqual(['Ada King'])
})

test('without a choice, or when nothing of the chosen patient is left, all are shown', () => {
  for (const whose of ['', 'Somebody Else']) expect(ofPatient(bookings, namesIn(bookings), whose)).toEqual(bookings)
})
