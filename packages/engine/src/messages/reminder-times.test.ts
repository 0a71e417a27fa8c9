import { expect, test } from 'vitest'
import { quietHoursAround, reminderDelay, reminderTime } from './reminder-times.ts'

const night = { quietFrom: '21:00', quietUntil: '07:00' }
const now = new Date('2026-01-01T00:00:00Z')

function reminderOf(startsAt: string, minutesBefore: number, quiet = night, at = now) {
  const visit = { startsAt: new Date(startsAt), minutesBefore, timezone: 'Europe/Berlin', quiet }
  return reminderTime(visit, at)?.toISOString() ?? null
}

test('a reminder is sent its minutes before the visit', () => {
  expect(reminderOf('2026-03-10T10:00:00Z', 1440)).toBe('2026-03-09T10:00:00.000Z')
})

test('in quiet hours it waits for their end, by the clinic’s clock', () => {
  // 08:30 in Berlin: two hours before is 06:30.
  expect(reminderOf('2026-03-10T07:30:00Z', 120)).toBe('2026-03-10T06:00:00.000Z')
  expect(reminderOf('2026-07-10T06:30:00Z', 120)).toBe('2026-07-10T05:00:00.000Z')
})

test('if their end is too late, it is sent when they begin', () => {
  // 07:15 in Berlin: a quarter of an hour after the quiet hours.
  expect(reminderOf('2026-03-10T06:15:00Z', 120)).toBe('2026-03-09T20:00:00.000Z')
})

test('what is past is not sent any more', () => {
  expect(reminderOf('2026-03-10T10:00:00Z', 1440, night, new Date('2026-03-09T10:00:00Z'))).toBeNull()
  expect(reminderOf('2026-03-10T06:15:00Z', 120, night, new Date('2026-03-10T00:00:00Z'))).toBeNull()
})

test('a reminder that is due in quiet hours waits for their end, unless that is too late', () => {
  const delayOf = (startsAt: string, at: string, minutesBefore = 120) => {
    const visit = { startsAt: new Date(startsAt), minutesBefore, timezone: 'Europe/Berlin', quiet: night }
    return reminderDelay(visit, new Date(at))?.toISOString() ?? null
  }
  // 22:00 in Berlin, and 07:00.
  expect(delayOf('2026-03-10T10:00:00Z', '2026-03-09T21:00:00Z')).toBe('2026-03-10T06:00:00.000Z')
  expect(delayOf('2026-03-10T10:00:00Z', '2026-03-10T06:00:00Z')).toBeNull()
  // The visit is at 07:15: a reminder a quarter of an hour before is useful at 07:00, one of two hours is not.
  expect(delayOf('2026-03-10T06:15:00Z', '2026-03-09T21:00:00Z')).toBeNull()
  expect(delayOf('2026-03-10T06:15:00Z', '2026-03-09T21:00:00Z', 15)).toBe('2026-03-10T06:00:00.000Z')
})

test('equal ends mean that there are no quiet hours; they may also be within a day', () => {
  expect(reminderOf('2026-03-10T03:00:00Z', 120, { quietFrom: '00:00', quietUntil: '00:00' })).toBe(
    '2026-03-10T01:00:00.000Z',
  )
  const noon = { quietFrom: '12:00', quietUntil: '14:00' }
  expect(reminderOf('2026-03-11T12:00:00Z', 1440, noon)).toBe('2026-03-10T13:00:00.000Z')
})

test('quiet hours last until their local end on the days on which clocks change', () => {
  const hoursAround = (at: string) => {
    const hours = quietHoursAround(new Date(at), 'Europe/Berlin', night)
    return hours === null ? null : (hours.end.getTime() - hours.start.getTime()) / 3_600_000
  }
  expect(hoursAround('2026-03-29T01:30:00Z')).toBe(9)
  expect(hoursAround('2026-10-25T01:30:00Z')).toBe(11)
  expect(hoursAround('2026-03-29T05:00:00Z')).toBeNull()
})
