import type { Booking, Slot } from '@holdfast/contract/client'
import { expect, test } from 'vitest'
import { calendarEvents, shownHours } from './calendar-events.ts'

const texts = { free: 'Free', held: 'Held', places: (taken: number, capacity: number) => `${taken} of ${capacity}` }

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

const booking = (status: Booking['status']) => [{ slotId: 's', status, patient: { name: 'Ada' } }] as Booking[]
const titles = (slot: Slot, bookings: Booking[]) =>
  calendarEvents([slot], bookings, 'UTC', texts).map(({ title }) => title)

test('a slot’s title is its patient, the number of places taken, or “free”', () => {
  expect(titles(aSlot({}), [])).toEqual(['Free'])
  expect(titles(aSlot({ available: 0 }), booking('CONFIRMED'))).toEqual(['Ada'])
  expect(titles(aSlot({}), booking('CANCELLED'))).toEqual(['Free'])
  expect(titles(aSlot({ capacity: 5, available: 3 }), booking('PENDING'))).toEqual(['2 of 5'])
})

test('events are in the clinic’s local time', () => {
  expect(calendarEvents([aSlot({})], [], 'Europe/Berlin', texts)[0]).toMatchObject({
    start: '2026-06-01 09:00:00',
    end: '2026-06-01 09:15:00',
  })
})

test('the calendar’s hours cover every event, and at least eight hours', () => {
  const event = (start: string, end: string) => ({ id: 1, title: '', color: 'gray', start, end })
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
