import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type CalendarEvent, calendarFile } from './calendar-file.ts'

const event: CalendarEvent = {
  id: '0193a7c0-0000-8000-8000-000000000001',
  sequence: 2,
  startsAt: '2026-11-23T09:30:00.000Z',
  endsAt: '2026-11-23T09:45:00Z',
  summary: 'Dr Okafor; check, again',
  location: '12 Harbour Street\nWhitstable',
  description: 'Back\\slash',
  url: null,
  isCancelled: false,
  stampedAt: '2026-11-20T08:00:00Z',
}

/** The properties that a calendar reads from a file: unfolded, by name, unescaped. */
function read(file: string): Record<string, string> {
  const lines = file.replaceAll('\r\n ', '').split('\r\n')
  return Object.fromEntries(
    lines.map((line) => {
      const [name = '', ...rest] = line.split(':')
      return [name, rest.join(':').replaceAll(/\\([\\;,n])/g, (_all, one) => (one === 'n' ? '\n' : one))]
    }),
  )
}

test('times are in UTC, text is escaped, every line ends with CRLF', () => {
  const file = calendarFile(event)
  expect(file).toContain('DTSTART:20261123T093000Z\r\n')
  expect(file).toContain('DTEND:20261123T094500Z\r\n')
  expect(file).toContain('SUMMARY:Dr Okafor\\; check\\, again\r\n')
  expect(file).toContain('LOCATION:12 Harbour Street\\nWhitstable\r\n')
  expect(file.replaceAll('\r\n', '')).not.toMatch(/[\r\n]/)
})

test('a cancelled appointment keeps its id and is CANCELLED; without a location there is no LOCATION', () => {
  const properties = read(calendarFile({ ...event, isCancelled: true, location: null }))
  expect(properties).toMatchObject({ STATUS: 'CANCELLED', UID: `${event.id}@holdfast`, SEQUENCE: '2' })
  expect(properties).not.toHaveProperty('LOCATION')
  expect(properties).not.toHaveProperty('URL')
})

test('the URL of a video visit is not escaped, and nothing in it can end its line', () => {
  const url = 'https://meet.example/a,b;c?room=1\r\nATTENDEE:x'
  const file = calendarFile({ ...event, url, location: 'https://meet.example/a,b' })
  expect(file).toContain('URL:https://meet.example/a,b;c?room=1ATTENDEE:x\r\n')
  expect(file).toContain('LOCATION:https://meet.example/a\\,b\r\n')
  expect(file).not.toMatch(/^ATTENDEE/m)
})

test('any text: lines have at most 75 octets and whole characters, and unfold to the same text', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', maxLength: 300 }), (text) => {
      const file = calendarFile({ ...event, description: text })
      for (const line of file.split('\r\n')) expect(new TextEncoder().encode(line).length).toBeLessThanOrEqual(75)
      expect(file.isWellFormed()).toBe(text.isWellFormed())
      const plain = text.replaceAll(/\r\n?/g, '\n').replaceAll(/[^\P{Cc}\n\t]/gu, '')
      expect(read(file).DESCRIPTION).toBe(plain)
    }),
  )
})
