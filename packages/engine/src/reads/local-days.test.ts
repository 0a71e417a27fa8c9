import { expect, test } from 'vitest'
import { instantsOfLocalDays, localDayOf, localDays } from './local-days.ts'

const hours = (day: { start: Date; end: Date }) => (day.end.getTime() - day.start.getTime()) / 3_600_000

test.each([
  ['America/New_York', '2026-03-08', 23, '2026-03-08T05:00Z'],
  ['America/New_York', '2026-11-01', 25, '2026-11-01T04:00Z'],
  ['Europe/Berlin', '2026-06-01', 24, '2026-05-31T22:00Z'],
  ['Australia/Lord_Howe', '2026-10-04', 23.5, '2026-10-03T13:30Z'],
  // If midnight does not exist, the day begins at 01:00; if it happens twice, at the first.
  ['America/Sao_Paulo', '2018-11-04', 23, '2018-11-04T03:00Z'],
  ['America/Havana', '2026-11-01', 25, '2026-11-01T04:00Z'],
  // A day that the zone never had is empty.
  ['Pacific/Apia', '2011-12-30', 0, '2011-12-30T10:00Z'],
])('in %s, %s has %d hours and begins at %s', (zone, date, length, start) => {
  const [day] = localDays(date, date, zone)
  expect(day).toEqual({ date, ...instantsOfLocalDays(date, date, zone) })
  expect(day?.start).toEqual(new Date(start))
  expect(day && hours(day)).toBe(length)
})

test('days follow each other without gaps, both ends included', () => {
  const days = localDays('2026-10-23', '2026-10-27', 'Europe/Berlin')
  expect(days.map((day) => day.date)).toEqual(['2026-10-23', '2026-10-24', '2026-10-25', '2026-10-26', '2026-10-27'])
  expect(days.map(hours)).toEqual([24, 24, 25, 24, 24])
  expect(days.slice(1).map((day) => day.start)).toEqual(days.slice(0, -1).map((day) => day.end))
})

test('an instant falls on its local day', () => {
  const day = localDayOf(new Date('2026-11-02T02:30Z'), 'America/Sao_Paulo')
  expect(day).toEqual({ date: '2026-11-01', start: new Date('2026-11-01T03:00Z'), end: new Date('2026-11-02T03:00Z') })
})

test('a date or zone that does not exist throws, as a bug of the caller', () => {
  expect(() => instantsOfLocalDays('2026-02-30', '2026-03-01', 'UTC')).toThrow(RangeError)
  expect(() => instantsOfLocalDays('2026-02-01', '2026-03-01', 'Mars/Olympus')).toThrow(RangeError)
})
