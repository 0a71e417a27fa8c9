import { addDays, daysBetween, localDay, mondayOf } from '@holdfast/vocabulary'
import { expect, test } from 'vitest'
import { localDateTime, nearestInstant, parseDay } from './local-time.ts'

test('days and times are in the clinic’s time zone, whatever the reader’s', () => {
  expect(localDay('2026-11-20T22:30:00Z', 'Pacific/Auckland')).toBe('2026-11-21')
  expect(localDateTime('2026-06-01T07:00:00.000Z', 'Europe/Berlin')).toBe('2026-06-01 09:00:00')
})

test('a time without a day is that which is nearest: a little earlier, on the next day, or the second of two', () => {
  const near = (at: string, time: string, to = at) =>
    nearestInstant({ from: Date.parse(at), to: Date.parse(to) }, time, 'Europe/Berlin')
  // 23:40 in Berlin.
  expect(near('2026-11-22T22:40:00Z', '00:30')).toBe('2026-11-22T23:30:00Z')
  expect(near('2026-11-22T22:40:00Z', '23:50')).toBe('2026-11-22T22:50:00Z')
  expect(near('2026-11-22T22:40:00Z', '23:10')).toBe('2026-11-22T22:10:00Z')
  expect(near('2026-11-22T22:40:00Z', '11:40')).toBe('2026-11-22T10:40:00Z')
  expect(near('2026-11-22T22:40:00Z', '11:39')).toBe('2026-11-23T10:39:00Z')
  // 00:30 in Berlin.
  expect(near('2026-11-21T23:30:00Z', '23:50')).toBe('2026-11-21T22:50:00Z')
  // 21:00 on the day before the clocks go forward.
  expect(near('2026-03-28T20:00:00Z', '05:00')).toBe('2026-03-29T03:00:00Z')
  expect(near('2026-10-25T00:10:00Z', '02:30')).toBe('2026-10-25T00:30:00Z')
  expect(near('2026-10-25T01:10:00Z', '02:30')).toBe('2026-10-25T01:30:00Z')
  // In a span of days, the first.
  expect(near('2026-11-22T13:00:00Z', '14:00', '2026-11-24T13:00:00Z')).toBe('2026-11-22T13:00:00Z')
  expect(near('2026-11-22T13:00:00Z', '13:30', '2026-11-24T13:00:00Z')).toBe('2026-11-23T12:30:00Z')
  expect(near('2026-11-22T13:00:00Z', '16:00', '2026-11-22T14:00:00Z')).toBe('2026-11-22T15:00:00Z')
})

test('weeks begin on Monday, across years', () => {
  expect(mondayOf('2027-01-03')).toBe('2026-12-28')
  expect(mondayOf('2026-12-28')).toBe('2026-12-28')
  expect(addDays('2026-12-28', 7)).toBe('2027-01-04')
  expect(daysBetween('2026-12-28', '2027-01-03')).toBe(7)
})

test('invalid days are null', () => {
  expect(parseDay('2028-02-29')).toBe('2028-02-29')
  for (const wrong of ['2027-02-29', '2027-2-1', 'today', '', 20270101, undefined, '3000-01-01']) {
    expect(parseDay(wrong), String(wrong)).toBeNull()
  }
})
