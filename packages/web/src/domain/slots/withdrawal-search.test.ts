import { expect, test } from 'vitest'
import { parseWithdrawalSearch } from './withdrawal-search.ts'

const days = { withdrawFrom: '2027-03-01', withdrawTo: '2027-03-05' }

test('the days of a withdrawal and the place in its list are read from the address', () => {
  const search = { ...days, nextAt: '2027-03-02T09:00:00.000Z' }
  expect(parseWithdrawalSearch({ ...search, doctorId: 'other' })).toEqual(search)
  expect(parseWithdrawalSearch(days)).toEqual(days)
  expect(parseWithdrawalSearch({ ...days, nextAt: 'soon' })).toEqual(days)
})

test.for([
  {},
  { withdrawFrom: '2027-03-01' },
  { withdrawFrom: '2027-03-05', withdrawTo: '2027-03-01' },
  { withdrawFrom: '2027-03-01', withdrawTo: '2027-02-30' },
  { withdrawFrom: '2027-03-01', withdrawTo: '2027-09-01' },
  { nextAt: '2027-03-02T09:00:00.000Z' },
])('%o shows no preview', (search) => {
  expect(parseWithdrawalSearch(search)).toEqual({})
})
