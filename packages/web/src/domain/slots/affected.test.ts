import type { Booking } from '@holdfast/contract/client'
import { expect, test } from 'vitest'
import { affectedOf } from './affected.ts'

const startsAt = '2026-12-01T09:00:00Z'
const [firstId, secondId] = ['0192f2a0-0000-7000-8000-000000000001', '0192f2a0-0000-7000-8000-000000000002']
const affected = [firstId, secondId].map((id) => {
  return { id, slotId: '0192f2a0-0000-7000-8000-000000000003', startsAt, units: 1, status: 'CONFIRMED' as const }
})
const bookingOf = (id: string, more: Partial<Booking> = {}) => ({ id, patient: { name: 'Ada' }, ...more }) as Booking

test('an affected booking is shown as it is now, with what its patient has got since', () => {
  const bookedSince = { bookingId: '0192f2a0-0000-7000-8000-000000000004', startsAt: '2026-12-08T09:00:00Z' }
  const before = { items: [bookingOf(firstId), bookingOf(secondId)], isCut: false }
  const now = { items: [bookingOf(firstId, { bookedSince })], isCut: false }
  const [first, second] = affectedOf({ bookings: affected }, now, before)
  expect(first?.booking?.bookedSince).toEqual(bookedSince)
  expect(second?.booking).toEqual(bookingOf(secondId))
})

test('one whose patient is not known here has no booking', () => {
  const none = affectedOf({ bookings: affected }, { items: [], isCut: false })
  expect(none.map(({ booking, isUnread }) => [booking, isUnread])).toEqual([
    [undefined, false],
    [undefined, false],
  ])
})

test('one beyond the bookings that were read is marked', () => {
  const read = { items: [bookingOf(firstId)], isCut: true }
  expect(affectedOf({ bookings: affected }, read).map(({ isUnread }) => isUnread)).toEqual([false, true])
})
