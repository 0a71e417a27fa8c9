import type { BusyTime } from '@holdfast/engine'
import { describe, expect, test } from 'vitest'
import { busyTimesIn } from './busy-times-in.ts'

const window = {
  timeZone: 'Europe/Berlin',
  fromMs: Date.parse('2026-10-01T00:00:00Z'),
  untilMs: Date.parse('2026-12-01T00:00:00Z'),
}

function calendarOf(...events: string[][]): string {
  const lines = events.flatMap((event) => ['BEGIN:VEVENT', ...event, 'END:VEVENT'])
  return ['BEGIN:VCALENDAR', 'VERSION:2.0', 'PRODID:test', ...lines, 'END:VCALENDAR', ''].join('\r\n')
}

const texts = (times: readonly BusyTime[]) =>
  times.map(({ startsAt, endsAt }) => `${startsAt.toISOString().slice(0, 16)}/${endsAt.toISOString().slice(0, 16)}`)

const berlin = ['TZID:Europe/Berlin', '+0100', '+0200', '20060326T020000', '3', '20061029T030000', '10', '-1SU']
const newYork = ['TZID:America/New_York', '-0500', '-0400', '20070311T020000', '3', '20071104T020000', '11', '1SU']
const clinics = ['Europe/Berlin', 'America/New_York']

/** A file that defines its zones, as Outlook writes it. */
const withZones = (text: string) =>
  text.replace('BEGIN:VEVENT', `${[berlin, newYork].map(zoneOf).join('')}BEGIN:VEVENT`)

function zoneOf([tzid, standard, daylight, inSpring, march, inAutumn, month, lastDay]: string[]): string {
  const springDay = lastDay === '1SU' ? '2SU' : lastDay
  return [
    ...['BEGIN:VTIMEZONE', tzid],
    ...['BEGIN:STANDARD', `DTSTART:${inAutumn}`, `RRULE:FREQ=YEARLY;BYMONTH=${month};BYDAY=${lastDay}`],
    ...[`TZOFFSETFROM:${daylight}`, `TZOFFSETTO:${standard}`, 'END:STANDARD'],
    ...['BEGIN:DAYLIGHT', `DTSTART:${inSpring}`, `RRULE:FREQ=YEARLY;BYMONTH=${march};BYDAY=${springDay}`],
    ...[`TZOFFSETFROM:${standard}`, `TZOFFSETTO:${daylight}`, 'END:DAYLIGHT', 'END:VTIMEZONE', ''],
  ].join('\r\n')
}

/** The same with names that only the file knows. */
const withOwnNames = (text: string) =>
  withZones(text).replaceAll('America/New_York', 'Eastern').replaceAll('Europe/Berlin', 'Central')

/** The starts of events in clinics of two zones, by files with and without the zones: they must not differ. */
function startsOf(...events: string[][]): string[] {
  const text = calendarOf(...events)
  const read = clinics.flatMap((timeZone) =>
    [text, withZones(text), withOwnNames(text)].map((file) => busyTimesIn(file, { ...window, timeZone }).busy),
  )
  const found = read.map((busyTimes) => texts(busyTimes).map((one) => one.slice(5, 16)))
  expect(new Set(found.map(String)).size).toBe(1)
  return found[0] ?? []
}

describe.each([
  ['DTSTART;TZID=America/New_York:20261102T090000', ';TZID=America/New_York', '14'],
  ['DTSTART;TZID=Europe/Berlin:20261102T090000', ';TZID=Europe/Berlin', '08'],
  ['DTSTART;TZID=Asia/Tokyo:20261102T090000', ';TZID=Asia/Tokyo', '00'],
  ['DTSTART:20261102T090000Z', ';TZID=Etc/UTC', '09'],
])('a series from %s', (start, zone, hour) => {
  const daily = (...lines: string[]) => startsOf([start, 'DURATION:PT1H', ...lines])
  const starts = (...days: number[]) => days.map((day) => `11-0${day}T${hour}:00`)

  test.each([
    ['a local time', '20261105T090000'],
    ['a time in UTC', `20261105T${hour}0000Z`],
    ['a day', '20261105'],
  ])('until %s', (_what, until) => {
    expect(daily(`RRULE:FREQ=DAILY;UNTIL=${until}`)).toEqual(starts(2, 3, 4, 5))
  })

  test.each([
    ['a local time', ':20261103T090000'],
    ['its zone', `${zone}:20261103T090000`],
    ['a time in UTC', `:20261103T${hour}0000Z`],
    ['a day', ';VALUE=DATE:20261103'],
  ])('without an exception in %s', (_what, excluded) => {
    expect(daily('RRULE:FREQ=DAILY;COUNT=3', `EXDATE${excluded}`)).toEqual(starts(2, 4))
  })

  test.each([
    ['a local time', ':20261107T090000'],
    ['its zone', `${zone}:20261107T090000`],
    ['a time in UTC', `:20261107T${hour}0000Z`],
  ])('with a further date in %s', (_what, added) => {
    expect(daily('RRULE:FREQ=DAILY;COUNT=2', `RDATE${added}`)).toEqual(starts(2, 3, 7))
    const period = added.replace(/^(;TZID=[^:]*)?:(.*)$/, '$1;VALUE=PERIOD:$2/PT1H')
    expect(daily('RRULE:FREQ=DAILY;COUNT=2', `RDATE${period}`)).toEqual(starts(2, 3, 7))
  })

  test.each([
    ['a local time', ':20261103T090000'],
    ['its zone', `${zone}:20261103T090000`],
    ['a time in UTC', `:20261103T${hour}0000Z`],
  ])('moved by two hours from one of them on, which is named by %s', (_what, recurrence) => {
    const series = ['UID:s', start, 'DURATION:PT1H', 'RRULE:FREQ=DAILY;COUNT=4']
    const moved = start.replace('20261102T09', '20261103T11')
    const later = ['UID:s', `RECURRENCE-ID;RANGE=THISANDFUTURE${recurrence}`, moved, 'DURATION:PT1H']
    const laterHour = String(Number(hour) + 2).padStart(2, '0')
    const expected = [`11-02T${hour}:00`, ...[3, 4, 5].map((day) => `11-0${day}T${laterHour}:00`)]
    expect(startsOf(series, later)).toEqual(expected)
  })
})

test('a series without a zone is in that of the clinic, also until a local time or a day', () => {
  const series = ['DTSTART:20261102T090000', 'DURATION:PT1H', 'EXDATE:20261103T090000']
  for (const [timeZone, hour] of [
    ['Europe/Berlin', '08'],
    ['America/New_York', '14'],
  ] as const) {
    for (const until of ['20261105T090000', '20261105']) {
      const text = calendarOf([...series, `RRULE:FREQ=DAILY;UNTIL=${until}`])
      const starts = texts(busyTimesIn(text, { ...window, timeZone }).busy).map((one) => one.slice(5, 16))
      expect(starts).toEqual([2, 4, 5].map((day) => `11-0${day}T${hour}:00`))
    }
  }
})

test('a series in UTC until a local time or a day of the clinic, if that is later than in UTC', () => {
  const inNewYork = (...lines: string[]) =>
    texts(busyTimesIn(calendarOf(lines), { ...window, timeZone: 'America/New_York' }).busy).map((one) =>
      one.slice(5, 16),
    )
  // 9:00 and 20:00 there.
  const morning = ['DTSTART:20261102T140000Z', 'DURATION:PT1H', 'RRULE:FREQ=DAILY;UNTIL=20261103T090000']
  expect(inNewYork(...morning)).toEqual(['11-02T14:00', '11-03T14:00'])
  const evening = ['DTSTART:20261102T010000Z', 'DURATION:PT1H', 'RRULE:FREQ=DAILY;UNTIL=20261103']
  expect(inNewYork(...evening)).toEqual(['11-02T01:00', '11-03T01:00', '11-04T01:00'])
})

test.each([
  ['Europe/Berlin', '20261104T230000Z'],
  ['Europe/Berlin', '20261105T000000Z'],
  ['America/New_York', '20261105T050000Z'],
  ['America/New_York', '20261105T000000Z'],
])('a series of days in %s until midnight there or in UTC, %s', (timeZone, until) => {
  const text = calendarOf(['DTSTART;VALUE=DATE:20261104', `RRULE:FREQ=DAILY;UNTIL=${until}`])
  const [days] = busyTimesIn(text, { ...window, timeZone }).busy
  expect(((days?.endsAt.getTime() ?? 0) - (days?.startsAt.getTime() ?? 0)) / 3_600_000).toBe(48)
})

test('a series with its end in another zone', () => {
  const times = (start: string, end: string) => {
    const text = calendarOf([start, end, 'RRULE:FREQ=DAILY;COUNT=2'])
    return [text, withZones(text), withOwnNames(text)].map((file) => texts(busyTimesIn(file, window).busy))
  }
  const expected = ['2026-11-02T14:00/2026-11-02T16:00', '2026-11-03T14:00/2026-11-03T16:00']
  const inNewYork = 'DTSTART;TZID=America/New_York:20261102T090000'
  expect(times(inNewYork, 'DTEND;TZID=Europe/Berlin:20261102T170000')).toEqual([expected, expected, expected])
  expect(times(inNewYork, 'DTEND:20261102T160000Z')).toEqual([expected, expected, expected])
  const ends = 'DTEND;TZID=America/New_York:20261102T110000'
  expect(times('DTSTART:20261102T140000Z', ends)).toEqual([expected, expected, expected])
})

test('a series that is moved into the window from beyond it, from one of its occurrences on', () => {
  const series = ['UID:s', 'DTSTART:20261207T090000Z', 'DURATION:PT1H', 'RRULE:FREQ=WEEKLY;COUNT=3']
  const range = 'RECURRENCE-ID;RANGE=THISANDFUTURE:20261207T090000Z'
  expect(startsOf(series, ['UID:s', range, 'DTSTART:20261116T090000Z', 'DURATION:PT1H'])).toEqual([
    '11-16T09:00',
    '11-23T09:00',
    '11-30T09:00',
  ])
})
