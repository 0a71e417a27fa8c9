import type { BusyTime } from '@holdfast/engine'
import { describe, expect, test } from 'vitest'
import { busyTimesIn } from './busy-times-in.ts'
import { InvalidCalendar } from './invalid-calendar.ts'

// What other programs write, whether or not RFC 5545 allows it.

const window = {
  timeZone: 'Europe/Berlin',
  fromMs: Date.parse('2027-01-10T23:00:00Z'),
  untilMs: Date.parse('2027-03-04T23:00:00Z'),
}

const head = ['BEGIN:VCALENDAR', 'VERSION:2.0', 'PRODID:-//Test//EN']
const eventOf = (lines: readonly string[]) => ['BEGIN:VEVENT', ...lines, 'END:VEVENT']
const fileOf = (...events: string[][]) => [...head, ...events.flatMap(eventOf), 'END:VCALENDAR', ''].join('\r\n')

const texts = (times: readonly BusyTime[]) =>
  times.map(({ startsAt, endsAt }) => `${startsAt.toISOString().slice(5, 16)}/${endsAt.toISOString().slice(5, 16)}`)

/** The busy times, and why events are left out. */
function read(text: string, timeZone = window.timeZone) {
  const { busy, leftOutEvents } = busyTimesIn(text, { ...window, timeZone })
  const reasons = leftOutEvents.map(({ reason, detail, count }) => `${count} ${reason} ${detail ?? ''}`.trim())
  return { busy: texts(busy), reasons }
}

const whole = (...busy: string[]) => ({ busy, reasons: [] })
const hour = ['DTSTART:20270115T180000Z', 'DTEND:20270115T190000Z']
const hourText = '01-15T18:00/01-15T19:00'
const newYork = '01-15T15:00/01-15T16:00'

function inZone(name: string): string[] {
  return [`DTSTART;TZID=${name}:20270115T100000`, `DTEND;TZID=${name}:20270115T110000`]
}

describe('a zone that the file does not define', () => {
  test.each([
    ['Eastern Standard Time', newYork],
    ['W. Europe Standard Time', '01-15T09:00/01-15T10:00'],
    ['"(UTC-05:00) Eastern Time (US & Canada)"', newYork],
    ['"(UTC+01:00) Amsterdam, Berlin, Bern, Rome, Stockholm, Vienna"', '01-15T09:00/01-15T10:00'],
    ['/mozilla.org/20050126_1/America/New_York', newYork],
    ['/freeassociation.sourceforge.net/America/New_York', newYork],
    ['US/Eastern', newYork],
    ['america/new_york', newYork],
    ['GMT-0500', newYork],
    ['"UTC+05:30"', '01-15T04:30/01-15T05:30'],
  ])('%s is known', (name, expected) => {
    expect(read(fileOf(inZone(name)), 'Asia/Tokyo')).toEqual(whole(expected))
  })

  test.each([
    'Mars/Phobos',
    'Office',
    'GMT+9900',
    // No zone of New York has this offset.
    '"(UTC+03:00) Eastern Time (US & Canada)"',
    'x'.repeat(100),
  ])('%s is not guessed: the event is left out, and the name is listed', (name) => {
    expect(read(fileOf(inZone(name), hour))).toEqual({
      busy: [hourText],
      reasons: [`1 unknown_zone ${name.replaceAll('"', '')}`],
    })
    expect(() => read(fileOf(inZone(name)))).toThrow(InvalidCalendar)
  })

  test('a name of Windows means what the file defines, if it does', () => {
    const zone = [
      ...['BEGIN:VTIMEZONE', 'TZID:Eastern Standard Time', 'BEGIN:STANDARD', 'DTSTART:16010101T000000'],
      ...['TZOFFSETFROM:+0300', 'TZOFFSETTO:+0300', 'END:STANDARD', 'END:VTIMEZONE'],
    ]
    const text = [...head, ...zone, ...eventOf(inZone('Eastern Standard Time')), 'END:VCALENDAR'].join('\r\n')
    expect(read(text)).toEqual(whole('01-15T07:00/01-15T08:00'))
  })

  test('an exception in an unknown zone does not end its series', () => {
    const series = ['DTSTART:20270201T090000Z', 'DURATION:PT1H', 'RRULE:FREQ=DAILY;COUNT=2']
    const expected = ['02-01T09:00/02-01T10:00', '02-02T09:00/02-02T10:00']
    expect(read(fileOf([...series, 'EXDATE;TZID=Mars/Phobos:20270202T090000'])).busy).toEqual(expected)
  })
})

describe('times without a zone', () => {
  const floating = ['DTSTART:20270115T100000', 'DTEND:20270115T110000']
  const hinted = (zone: string) =>
    fileOf(floating, hour).replace('BEGIN:VEVENT', `X-WR-TIMEZONE:${zone}\r\nBEGIN:VEVENT`)

  test('are in that of their calendar, else in the clinic’s', () => {
    expect(read(hinted('America/New_York'), 'Pacific/Auckland')).toEqual(whole(newYork, hourText))
    expect(read(fileOf(floating), 'America/New_York')).toEqual(whole(newYork))
  })

  test('are not guessed if that of their calendar is unknown', () => {
    expect(read(hinted('Mars/Phobos'))).toEqual({ busy: [hourText], reasons: ['1 unknown_zone Mars/Phobos'] })
  })
})

describe('an end', () => {
  test('goes before a duration', () => {
    expect(read(fileOf([...hour, 'DURATION:PT0S']))).toEqual(whole(hourText))
  })

  test('that is the start: a day blocks that day, a time is counted', () => {
    const day = ['DTSTART;VALUE=DATE:20270113', 'DTEND;VALUE=DATE:20270113']
    const expected = '01-12T23:00/01-13T23:00'
    expect(read(fileOf(day))).toEqual(whole(expected))
    expect(read(fileOf(['DTSTART:20270113', 'DTEND:20270114']))).toEqual(whole(expected))
    const empty = ['DTSTART:20270115T110000Z', 'DTEND:20270115T110000Z']
    expect(read(fileOf(empty, ['DTSTART:20270115T120000Z']))).toEqual({ busy: [], reasons: ['2 no_length'] })
  })

  test('before the start is counted, and only in the window', () => {
    const reversed = ['DTSTART:20270115T110000Z', 'DTEND:20270115T100000Z']
    expect(read(fileOf(reversed, hour))).toEqual({ busy: [hourText], reasons: ['1 reversed'] })
    const old = reversed.map((line) => line.replace('2027', '2025'))
    expect(read(fileOf(old, hour))).toEqual(whole(hourText))
  })
})

describe('of two events with one UID', () => {
  const version = (sequence: number, day: string, ...lines: string[]) => [
    ...['UID:x1', `SEQUENCE:${sequence}`, `DTSTART:202702${day}T090000Z`, `DTEND:202702${day}T100000Z`],
    ...lines,
  ]

  test.each(['first', 'last'])('the newest version counts, when it is the %s', (place) => {
    const versions = [version(2, '09'), version(1, '08')]
    const events = place === 'first' ? versions : versions.toReversed()
    expect(read(fileOf(...events))).toEqual(whole('02-09T09:00/02-09T10:00'))
  })

  test('also when it is cancelled, with what had replaced its occurrences before', () => {
    const moved = [...version(0, '10'), 'RECURRENCE-ID:20270209T090000Z']
    expect(read(fileOf(version(1, '08', 'RRULE:FREQ=DAILY'), moved, version(2, '08', 'STATUS:CANCELLED')))).toEqual(
      whole(),
    )
  })

  test('and a series', () => {
    const events = [version(1, '01', 'RRULE:FREQ=WEEKLY;COUNT=2'), version(2, '02', 'RRULE:FREQ=WEEKLY;COUNT=2')]
    expect(read(fileOf(...events))).toEqual(whole('02-02T09:00/02-02T10:00', '02-09T09:00/02-09T10:00'))
  })

  test('the later changed one counts if their numbers are equal, and both if nothing says which is newer', () => {
    const both = [version(1, '08'), version(1, '09')]
    expect(read(fileOf(...both)).busy).toHaveLength(2)
    const stamped = both.map((lines, index) => [...lines, `LAST-MODIFIED:2026110${2 - index}T000000Z`])
    expect(read(fileOf(...stamped))).toEqual(whole('02-08T09:00/02-08T10:00'))
  })
})

describe('an occurrence that is replaced', () => {
  const end = ['DTSTART;TZID=Europe/Berlin:20270209T140000', 'DTEND;TZID=Europe/Berlin:20270209T150000']

  test.each([';VALUE=DATE:20270208', ':20270208', ':20270208T090000Z', ':20270208T100000'])(
    'by RECURRENCE-ID%s',
    (id) => {
      const series = [
        ...['UID:x1', 'DTSTART;TZID=Europe/Berlin:20270201T100000', 'DTEND;TZID=Europe/Berlin:20270201T110000'],
        'RRULE:FREQ=WEEKLY;COUNT=3',
      ]
      const expected = whole('02-01T09:00/02-01T10:00', '02-09T13:00/02-09T14:00', '02-15T09:00/02-15T10:00')
      expect(read(fileOf(series, ['UID:x1', `RECURRENCE-ID${id}`, ...end]))).toEqual(expected)
    },
  )

  test('of a series of days, by a day that does not say so', () => {
    const series = ['UID:x1', 'DTSTART;VALUE=DATE:20270201', 'DTEND;VALUE=DATE:20270202', 'RRULE:FREQ=WEEKLY;COUNT=2']
    const moved = ['UID:x1', 'RECURRENCE-ID:20270208', 'DTSTART;VALUE=DATE:20270210', 'DTEND;VALUE=DATE:20270211']
    expect(read(fileOf(series, moved))).toEqual(whole('01-31T23:00/02-01T23:00', '02-09T23:00/02-10T23:00'))
  })
})

describe('a rule', () => {
  const days = (rules: string[], start = '20270201') =>
    read(fileOf([`DTSTART:${start}T090000Z`, 'DTEND:'.concat(start, 'T100000Z'), ...rules])).busy.map((text) =>
      text.slice(0, 5),
    )

  // Counted by the calendar.
  test.each([
    ['FREQ=MONTHLY;BYMONTH=2;BYDAY=2TU', '20260210', ['02-09']],
    ['FREQ=YEARLY;BYWEEKNO=7;BYDAY=WE', '20260211', ['02-17']],
    ['FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=-1', '20240229', ['02-28']],
    ['FREQ=YEARLY', '20240229', []],
    ['FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1', '20260930', ['01-29', '02-26']],
    ['FREQ=MONTHLY;BYMONTHDAY=13;BYDAY=FR', '20260213', []],
    [
      'FREQ=WEEKLY;INTERVAL=2;BYDAY=TU,SU;WKST=SU',
      '20270105',
      ['01-17', '01-19', '01-31', '02-02', '02-14', '02-16', '02-28', '03-02'],
    ],
  ] as const)('%s from %s', (rule, start, expected) => {
    expect(days([`RRULE:${rule}`], start)).toEqual(expected)
  })

  test('and another one: what both give', () => {
    const rules = ['RRULE:FREQ=WEEKLY;BYDAY=MO;UNTIL=20270215T090000Z', 'RRULE:FREQ=WEEKLY;BYDAY=WE;COUNT=1']
    expect(days(rules)).toEqual(['02-01', '02-03', '02-08', '02-15'])
  })

  test('and a date that an exception takes away', () => {
    const lines = ['RRULE:FREQ=DAILY;COUNT=2', 'RDATE:20270205T090000Z,20270206T090000Z', 'EXDATE:20270205T090000Z']
    expect(days(lines)).toEqual(['02-01', '02-02', '02-06'])
  })

  test.each(['', 'FREQ=NEVER', 'FREQ=YEARLY;BYYEARDAY=50;BYDAY=MO', 'FREQ=DAILY;SKIP=OMIT'])(
    'that cannot be read (%j) blocks the first time, and is counted',
    (rule) => {
      const event = ['DTSTART:20270201T090000Z', 'DTEND:20270201T100000Z', `RRULE:${rule}`]
      expect(read(fileOf(event, hour))).toEqual({ busy: [hourText, '02-01T09:00/02-01T10:00'], reasons: ['1 rule'] })
    },
  )
})

describe('a file', () => {
  const plain = fileOf(hour)

  test.each([
    ['with a byte order mark', `\uFEFF${plain}`],
    ['with line ends of CR alone', plain.replaceAll('\r\n', '\r')],
    ['with line ends of LF alone', plain.replaceAll('\r\n', '\n')],
    ['in lower-case letters', plain.toLowerCase()],
    ['with a line that has no colon', plain.replace('DTEND', 'SUMMARY\r\nsecond line\r\nDTEND')],
    ['with folded lines', plain.replace('T180000Z', 'T18\r\n 0000Z').replace('T190000Z', 'T19\r\n\t0000Z')],
    ['with odd properties', plain.replace('DTEND', 'ATTENDEE;CN="a:b;c":mailto:x\r\nDUE:?\r\nGEO:x\r\nDTEND')],
    ['with an event beside its calendar', plain.replace('BEGIN:VEVENT', 'END:VCALENDAR\r\nBEGIN:VEVENT')],
    ['whose calendar is in another one', `BEGIN:VCALENDAR\r\n${plain}END:VCALENDAR\r\n`],
  ])('%s', (_what, text) => {
    expect(read(text)).toEqual(whole(hourText))
  })

  test('of several calendars, each with its zones', () => {
    const [first, second] = ['+0100', '-0500'].map((offset) => {
      const zone = [
        ...['BEGIN:VTIMEZONE', 'TZID:Office', 'BEGIN:STANDARD', 'DTSTART:19700101T000000'],
        ...[`TZOFFSETFROM:${offset}`, `TZOFFSETTO:${offset}`, 'END:STANDARD', 'END:VTIMEZONE'],
      ]
      return [...head, ...zone, ...eventOf(inZone('Office')), 'END:VCALENDAR', ''].join('\r\n')
    })
    expect(read(`${first}${second}`)).toEqual(whole('01-15T09:00/01-15T10:00', newYork))
  })

  test('whose event has no end line: that event is counted, and the next one is read', () => {
    const text = fileOf(['DTSTART:20270115T080000Z', 'DTEND:20270115T090000Z'], hour).replace('END:VEVENT\r\n', '')
    expect(read(text)).toEqual({ busy: [hourText], reasons: ['1 unreadable'] })
  })

  test('that is cut off is refused', () => {
    expect(() => read(plain.replace('END:VCALENDAR\r\n', ''))).toThrow('The iCalendar file is not complete.')
  })

  test('with 12,000 old events, each in a zone, is read', { timeout: 20_000 }, () => {
    const old = Array.from({ length: 12_000 }, (_, index) =>
      inZone('Eastern Standard Time').map((line) => line.replace('2027', String(2000 + (index % 25)))),
    )
    expect(read(fileOf(...old, hour))).toEqual(whole(hourText))
  })
})

test.each([['TRANSP:TRANSPARENT'], ['STATUS:CANCELLED'], ['X-MICROSOFT-CDO-BUSYSTATUS:FREE']])(
  '%s does not block',
  (line) => {
    expect(read(fileOf([...hour, line]))).toEqual(whole())
  },
)

test.each(['TENTATIVE', 'OOF', 'BUSY'])('X-MICROSOFT-CDO-BUSYSTATUS:%s blocks', (status) => {
  expect(read(fileOf([...hour, `X-MICROSOFT-CDO-BUSYSTATUS:${status}`]))).toEqual(whole(hourText))
})
