import { expect, test } from 'vitest'
import { isWholeDate, steppedDay, typedDate } from './typed-date.ts'

const today = '2026-11-28'
const dayFirst = ['day', 'month', 'year'] as const
const monthFirst = ['month', 'day', 'year'] as const

test.for([
  '3.4.2027',
  '03.04.2027',
  '3/4/27',
  '3-4-2027',
  '3 4 2027',
  '3.4.',
  '3/4',
  '0304',
  '030427',
  '03042027',
  '٣/٤/٢٠٢٧',
])('%s is 3 April 2027 where the day is first', (text) => expect(typedDate(text, dayFirst, today)).toBe('2027-04-03'))

test.for(['4/3/2027', '4/3', '0403', '04032027'])('%s is 3 April 2027 where the month is first', (text) =>
  expect(typedDate(text, monthFirst, today)).toBe('2027-04-03'),
)

test('four digits at the beginning of three numbers are a year, in every language', () => {
  for (const order of [dayFirst, monthFirst]) expect(typedDate('2027-04-03', order, today)).toBe('2027-04-03')
})

test('a step from a day ends at the first and the last one that may be chosen', () => {
  const bounds = { min: '2026-11-28', max: '2026-11-30' }
  expect(steppedDay('2026-11-29', 1, bounds)).toBe('2026-11-30')
  expect(steppedDay('2026-11-30', 1, bounds)).toBe('2026-11-30')
  expect(steppedDay('2026-11-28', -1, bounds)).toBe('2026-11-28')
  expect(steppedDay('2026-02-28', 1, {})).toBe('2026-03-01')
})

test('a date without a year is the one next to today, also of the past', () => {
  expect(typedDate('1.11.', dayFirst, today)).toBe('2026-11-01')
  expect(typedDate('31.12.', dayFirst, '2027-01-02')).toBe('2026-12-31')
  expect(typedDate('29.2.', dayFirst, '2027-01-02')).toBe('2028-02-29')
  expect(typedDate('29.2.', dayFirst, today)).toBe(null)
})

test('two digits of a year that is far ahead are a year of birth', () => {
  expect(typedDate('3.4.58', dayFirst, today)).toBe('1958-04-03')
  expect(typedDate('3.4.36', dayFirst, today)).toBe('2036-04-03')
})

test('a date without a year or a century is one that may be chosen, if any is', () => {
  expect(typedDate('15.8.', dayFirst, '2026-11-28', { min: '2026-11-28' })).toBe('2027-08-15')
  expect(typedDate('15.8.', dayFirst, '2026-11-28')).toBe('2026-08-15')
  expect(typedDate('3.4.36', dayFirst, '2026-11-28', { max: '2026-11-28' })).toBe('1936-04-03')
  expect(typedDate('3.4.20', dayFirst, '2026-11-28', { min: '2040-01-01' })).toBe('2020-04-03')
})

test.for(['31.2.2027', '3.13.2027', '3.4.202', '3', '1.2.3.4', 'tomorrow', '', '123', '3.4.2027 at 9'])(
  '%s is no date',
  (text) => expect(typedDate(text, dayFirst, today)).toBe(null),
)

test('a date is whole with four digits of a year', () => {
  expect(['3.4.2027', '03042027', '2027-04-03'].every(isWholeDate)).toBe(true)
  expect(['3.4.', '3.4.20', '3.4', '2027-04-0', '030427'].some(isWholeDate)).toBe(false)
})
