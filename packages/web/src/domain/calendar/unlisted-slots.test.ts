import type { Booking, Slot } from '@holdfast/contract/client'
import { expect, test } from 'vitest'
import { unlistedSlots } from './unlisted-slots.ts'

const times = { doctorId: 'd', startsAt: '2026-06-01T07:00:00Z', endsAt: '2026-06-01T07:25:00Z' }

function aBooking(fields: Partial<Booking>): Booking {
  return { slotId: 's', status: 'CONFIRMED', units: 1, visitTypeId: 'v', ...times, ...fields } as Booking
}

const types = [
  { id: 'v', capacity: 1 },
  { id: 'group', capacity: 5 },
]
const listed: Slot = { id: 'listed', ...times, capacity: 1, available: 0 }

test('a booking whose slot is not listed has one, and others have not', () => {
  expect(unlistedSlots([], [aBooking({})], types)).toEqual([{ id: 's', ...times, capacity: 1, available: 0 }])
  expect(unlistedSlots([listed], [aBooking({ slotId: 'listed' }), aBooking({ status: 'CANCELLED' })], types)).toEqual(
    [],
  )
})

test('the bookings of a group are in one slot, with the capacity of its type', () => {
  const group = { slotId: 'g', visitTypeId: 'group' }
  const [slot, ...others] = unlistedSlots([], [aBooking(group), aBooking({ ...group, units: 2 })], types)
  expect([slot, others]).toMatchObject([{ id: 'g', capacity: 5, available: 2 }, []])
  // Its type is not read yet, or was changed since.
  expect(unlistedSlots([], [aBooking({ ...group, units: 2 })], [])).toMatchObject([{ capacity: 2, available: 0 }])
})
