import ICAL from 'ical.js'
import { describe, expect, test } from 'vitest'
import { type FeedEvent, feedFile } from './feed-file.ts'
import { zoneBlock } from './zone-block.ts'

function anEvent(overrides: Partial<FeedEvent> = {}): FeedEvent {
  const startsAt = overrides.startsAt ?? new Date('2026-06-01T08:00:00Z')
  return {
    bookingId: '01997c2e-0000-7000-8000-000000000001',
    version: 3,
    changedAt: new Date('2026-05-01T08:00:00Z'),
    startsAt,
    endsAt: new Date(startsAt.getTime() + 900_000),
    timeZone: 'Europe/Berlin',
    summary: 'Appointment: Dr. Ada, MD; "Heart"',
    location: null,
    description: 'Reference: 00AB-CDEF',
    ...overrides,
  }
}

/** The times of the events as another library reads them, with the zones that the file itself has. */
function timesIn(text: string): { start: Date; zone: string | null }[] {
  const calendar = new ICAL.Component(ICAL.parse(text))
  const zones = new Map(
    calendar.getAllSubcomponents('vtimezone').map((zone) => [String(zone.getFirstPropertyValue('tzid')), zone]),
  )
  return calendar.getAllSubcomponents('vevent').map((component) => {
    const property = component.getFirstProperty('dtstart')
    const zone = property?.getFirstParameter('tzid') ?? null
    const block = zones.get(zone ?? '')
    const local = property?.getFirstValue() as ICAL.Time
    const time = block === undefined ? local : ICAL.Time.fromData(local, new ICAL.Timezone(block))
    return { start: time.toJSDate(), zone }
  })
}

const starts = (events: readonly FeedEvent[]) => events.map(({ startsAt }) => startsAt)

test.for([
  ['Europe/Berlin', '2026-03-29T00:30:00Z', '2026-03-29T01:30:00Z', '2026-10-24T22:30:00Z', '2026-10-25T02:30:00Z'],
  ['America/New_York', '2026-03-08T06:30:00Z', '2026-03-08T07:30:00Z', '2026-11-01T04:30:00Z', '2026-11-01T07:30:00Z'],
  ['Asia/Kolkata', '2026-03-29T00:30:00Z', '2026-10-25T01:30:00Z'],
  ['Africa/Casablanca', '2026-02-14T12:00:00Z', '2026-02-20T12:00:00Z', '2026-04-01T12:00:00Z'],
  ['America/Vancouver', '2026-01-15T20:00:00Z', '2026-12-15T20:00:00Z'],
  ['Australia/Lord_Howe', '2026-04-04T12:00:00Z', '2026-04-05T12:00:00Z', '2026-10-04T12:00:00Z'],
])('the times around a change of the clocks are read back: %s', ([timeZone = '', ...times]) => {
  const events = times.map((time) => anEvent({ timeZone, startsAt: new Date(time) }))
  const read = timesIn(feedFile({ name: 'A', language: 'en', events }))
  expect(read.map(({ start }) => start)).toEqual(starts(events))
  expect(new Set(read.map(({ zone }) => zone))).toEqual(new Set([timeZone]))
})

test('in the hour that the clocks repeat, a time is in UTC: as a local time it would be ambiguous', () => {
  const startsAt = new Date('2026-10-25T01:30:00Z')
  const endsInIt = new Date('2026-10-25T00:55:00Z')
  const events = [
    anEvent({ startsAt }),
    anEvent({ startsAt: endsInIt, endsAt: new Date('2026-10-25T01:10:00Z') }),
    anEvent({ startsAt: new Date('2026-10-25T00:30:00Z') }),
  ]
  const text = feedFile({ name: 'A', language: 'en', events })
  expect(text.match(/^DT(START|END).*(?<=Z)\r$/gm)?.map((line) => line.trim())).toEqual([
    'DTSTART:20261025T013000Z',
    'DTEND:20261025T014500Z',
    'DTSTART:20261025T005500Z',
    'DTEND:20261025T011000Z',
    'DTSTART:20261025T003000Z',
    'DTEND:20261025T004500Z',
  ])
  expect(timesIn(text).map(({ start }) => start)).toEqual(starts(events))
})

test('negative control: with the zone of winter alone, the times of summer are read an hour late', () => {
  const events = [anEvent()]
  const text = feedFile({ name: 'A', language: 'en', events })
  const winter = text.replaceAll(/BEGIN:DAYLIGHT[\s\S]*?END:DAYLIGHT\r\n/g, '')
  expect(winter).not.toBe(text)
  expect(timesIn(winter).map(({ start }) => start)).not.toEqual(starts(events))
})

test('visits of two clinics have two zones, and UTC needs none', () => {
  const events = [anEvent(), anEvent({ timeZone: 'Asia/Tokyo' }), anEvent({ timeZone: 'UTC' })]
  const text = feedFile({ name: 'A', language: 'en', events })
  expect(timesIn(text).map(({ start }) => start)).toEqual(starts(events))
  expect(text.match(/^TZID:.*$/gm)?.map((line) => line.trim())).toEqual(['TZID:Europe/Berlin', 'TZID:Asia/Tokyo'])
})

describe('an event', () => {
  test('has the UID and SEQUENCE of the e-mails, and its texts survive', () => {
    const event = anEvent({ location: 'Clinic, Main St. 1\u0007', summary: 'موعد: Dr. Ada; "Heart"' })
    const text = feedFile({ name: 'Mine', language: 'ar', events: [event] })
    const calendar = new ICAL.Component(ICAL.parse(text))
    const component = calendar.getFirstSubcomponent('vevent')
    const read = new ICAL.Event(component ?? undefined)
    expect(read.uid).toBe(`${event.bookingId}@holdfast`)
    expect(read.sequence).toBe(3)
    expect(read.summary).toBe("موعد: Dr. Ada; 'Heart'")
    expect(read.location).toBe('Clinic, Main St. 1')
    expect(component?.getFirstPropertyValue('status')).toBe('CONFIRMED')
    expect(calendar.getFirstPropertyValue('x-wr-calname')).toBe('Mine')
    for (const line of text.split('\r\n')) expect(Buffer.byteLength(line)).toBeLessThanOrEqual(75)
  })

  test('gives the same text each time', () => {
    const file = { name: 'A', language: 'de' as const, events: [anEvent()] }
    expect(feedFile(file)).toBe(feedFile(file))
  })
})

test('a calendar without events is one', () => {
  const calendar = new ICAL.Component(ICAL.parse(feedFile({ name: 'A', language: 'en', events: [] })))
  expect(calendar.getAllSubcomponents('vevent')).toEqual([])
})

test('every zone that the server knows has a block that can be read', () => {
  const [from, until] = [Temporal.Instant.from('2026-01-01T00:00Z'), Temporal.Instant.from('2027-12-31T00:00Z')]
  const failed = Intl.supportedValuesOf('timeZone').filter((zone) => {
    const lines = zoneBlock(zone, from, until).split('\r\n')
    return !lines.filter((line) => line.startsWith('DTSTART')).every((line) => /^DTSTART:\d{8}T\d{6}$/.test(line))
  })
  expect(failed).toEqual([])
})
