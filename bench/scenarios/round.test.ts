import { expect, test } from 'vitest'
import { faultsOf } from './round.ts'

const holdfast = { label: 'Holdfast' }
const allRight = { wrongCount: 0, wrong: [] }

test('responses that agree with the database are no fault', () => {
  expect(faultsOf(holdfast, allRight, { outcomes: { booked: 7 } }, { bookings: 7, faults: [] })).toEqual([])
})

test('a lost response leaves open whether its booking exists', () => {
  const outcomes = { booked: 7, lost: 1 }
  for (const bookings of [7, 8])
    expect(faultsOf(holdfast, allRight, { outcomes }, { bookings, faults: [] })).toEqual([])
  for (const bookings of [6, 9])
    expect(faultsOf(holdfast, allRight, { outcomes }, { bookings, faults: [] })).toHaveLength(1)
})

test('a missing booking, wrong responses and overbooked slots make a round void', () => {
  const wrong = { wrongCount: 2, wrong: ['500'] }
  const found = faultsOf(
    holdfast,
    wrong,
    { outcomes: { booked: 7 } },
    { bookings: 6, faults: ['1 slots are overbooked'] },
  )
  expect(found).toHaveLength(3)
})
