import type { Booking, ListedClosure, OpenSession, Slot } from '@holdfast/contract/client'
import { expect, test } from 'vitest'
import { closedTimes, gapAt, hourRem, openSpans, shownHours } from './column-day.ts'

const at = (time: string) => `2026-11-23T${time}:00Z`
const ms = (time: string) => Date.parse(at(time))
const slot = (from: string, to: string, available = 1) =>
  ({ id: `slot ${from}`, startsAt: at(from), endsAt: at(to), available, capacity: 1 }) as Slot
const session = (from: string, to: string) => ({ id: 'session', startsAt: at(from), endsAt: at(to) }) as OpenSession
const visit = (from: string, to: string) => ({ startsAt: at(from), endsAt: at(to) }) as Booking

const times = { slots: [slot('09:00', '09:20', 0), slot('09:20', '09:40')], sessions: [session('13:00', '15:00')] }
const byDoctor = new Map([['ada', times]])

test('the hours are full ones with all that is booked or open, and those of a usual day', () => {
  const usual = { from: ms('08:00'), to: ms('16:00') }
  expect(shownHours([], byDoctor, '2026-11-23', 'UTC')).toEqual(usual)
  expect(shownHours([visit('06:50', '07:10')], byDoctor, '2026-11-23', 'UTC')).toEqual({ ...usual, from: ms('06:00') })
})

test('a click finds the free slot or the session that it is in, and nothing where all is booked or over', () => {
  const now = ms('08:00')
  expect(gapAt(times, ms('09:35'), now)).toEqual({ at: at('09:20'), slotId: 'slot 09:20', sessionId: null })
  expect(gapAt(times, ms('13:05'), now)).toEqual({ at: '2026-11-23T13:05:00.000Z', slotId: null, sessionId: 'session' })
  expect(gapAt(times, ms('09:05'), now)).toBeNull()
  expect(gapAt(times, ms('12:00'), now)).toBeNull()
  expect(gapAt(times, ms('09:35'), ms('09:40'))).toBeNull()
})

test('open times are in order, and closures are those of the doctor and of the clinic', () => {
  expect(openSpans(times).map(({ from }) => from)).toEqual([ms('09:00'), ms('09:20'), ms('13:00')])
  const closure = (of: Partial<ListedClosure>) =>
    ({ doctorId: null, resourceId: null, note: null, times: [visit('09:00', '10:00')], ...of }) as ListedClosure
  const all = [closure({ note: 'Outing' }), closure({ doctorId: 'grace' }), closure({ resourceId: 'room' })]
  expect(closedTimes(all, 'ada')).toEqual([{ span: { from: ms('09:00'), to: ms('10:00') }, note: 'Outing' }])
})

test('an hour is as high as the shortest visit needs', () => {
  expect(hourRem([], new Map())).toBe(4)
  expect(hourRem([visit('09:00', '09:10')], new Map())).toBe(9)
  expect(hourRem([visit('09:00', '09:01')], new Map())).toBe(18)
})
