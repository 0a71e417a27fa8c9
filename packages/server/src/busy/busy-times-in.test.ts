import { describe, expect, test } from 'vitest'
import { busyTimesIn, InvalidCalendar } from './busy-times-in.ts'
import { expandCalendar } from './expand-calendar.ts'

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

const busy = (...events: string[][]) =>
  busyTimesIn(calendarOf(...events), window).map(
    ({ startsAt, endsAt }) => `${startsAt.toISOString().slice(0, 16)}/${endsAt.toISOString().slice(0, 16)}`,
  )

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
    const [found] = busyTimesIn(event.replace('BEGIN:VEVENT', `${zone}BEGIN:VEVENT`), window)
    expect(found?.startsAt.toISOString()).toBe('2026-11-02T06:00:00.000Z')
  })

  test('days, of 25 hours when the clocks are put back', () => {
    expect(busy(['DTSTART;VALUE=DATE:20261025', 'DTEND;VALUE=DATE:20261026'])).toEqual([
      '2026-10-24T22:00/2026-10-25T23:00',
    ])
    expect(busy(['DTSTART;VALUE=DATE:20261025'])).toEqual(['2026-10-24T22:00/2026-10-25T23:00'])
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

test('too many occurrences are refused', () => {
  const event = ['DTSTART:20261001T000000Z', 'DTEND:20261001T000001Z', 'RRULE:FREQ=SECONDLY']
  expect(() => busy(event)).toThrow(/30000 occurrences/)
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
