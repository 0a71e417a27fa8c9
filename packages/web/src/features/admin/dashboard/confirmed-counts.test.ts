import { expect, test } from 'vitest'
import { confirmedCounts, neverConfirmed } from './confirmed-counts.ts'

test('holds that lapsed or were released are not counted as failed or cancelled bookings', () => {
  const bookings = { PENDING: 1, CONFIRMED: 2, FAILED: 3, CANCELLED: 4, ARRIVED: 5, NO_SHOW: 6, COMPLETED: 7 }
  const day = {
    date: '2026-11-23',
    capacity: 40,
    taken: 20,
    openMinutes: 600,
    takenMinutes: 300,
    bookings,
    lapsed: 2,
    released: 3,
  }
  expect(confirmedCounts(day)).toEqual({ ...bookings, FAILED: 1, CANCELLED: 1 })
  expect(neverConfirmed(day)).toBe(5)
})
