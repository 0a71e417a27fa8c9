import { describe, expect, test } from 'vitest'
import {
  type BandTimes,
  daysOfBand,
  firstWeekOf,
  minutesOfBand,
  overlappingBands,
  sizeOfBands,
} from './working-hours.ts'

/** Of every n-th week, one of which has the third day of 2027, a Sunday, unless another day is named. */
function band(weekdays: number[], from: string, to: string, everyWeeks = 1, day = '2027-01-03'): BandTimes {
  return { weekdays, from, to, everyWeeks, inWeekOf: everyWeeks === 1 ? null : day }
}

test('a band whose end is not after its start ends on the next day', () => {
  expect(minutesOfBand({ from: '22:30', to: '02:00' })).toEqual({ start: 1_350, end: 1_560 })
  expect(minutesOfBand({ from: '00:00', to: '24:00' })).toEqual({ start: 0, end: 1_440 })
})

const week = (day: string, from: string, everyWeeks: number) => band([5], from, '12:00', everyWeeks, day)
const monday = (day: string) => band([1], '01:00', '05:00', 2, day)

describe('bands overlap', () => {
  test.each<[string, BandTimes, BandTimes, number | null]>([
    ['on a day that both have', band([1, 3], '09:00', '12:00'), band([2, 3], '11:00', '13:00'), 3],
    ['not where one ends when the other begins', band([1], '09:00', '12:00'), band([1], '12:00', '13:00'), null],
    ['not on other days', band([1], '09:00', '12:00'), band([2], '09:00', '12:00'), null],
    ['by a night', band([1], '22:00', '02:00'), band([2], '01:00', '05:00'), 2],
    ['by the night before', band([2], '01:00', '05:00'), band([1], '22:00', '02:00'), 1],
    ['by the night before a Monday', band([7], '22:00', '02:00'), band([1], '01:00', '05:00'), 1],
    ['on a Sunday before a Monday', band([1], '01:00', '05:00'), band([7], '22:00', '02:00'), 7],
    ['in weeks that come together', band([1], '09:00', '12:00', 2), band([1], '09:00', '12:00', 4), 1],
    ['by a Sunday night, in weeks that follow', band([7], '22:00', '02:00', 2), band([1], '01:00', '05:00', 3), 1],
    ['not if such weeks never follow', band([7], '22:00', '02:00', 2), band([1], '01:00', '05:00', 2), null],
    ['not in weeks that never come together', band([5], '09:00', '12:00', 2), week('2027-01-04', '09:00', 2), null],
    ['in such weeks, if one is of each week', band([5], '09:00', '12:00'), week('2027-01-04', '09:00', 2), 5],
    ['in weeks that come together later', band([5], '09:00', '12:00', 2), week('2027-01-04', '09:00', 3), 5],
    ['in weeks of long ago', band([5], '09:00', '12:00', 2), week('2019-12-27', '09:00', 2), 5],
    ['not beside those of long ago', band([5], '09:00', '12:00', 2), week('2020-01-03', '09:00', 2), null],
    ['by a Sunday night, in the week after', band([7], '22:00', '02:00', 2), monday('2027-01-04'), 1],
    ['not by one in the same week', band([7], '22:00', '02:00', 2), monday('2026-12-28'), null],
  ])('%s', (_, one, other, weekday) => {
    expect(overlappingBands([one, other])).toEqual(weekday === null ? null : { first: 0, second: 1, weekday })
  })

  test('of three, the first two that do are named', () => {
    const bands = [band([1], '08:00', '09:00'), band([2], '08:00', '10:00'), band([2], '09:00', '11:00')]
    expect(overlappingBands(bands)).toEqual({ first: 1, second: 2, weekday: 2 })
  })
})

test('of two weeks, bands have twice their sessions and slots of a week, or once every two weeks', () => {
  const bands = [
    { ...band([1, 2, 3], '09:00', '12:00'), slotMinutes: 50 },
    { ...band([7], '22:00', '02:00', 2), slotMinutes: 60 },
    { ...band([4, 5], '09:00', '12:00'), slotMinutes: null },
  ]
  expect(sizeOfBands(bands, 14)).toEqual({ sessions: 4, slots: 2 * 3 * 3 + 4 })
})

describe('the first week of a band from a day on', () => {
  test.each([
    ['is that of the day', { everyWeeks: 1, inWeekOf: null }, '2027-01-03', '2026-12-28'],
    ['is so without a day of it', { everyWeeks: 3, inWeekOf: null }, '2027-01-03', '2026-12-28'],
    ['is one of its weeks', { everyWeeks: 2, inWeekOf: '2026-12-11' }, '2026-11-30', '2026-12-07'],
    ['is so after them, too', { everyWeeks: 2, inWeekOf: '2026-12-11' }, '2027-01-15', '2027-01-18'],
    ['is the next after the last days of one', { everyWeeks: 3, inWeekOf: '2026-12-31' }, '2027-01-04', '2027-01-18'],
  ])('%s', (_, weeks, day, expected) => {
    expect(firstWeekOf(weeks, day)).toBe(expected)
  })
})

test('the next days of a band are in its weeks, and not after the last day', () => {
  const fridays = band([5, 1], '09:00', '12:00', 2, '2026-12-11')
  const from = '2026-12-08'
  expect(daysOfBand(fridays, { from, until: null }, 3)).toEqual(['2026-12-11', '2026-12-21', '2026-12-25'])
  expect(daysOfBand(fridays, { from, until: '2026-12-24' }, 3)).toEqual(['2026-12-11', '2026-12-21'])
  expect(daysOfBand(band([], '09:00', '12:00'), { from, until: null }, 3)).toEqual([])
})
