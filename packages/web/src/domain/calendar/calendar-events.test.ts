import type { BlockedSlot, Booking, Slot } from '@holdfast/contract/client'
import { expect, test } from 'vitest'
import { calendarEvents, eventReachedBy, sessionEvents, shownHours } from './calendar-events.ts'

const texts = {
  free: 'Free',
  freeSlots: (count: number) => `${count} free`,
  held: 'Held',
  blocked: ({ note }: BlockedSlot) => `Closed: ${note}`,
  places: (taken: number, capacity: number) => `${taken} of ${capacity}`,
}

function aSlot(fields: Partial<Slot>): Slot {
  return {
    id: 's',
    doctorId: 'd',
    startsAt: '2026-06-01T07:00:00Z',
    endsAt: '2026-06-01T07:15:00Z',
    capacity: 1,
    available: 1,
    ...fields,
  }
}

const booking = (status: Booking['status'], attendanceConfirmedAt: string | null = null) =>
  [{ slotId: 's', status, attendanceConfirmedAt, patient: { name: 'Ada' } }] as Booking[]
const titles = (slot: Slot, bookings: Booking[]) =>
  calendarEvents([slot], bookings, 'UTC', texts).map(({ title }) => title)

test('a slot’s title is its patient, the number of places taken, or “free”', () => {
  expect(titles(aSlot({}), [])).toEqual(['Free'])
  expect(titles(aSlot({ available: 0 }), booking('CONFIRMED'))).toEqual(['Ada'])
  expect(titles(aSlot({}), booking('CANCELLED'))).toEqual(['Free'])
  expect(titles(aSlot({ capacity: 5, available: 3 }), booking('PENDING'))).toEqual(['2 of 5'])
})

test('a slot says whether its patient comes, while that is to be seen', () => {
  const expected = (slot: Slot, bookings: Booking[]) =>
    calendarEvents([slot], bookings, 'UTC', texts)[0]?.payload.isExpected
  const [full, said] = [aSlot({ available: 0 }), '2026-05-31T07:00:00Z']
  expect(expected(full, booking('CONFIRMED', said))).toBe(true)
  expect(expected(full, booking('CONFIRMED'))).toBe(false)
  expect(expected(full, booking('ARRIVED', said))).toBe(false)
  expect(expected(aSlot({ capacity: 2 }), booking('CONFIRMED', said))).toBe(false)
})

test('a slot whose patients have all arrived is told from one that is booked', () => {
  const kindOf = (...bookings: Booking[]) =>
    calendarEvents([aSlot({ capacity: 2, available: 0 })], bookings, 'UTC', texts)[0]?.payload.kind
  const [arrived, confirmed] = [booking('ARRIVED'), booking('CONFIRMED')]
  expect(kindOf(...arrived, ...arrived)).toBe('arrived')
  expect(kindOf(...arrived, ...confirmed)).toBe('booked')
  expect(kindOf(...confirmed)).toBe('booked')
})

const closed: BlockedSlot = { slotId: 's', cause: 'doctor_closure', note: 'Away' }

test('a blocked slot says so, unless it is booked, and is no free slot', () => {
  const blocked = new Map([['s', closed]])
  const eventOf = (bookings: Booking[]) => calendarEvents([aSlot({ available: 0 })], bookings, 'UTC', texts, blocked)[0]
  expect(eventOf([])).toMatchObject({ title: 'Closed: Away', payload: { kind: 'blocked' } })
  expect(eventOf(booking('CONFIRMED'))).toMatchObject({ title: 'Ada', payload: { kind: 'booked' } })
})

test('a blocked slot counts the places of its bookings, although it has none available', () => {
  const slot = aSlot({ capacity: 5, available: 0 })
  const two = booking('CONFIRMED').map((one) => ({ ...one, units: 2 }))
  const titleOf = (blocked: Map<string, BlockedSlot>) => calendarEvents([slot], two, 'UTC', texts, blocked)[0]?.title
  expect(titleOf(new Map([['s', closed]]))).toBe('2 of 5')
  // The control: what is not available is taken, by holds that were not read, too.
  expect(titleOf(new Map())).toBe('5 of 5')
})

test('events are in the clinic’s local time', () => {
  expect(calendarEvents([aSlot({})], [], 'Europe/Berlin', texts)[0]).toMatchObject({
    start: '2026-06-01 09:00:00',
    end: '2026-06-01 09:15:00',
  })
})

test('an open session is behind the events, in the clinic’s local time', () => {
  const [startsAt, endsAt] = ['2026-06-01T07:00:00Z', '2026-06-01T10:00:00Z']
  const session = { id: 'o', doctorId: 'd', startsAt, endsAt, gridMinutes: 10, visitTypeIds: null }
  expect(sessionEvents([session], 'Europe/Berlin', () => 'Open')).toMatchObject([
    { id: 'o', title: 'Open', start: '2026-06-01 09:00:00', end: '2026-06-01 12:00:00', display: 'background' },
  ])
})

test('the calendar’s hours cover every event, and at least eight hours', () => {
  const event = (start: string, end: string) => ({ start, end })
  expect(shownHours([])).toEqual({ startTime: '08:00:00', endTime: '18:00:00' })
  expect(shownHours([event('2026-06-01 06:30:00', '2026-06-01 19:15:00')])).toEqual({
    startTime: '06:00:00',
    endTime: '20:00:00',
  })
  expect(shownHours([event('2026-06-01 09:00:00', '2026-06-01 09:15:00')])).toEqual({
    startTime: '06:00:00',
    endTime: '14:00:00',
  })
  expect(shownHours([event('2026-06-01 22:00:00', '2026-06-02 02:00:00')]).endTime).toBe('23:59:59')
})

const quarter = (index: number, fields: Partial<Slot> = {}) =>
  aSlot({
    id: `s${index}`,
    startsAt: new Date(Date.UTC(2026, 5, 1, 7, 15 * index)).toISOString(),
    endsAt: new Date(Date.UTC(2026, 5, 1, 7, 15 * (index + 1))).toISOString(),
    ...fields,
  })

test('free slots that follow each other are one event; a gap, a patient or midnight ends it', () => {
  const slots = [quarter(4), quarter(0), quarter(1), quarter(2, { available: 0 }), quarter(3)]
  const taken = [{ slotId: 's2', status: 'CONFIRMED', patient: { name: 'Ada' } }] as Booking[]
  const found = calendarEvents(slots, taken, 'UTC', texts)
  expect(found.map(({ title, payload }) => [title, payload.kind, payload.slotIds.length])).toEqual([
    ['2 free', 'free', 2],
    ['Ada', 'booked', 1],
    ['2 free', 'free', 2],
  ])
  expect(found[0]).toMatchObject({ start: '2026-06-01 07:00:00', end: '2026-06-01 07:30:00' })
  expect(calendarEvents([quarter(0), quarter(2)], [], 'UTC', texts)).toHaveLength(2)
  // 16:45 and 17:00 UTC are 23:45 and midnight in Bangkok.
  expect(calendarEvents([quarter(39), quarter(40)], [], 'Asia/Bangkok', texts)).toHaveLength(2)
})

test('a slot is held while nobody has confirmed it', () => {
  const kinds = (...statuses: Booking['status'][]) =>
    calendarEvents(
      [aSlot({ capacity: 3, available: 1 })],
      statuses.flatMap((status) => booking(status)),
      'UTC',
      texts,
    )[0]?.payload.kind
  expect(kinds('PENDING', 'PENDING')).toBe('held')
  expect(kinds('PENDING', 'CONFIRMED')).toBe('booked')
  expect(kinds('CANCELLED')).toBe('held')
})

test('arrow keys lead along a day, and to about the same time of the next day with slots', () => {
  const event = (id: string, start: string) => ({ id, start })
  const events = [
    event('mon9', '2026-06-01 09:00:00'),
    event('mon11', '2026-06-01 11:00:00'),
    event('wed8', '2026-06-03 08:00:00'),
    event('wed12', '2026-06-03 12:00:00'),
  ]
  const reach = (key: string, from: string, isRightToLeft = false) => eventReachedBy(key, events, from, isRightToLeft)
  expect(reach('ArrowDown', 'mon9')).toBe('mon11')
  expect(reach('ArrowDown', 'mon11')).toBeNull()
  expect(reach('ArrowUp', 'mon11')).toBe('mon9')
  expect(reach('ArrowRight', 'mon11')).toBe('wed12')
  expect(reach('ArrowRight', 'wed12')).toBeNull()
  expect(reach('ArrowLeft', 'wed8')).toBe('mon9')
  expect(reach('ArrowLeft', 'mon9', true)).toBe('wed8')
  expect(reach('Home', 'wed12')).toBe('wed8')
  expect(reach('End', 'mon9')).toBe('mon11')
  expect(reach('Enter', 'mon9')).toBeNull()
})
