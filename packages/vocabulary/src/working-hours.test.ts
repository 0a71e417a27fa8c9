import { describe, expect, test } from 'vitest'
import { type BandTimes, minutesOfBand, overlappingBands, sizeOfBands } from './working-hours.ts'

const band = (weekdays: number[], from: string, to: string, everyWeeks = 1): BandTimes => ({
  weekdays,
  from,
  to,
  everyWeeks,
})

test('a band whose end is not after its start ends on the next day', () => {
  expect(minutesOfBand({ from: '22:30', to: '02:00' })).toEqual({ start: 1_350, end: 1_560 })
  expect(minutesOfBand({ from: '00:00', to: '24:00' })).toEqual({ start: 0, end: 1_440 })
})

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
