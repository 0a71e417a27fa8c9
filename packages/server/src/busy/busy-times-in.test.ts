// Rest: each kind of calendar
import type { BusyTime } from '@holdfast/engine'
import { describe, expect, test } from 'vitest'
import { busyTimesIn } from './busy-times-in.ts'
import { expandCalendar } from './expand-calendar.ts'
import { InvalidCalendar } from './invalid-calendar.ts'

const window = {
  timeZone: 'Europe/Berlin',
  fromMs: Date.parse('2026-10-01T00:00:00Z'),
  untilMs: Date.parse('2026-12-01T00:00:00Z'),
}

function calendarOf(...events: string[][]): string {
  const lines = events.flatMap((event, index) => ['BEGIN:VEVENT', ...withUid(event, index), 'END:VEVENT'])
  return ['BEGIN:VCALENDAR', 'VERSION:2.0', 'PRODID:test', ...lines, 'END:VCALENDAR', ''].join('\r\n')
}

const withUid = (event: string[], index: number) =>
  event.some((line) => line.startsWith('UID')) ? event : [`UID:${index}`, ...event]

const texts = (times: readonly BusyTime[]) =>
  times.map(({ startsAt, endsAt }) => `${startsAt.toISOString().slice(0, 16)}/${endsAt.toISOString().slice(0, 16)}`)

const busy = (...events: string[][]) => texts(busyTimesIn(calendarOf(...events), window).busy)

describe('the busy times of', () => {
  test('an event in UTC, in a zone, and without one, which is in the clinic’s zone', () => {
    expect(busy(['DTSTART:20261102T090000Z', 'DTEND:20261102T100000Z'])).toEqual(['2026-11-02T09:00/2026-11-02T10:00'])
    const inZone = ['DTSTART;TZID=America/New_York:20261102T090000', 'DTEND;TZID=America/New_York:20261102T100000']
    expect(busy(inZone)).toEqual(['2026-11-02T14:00/2026-11-02T15:00'])
    expect(busy(['DTSTART:20261102T090000', 'DURATION:PT30M'])).toEqual(['2026-11-02T08:00/2026-11-02T08:30'])
  })

  test('a zone that only the file defines', () => {
    const zone = [
      ...['BEGIN:VTIMEZONE', 'TZID:Custom', 'BEGIN:STANDARD', 'DTSTART:19700101T000000', 'TZOFFSETFROM:+0300'],
      ...['TZOFFSETTO:+0300', 'END:STANDARD', 'END:VTIMEZONE', ''],
    ].join('\r\n')
    const event = calendarOf(['DTSTART;TZID=Custom:20261102T090000', 'DTEND;TZID=Custom:20261102T100000'])
    const [found] = busyTimesIn(event.replace('BEGIN:VEVENT', `${zone}BEGIN:VEVENT`), window).busy
    expect(found?.startsAt.toISOString()).toBe('2026-11-02T06:00:00.000Z')
  })

  test('days, of 25 hours when the clocks are put back', () => {
    expect(busy(['DTSTART;VALUE=DATE:20261025', 'DTEND;VALUE=DATE:20261026'])).toEqual([
      '2026-10-24T22:00/2026-10-25T23:00',
    ])
    expect(busy(['DTSTART;VALUE=DATE:20261025'])).toEqual(['2026-10-24T22:00/2026-10-25T23:00'])
  })

  test.each([
    ['America/New_York', '14'],
    ['Europe/London', '09'],
    ['Asia/Kolkata', '03'],
    ['Asia/Tokyo', '00'],
  ])('a series in %s until its last start in UTC, without exceptions in UTC and in another zone', (zone, hour) => {
    const minutes = zone === 'Asia/Kolkata' ? '30' : '00'
    const at = (day: number) => `2026110${day}T${hour}${minutes}00Z`
    const starts = busy([
      `DTSTART;TZID=${zone}:20261102T090000`,
      'DURATION:PT1H',
      `RRULE:FREQ=DAILY;UNTIL=${at(6)}`,
      `EXDATE:${at(3)}`,
      `EXDATE;TZID=Etc/UTC:${at(5).replace('Z', '')}`,
    ]).map((text) => text.slice(0, 16))
    expect(starts).toEqual([2, 4, 6].map((day) => `2026-11-0${day}T${hour}:${minutes}`))
  })

  test('an occurrence that is replaced by its start in UTC', () => {
    const series = ['UID:s', 'DTSTART;TZID=Asia/Tokyo:20261102T090000', 'DURATION:PT1H', 'RRULE:FREQ=DAILY;COUNT=2']
    const moved = [
      'UID:s',
      'RECURRENCE-ID:20261103T000000Z',
      'DTSTART;TZID=Asia/Tokyo:20261103T120000',
      'DURATION:PT1H',
    ]
    expect(busy(series, moved)).toEqual(['2026-11-02T00:00/2026-11-02T01:00', '2026-11-03T03:00/2026-11-03T04:00'])
  })

  test.each([
    ['DTSTART:20261105T090000Z', 'RDATE:20261107T090000Z'],
    ['DTSTART;TZID=Europe/Berlin:20261105T100000', 'RDATE;TZID=Europe/Berlin:20261107T100000'],
    ['DTSTART;TZID=Europe/Berlin:20261105T100000', 'RDATE:20261105T090000Z,20261107T090000Z'],
  ])('further dates without a rule, and the first: %s, %s', (start, dates) => {
    const expected = ['2026-11-05T09:00/2026-11-05T10:00', '2026-11-07T09:00/2026-11-07T10:00']
    expect(busy([start, 'DURATION:PT1H', dates])).toEqual(expected)
    expect(busy([start, 'DURATION:PT1H', dates, 'EXDATE:20261105T090000Z'])).toEqual(expected.slice(1))
  })

  test('further days without a rule, and the first', () => {
    expect(busy(['DTSTART;VALUE=DATE:20261105', 'RDATE;VALUE=DATE:20261107'])).toEqual([
      '2026-11-04T23:00/2026-11-05T23:00',
      '2026-11-06T23:00/2026-11-07T23:00',
    ])
  })

  test('hours that are exact, and days that are not, over the change of the clocks', () => {
    const from = 'DTSTART;TZID=Europe/Berlin:20261024T220000'
    expect(busy([from, 'DURATION:PT8H'])).toEqual(['2026-10-24T20:00/2026-10-25T04:00'])
    expect(busy([from, 'DURATION:P1DT1H'])).toEqual(['2026-10-24T20:00/2026-10-25T22:00'])
  })

  test('a series keeps its local time over the change of the clocks, without exceptions, with moved ones', () => {
    const series = [
      'UID:series',
      'DTSTART;TZID=Europe/Berlin:20261012T090000',
      'DTEND;TZID=Europe/Berlin:20261012T100000',
      'RRULE:FREQ=WEEKLY;COUNT=5',
      'EXDATE;TZID=Europe/Berlin:20261019T090000',
    ]
    const moved = [
      'UID:series',
      'RECURRENCE-ID;TZID=Europe/Berlin:20261026T090000',
      'DTSTART;TZID=Europe/Berlin:20261027T110000',
      'DTEND;TZID=Europe/Berlin:20261027T113000',
    ]
    const cancelled = [
      'UID:series',
      'RECURRENCE-ID;TZID=Europe/Berlin:20261102T090000',
      'DTSTART;TZID=Europe/Berlin:20261102T090000',
      'DTEND;TZID=Europe/Berlin:20261102T100000',
      'STATUS:CANCELLED',
    ]
    expect(busy(series, moved, cancelled)).toEqual([
      '2026-10-12T07:00/2026-10-12T08:00',
      '2026-10-27T10:00/2026-10-27T10:30',
      '2026-11-09T08:00/2026-11-09T09:00',
    ])
  })

  test('a series without an end goes to the end of the window', () => {
    expect(busy(['DTSTART:20200101T090000Z', 'DTEND:20200101T093000Z', 'RRULE:FREQ=DAILY'])).toHaveLength(61)
  })

  test('ten weekday series that began ten years ago, and one that is hourly', () => {
    const weekdays = Array.from({ length: 10 }, (_, index) => [
      `DTSTART;TZID=Europe/Berlin:20160104T${String(index + 8).padStart(2, '0')}0000`,
      'DURATION:PT30M',
      'RRULE:FREQ=DAILY;BYDAY=MO,TU,WE,TH,FR',
    ])
    const series = busy(...weekdays)
    // 43 weekdays, from Thursday 1 October to Monday 30 November.
    expect(series).toHaveLength(430)
    expect(series[0]).toBe('2026-10-01T06:00/2026-10-01T06:30')
    expect(series.at(-1)).toBe('2026-11-30T16:00/2026-11-30T16:30')
    const hourly = busy(['DTSTART:20160101T001500Z', 'DURATION:PT15M', 'RRULE:FREQ=HOURLY;INTERVAL=5'])
    expect(hourly.slice(0, 2)).toEqual(['2026-10-01T01:15/2026-10-01T01:30', '2026-10-01T06:15/2026-10-01T06:30'])
    expect(hourly.at(-1)).toBe('2026-11-30T21:15/2026-11-30T21:30')
  })

  test.for([
    'FREQ=DAILY;INTERVAL=3',
    'FREQ=DAILY;INTERVAL=2;BYDAY=MO,TU,WE;BYMONTH=10,11',
    'FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,SU;WKST=SU',
    'FREQ=WEEKLY;INTERVAL=3;BYDAY=MO,SU;WKST=MO',
    'FREQ=HOURLY;INTERVAL=7',
    'FREQ=MINUTELY;INTERVAL=50;BYHOUR=9,10',
    'FREQ=MONTHLY;BYDAY=2WE',
    'FREQ=DAILY;UNTIL=20261015T235959Z',
    'FREQ=DAILY;UNTIL=20200101T000000Z',
  ])('%s from 2016: as if each occurrence was calculated', (rule) => {
    const series = ['DTSTART;TZID=Europe/Berlin:20160106T093000', 'DURATION:PT10M', `RRULE:${rule}`]
    // A count keeps the calculation from beginning near the window.
    const counted = rule.includes('UNTIL') ? null : [...series.slice(0, 2), `RRULE:${rule};COUNT=30000`]
    const found = busy(series)
    if (counted !== null) expect(found).toEqual(busy(counted))
    expect(found.length > 0).toBe(!rule.includes('2020'))
  })

  test('an occurrence that was moved into the window from beyond it', () => {
    const series = ['UID:series', 'DTSTART:20261207T090000Z', 'DURATION:PT1H', 'RRULE:FREQ=WEEKLY;COUNT=3']
    const moved = ['UID:series', 'RECURRENCE-ID:20261214T090000Z', 'DTSTART:20261130T090000Z', 'DURATION:PT1H']
    expect(busy(series, moved)).toEqual(['2026-11-30T09:00/2026-11-30T10:00'])
  })

  test('a series whose occurrences are all later from one of them on', () => {
    const series = ['UID:series', 'DTSTART:20261005T090000Z', 'DURATION:PT1H', 'RRULE:FREQ=WEEKLY;COUNT=3']
    const later = [
      'UID:series',
      'RECURRENCE-ID;RANGE=THISANDFUTURE:20261012T090000Z',
      ...['DTSTART:20261012T110000Z', 'DURATION:PT30M'],
    ]
    expect(busy(series, later)).toEqual([
      '2026-10-05T09:00/2026-10-05T10:00',
      '2026-10-12T11:00/2026-10-12T11:30',
      '2026-10-19T11:00/2026-10-19T11:30',
    ])
  })

  test('additional periods of an event, except excluded ones', () => {
    const periods = 'RDATE;VALUE=PERIOD:20261103T090000Z/20261103T103000Z,20261104T090000Z/PT15M,20261105T090000Z/PT1H'
    expect(busy(['DTSTART:20261102T090000Z', 'DURATION:PT1H', periods, 'EXDATE:20261105T090000Z'])).toEqual([
      '2026-11-02T09:00/2026-11-02T10:00',
      '2026-11-03T09:00/2026-11-03T10:30',
      '2026-11-04T09:00/2026-11-04T09:15',
    ])
    expect(busy(['DTSTART:20261102T090000Z', 'DURATION:PT1H', periods, 'TRANSP:TRANSPARENT'])).toEqual([])
  })

  test('the busy periods of a VFREEBUSY', () => {
    const lines = [
      ...['BEGIN:VCALENDAR', 'VERSION:2.0', 'PRODID:test', 'BEGIN:VFREEBUSY', 'UID:1', 'DTSTAMP:20261001T000000Z'],
      'FREEBUSY:20261102T090000Z/PT1H,20261103T090000Z/20261103T093000Z',
      'FREEBUSY;FBTYPE=BUSY-TENTATIVE:20261104T090000Z/PT1H',
      'FREEBUSY;FBTYPE=FREE:20261105T090000Z/PT1H',
      ...['END:VFREEBUSY', 'END:VCALENDAR', ''],
    ]
    expect(texts(busyTimesIn(lines.join('\r\n'), window).busy)).toEqual([
      '2026-11-02T09:00/2026-11-02T10:00',
      '2026-11-03T09:00/2026-11-03T09:30',
      '2026-11-04T09:00/2026-11-04T10:00',
    ])
  })

  test('events that are cancelled, transparent, empty or outside of the window: none', () => {
    const times = ['DTSTART:20261102T090000Z', 'DTEND:20261102T100000Z']
    expect(busy([...times, 'STATUS:CANCELLED'], [...times, 'TRANSP:TRANSPARENT'])).toEqual([])
    expect(busy(['DTSTART:20261102T090000Z'], ['DTSTART:20250102T090000Z', 'DTEND:20250102T100000Z'])).toEqual([])
  })

  test('events that overlap or touch are one time', () => {
    const [a, b] = [
      ['DTSTART:20261102T093000Z', 'DTEND:20261102T110000Z'],
      ['DTSTART:20261102T090000Z', 'DTEND:20261102T093000Z'],
    ]
    expect(busy(a, b)).toEqual(['2026-11-02T09:00/2026-11-02T11:00'])
  })
})

test.for(['', 'not a calendar', '<html>', 'BEGIN:VCARD\r\nEND:VCARD\r\n'])('no calendar: %j', (text) => {
  expect(() => busyTimesIn(text, window)).toThrow(InvalidCalendar)
})

test.for([
  ['DTSTART:tomorrow', 'DTEND:20261102T100000Z'],
  ['SUMMARY:without a time'],
  ['DTSTART:20260228T090000Z', 'DURATION:PT1H', 'RRULE:FREQ=NEVER'],
])('an event that cannot be read is left out, and counted: %j', (event) => {
  const good = ['DTSTART:20261102T090000Z', 'DTEND:20261102T100000Z']
  const { busy: times, leftOut } = busyTimesIn(calendarOf(event, good), window)
  expect([texts(times), leftOut]).toEqual([['2026-11-02T09:00/2026-11-02T10:00'], 1])
  // Nothing of what was read before must be freed.
  expect(() => busyTimesIn(calendarOf(event), window)).toThrow('None of its events can be read.')
})

test.for([
  ['DURATION:P99999999999999W'],
  ['DURATION:-P99999999999999W'],
  ['DURATION:PT99999999999999999999S'],
  ['DURATION:P99999999999999W', 'RRULE:FREQ=DAILY'],
  ['DURATION:PT1H', 'RDATE;VALUE=PERIOD:20261103T090000Z/P99999999999999W'],
])('an event with %j is left out at once, and counted', { timeout: 10_000 }, (lines) => {
  const good = ['DTSTART:20261102T090000Z', 'DTEND:20261102T100000Z']
  const { busy: times, leftOut } = busyTimesIn(calendarOf(['DTSTART:20261102T090000Z', ...lines], good), window)
  expect([texts(times), leftOut]).toEqual([['2026-11-02T09:00/2026-11-02T10:00'], 1])
})

test('an event that is longer than the window covers it', () => {
  const year = ['DTSTART:20260601T090000Z', 'DURATION:P52W']
  expect(busy(year)).toEqual(['2026-10-01T00:00/2026-12-01T00:00'])
})

const twoYears = { ...window, untilMs: Date.parse('2028-10-01T00:00:00Z') }

test.for([
  'FREQ=SECONDLY',
  'FREQ=SECONDLY;INTERVAL=7;BYDAY=MO;BYHOUR=3',
  'FREQ=SECONDLY;COUNT=100000000',
  'FREQ=MINUTELY',
  'FREQ=MINUTELY;COUNT=500000',
  'FREQ=HOURLY',
  'FREQ=DAILY;BYHOUR=0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23;BYMINUTE=0,10',
])('of %s the first times block, the event is counted, and the others are read', { timeout: 30_000 }, (rule) => {
  const often = ['DTSTART:20261001T000000Z', 'DTEND:20261001T000001Z', `RRULE:${rule}`]
  const other = ['DTSTART:20280930T090000Z', 'DTEND:20280930T100000Z']
  const found = busyTimesIn(calendarOf(often, other), twoYears)
  expect(found.leftOutEvents).toEqual([{ reason: 'too_frequent', detail: null, count: 1 }])
  expect(texts(found.busy)[0]).toMatch(/^2026-10-01T00:00/)
  expect(texts(found.busy).at(-1)).toBe('2028-09-30T09:00/2028-09-30T10:00')
})

test('two events of each hour keep half of the times that a calendar may have, the soonest', {
  timeout: 30_000,
}, () => {
  const hourly = (minute: string) => [
    `DTSTART:20261001T00${minute}00Z`,
    `DTEND:20261001T00${minute}10Z`,
    'RRULE:FREQ=HOURLY',
  ]
  const found = busyTimesIn(calendarOf(hourly('00'), hourly('30')), twoYears)
  expect([found.busy.length, found.leftOut]).toEqual([5_000, 2])
  expect(texts(found.busy).at(-1)).toBe('2027-01-13T03:30/2027-01-13T03:30')
})

test('an event of each hour that lasts an hour is one busy time', () => {
  const whole = busyTimesIn(calendarOf(['DTSTART:20261001T000000Z', 'DURATION:PT1H', 'RRULE:FREQ=HOURLY']), twoYears)
  expect([texts(whole.busy), whole.leftOut]).toEqual([['2026-10-01T00:00/2028-10-01T00:00'], 0])
})

test('more single events than a calendar may have are refused', { timeout: 30_000 }, () => {
  const startMs = window.fromMs
  const text = (ms: number) => `${new Date(ms).toISOString().slice(0, 19).replaceAll(/[-:]/g, '')}Z`
  const events = Array.from({ length: 5_001 }, (_, index) => {
    const ms = startMs + index * 60_000
    return [`DTSTART:${text(ms)}`, `DTEND:${text(ms + 1000)}`]
  })
  expect(() => busy(...events)).toThrow(/5000 separate busy times/)
})

test.for([
  'FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30',
  'FREQ=DAILY;INTERVAL=7;BYDAY=MO',
  'FREQ=SECONDLY;BYSETPOS=2;BYSECOND=1',
])('%s, which gives nothing: the first time, and soon', { timeout: 20_000 }, (rule) => {
  const found = busyTimesIn(calendarOf(['DTSTART:20261006T090000Z', 'DURATION:PT1H', `RRULE:${rule}`]), window)
  expect([texts(found.busy), found.leftOut]).toEqual([['2026-10-06T09:00/2026-10-06T10:00'], 0])
})

test('a calendar that takes too long ends with its thread, and says so', async () => {
  const event = ['DTSTART:20261001T000000Z', 'DTEND:20261001T000001Z', 'RRULE:FREQ=DAILY']
  // 0 ms: no calendar is that fast.
  expect(await expandCalendar(calendarOf(event), window, 0)).toMatchObject({ kind: 'failed', reason: 'too_large' })
  expect(await expandCalendar(calendarOf(event), window, 240_000)).toMatchObject({ kind: 'read' })
  expect(await expandCalendar('nothing', window, 240_000)).toEqual({
    kind: 'failed',
    reason: 'invalid',
    problem: 'The response is no iCalendar file.',
  })
})
