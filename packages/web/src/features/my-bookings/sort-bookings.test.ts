import type { Booking } from '@holdfast/contract/client'
import { expect, test } from 'vitest'
import { sortBookings } from './sort-bookings.ts'

const now = Date.parse('2026-11-20T12:00:00Z')

function aBooking(
  id: string,
  status: Booking['status'],
  startsAt: string,
  failureReason: Booking['failureReason'] = null,
): Booking {
  const endsAt = new Date(Date.parse(startsAt) + 900_000).toISOString()
  return {
    id,
    status,
    startsAt,
    endsAt,
    failureReason,
    clinicId: 'clinic',
    doctorId: 'doctor',
    slotId: 'slot',
    units: 1,
    appointmentType: 'in_person',
    holdExpiresAt: null,
    createdAt: startsAt,
    updatedAt: startsAt,
    extended: false,
    patient: { name: 'Grace' },
    reason: null,
    cancellationReason: null,
    cancelledBy: null,
    offer: null,
    joinUrl: null,
    erasedAt: null,
    attendanceConfirmedAt: null,
    version: 1,
  }
}

test('upcoming bookings are listed soonest first, past ones latest first, expired holds nowhere', () => {
  const sorted = sortBookings(
    [
      aBooking('later', 'CONFIRMED', '2026-11-22T09:00:00Z'),
      aBooking('next', 'CONFIRMED', '2026-11-21T09:00:00Z'),
      aBooking('now', 'ARRIVED', '2026-11-20T11:50:00Z'),
      aBooking('before', 'CONFIRMED', '2026-11-19T09:00:00Z'),
      aBooking('missed', 'NO_SHOW', '2026-11-20T09:00:00Z'),
      aBooking('cancelled', 'CANCELLED', '2026-11-25T09:00:00Z'),
      aBooking('withdrawn', 'FAILED', '2026-11-26T09:00:00Z', 'slot_withdrawn'),
      aBooking('lapsed', 'FAILED', '2026-11-27T09:00:00Z', 'hold_expired'),
    ],
    now,
  )
  const ids = Object.fromEntries(Object.entries(sorted).map(([kind, bookings]) => [kind, bookings.map(({ id }) => id)]))
  expect(ids).toEqual({
    upcoming: ['now', 'next', 'later'],
    past: ['missed', 'before'],
    cancelled: ['withdrawn', 'cancelled'],
  })
})
