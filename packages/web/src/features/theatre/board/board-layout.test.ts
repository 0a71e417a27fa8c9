import type { Block, Case, Room } from '@holdfast/contract/client'
import { expect, test } from 'vitest'
import {
  closedSpans,
  firstInSight,
  hoursOf,
  openSpans,
  placed,
  shownSpan,
  snapped,
  startOfDay,
} from './board-layout.ts'

const zone = 'Europe/Berlin'
const monday = '2026-11-23'
const at = (time: string, day = monday) => Date.parse(`${day}T${time}:00+01:00`)
const room: Room = {
  id: 'r',
  name: 'Room 1',
  site: null,
  turnoverMinutes: 0,
  active: true,
  hours: [
    { weekday: 1, from: '13:00', to: '17:30' },
    { weekday: 1, from: '07:30', to: '12:00' },
    { weekday: 2, from: '00:00', to: '24:00' },
  ],
}
const none = { rooms: [], blocks: [], cases: [] }

test('without anything the board shows 8 to 16 of the clinic’s day', () => {
  expect(shownSpan(none, monday, zone)).toEqual({ from: at('08:00'), to: at('16:00') })
})

test('opening times, blocks and cases with their turnover widen it to full hours, within the day', () => {
  const block = { from: '2026-11-23T05:30:00Z', to: '2026-11-23T09:00:00Z' } as Block
  const late = {
    startsAt: '2026-11-23T21:00:00Z',
    endsAt: '2026-11-23T22:50:00Z',
    expectedEndsAt: '2026-11-23T22:50:00Z',
    turnoverMinutes: 30,
  } as Case
  expect(shownSpan({ ...none, rooms: [room] }, monday, zone)).toEqual({ from: at('07:00'), to: at('18:00') })
  const all = shownSpan({ rooms: [room], blocks: [block], cases: [late] }, monday, zone)
  expect(all).toEqual({ from: at('06:00'), to: at('00:00', '2026-11-24') })
})

test('a day on which the clocks change has 25 hours', () => {
  const always = { ...room, hours: [{ weekday: 7, from: '00:00', to: '24:00' }] }
  const span = shownSpan({ ...none, rooms: [always] }, '2026-10-25', zone)
  expect(hoursOf(span)).toHaveLength(25)
  expect(span.from).toBe(startOfDay('2026-10-25', zone))
})

test('a room is closed before, between and after its opening times', () => {
  const shown = { from: at('07:00'), to: at('18:00') }
  expect(closedSpans(openSpans(room, monday, zone), shown)).toEqual([
    { from: at('07:00'), to: at('07:30') },
    { from: at('12:00'), to: at('13:00') },
    { from: at('17:30'), to: at('18:00') },
  ])
  expect(closedSpans(openSpans(room, '2026-11-25', zone), shown)).toEqual([shown])
  expect(closedSpans(openSpans({ ...room, hours: null }, monday, zone), shown)).toEqual([])
})

test('what is outside of the shown hours is cut off', () => {
  const shown = { from: at('08:00'), to: at('16:00') }
  expect(placed({ from: at('07:00'), to: at('10:00') }, shown)).toEqual({ start: '0.0000%', size: '25.0000%' })
  expect(placed({ from: at('16:00'), to: at('17:00') }, shown)).toBeNull()
})

test('times are snapped to five minutes', () => {
  expect(snapped(at('08:02'))).toBe(at('08:00'))
  expect(snapped(at('08:08'), 15)).toBe(at('08:15'))
})

test('hours that do not fit begin an hour before now, or shortly before what comes first', () => {
  const shown = { from: at('00:00'), to: at('16:00') }
  expect(firstInSight(none, shown, at('10:00'))).toBe(at('09:00'))
  expect(firstInSight(none, shown, at('10:40'))).toBe(at('09:00'))
  expect(firstInSight(none, shown, at('00:20'))).toBe(at('00:00'))
  const tomorrow = at('10:00', '2026-11-24')
  expect(firstInSight(none, shown, tomorrow)).toBe(at('00:00'))
  const blocks = [{ from: '2026-11-23T07:00:00Z' } as Block]
  expect(firstInSight({ ...none, blocks }, shown, tomorrow)).toBe(at('08:00'))
  const cases = [{ startsAt: '2026-11-23T06:00:00Z' } as Case]
  expect(firstInSight({ blocks, cases }, shown, tomorrow)).toBe(at('07:00'))
})
