import type { Booking } from '@holdfast/contract/client'
import { expect, test } from 'vitest'
import { canAttend, canBeChanged, canBeErased, isAttendanceAsked, isOpen, offeredActions } from './offered-actions.ts'
import { reopenedStatus } from './reopened-status.ts'
import { statusesInOrder } from './status-colors.ts'

function aBooking(fields: Partial<Booking>): Booking {
  return {
    id: 'b',
    clinicId: 'c',
    doctorId: 'd',
    slotId: 's',
    status: 'CONFIRMED',
    failureReason: null,
    units: 1,
    appointmentType: 'in_person',
    startsAt: '2026-11-23T22:30:00Z',
    endsAt: '2026-11-23T22:45:00Z',
    holdExpiresAt: null,
    createdAt: '2026-11-20T09:00:00Z',
    updatedAt: '2026-11-20T09:00:00Z',
    extended: false,
    patient: { name: 'Ada' },
    reason: null,
    cancellationReason: null,
    cancelledBy: null,
    offer: null,
    joinUrl: null,
    erasedAt: null,
    attendanceConfirmedAt: null,
    version: 2,
    ...fields,
  }
}

const offeredAt = (time: string, fields: Partial<Booking> = {}) =>
  offeredActions(aBooking(fields), 'Pacific/Auckland', Date.parse(time))

test('an arrival is offered from the clinic’s local day on', () => {
  // 22:30 UTC is 11:30 of the 24th in Auckland; that day begins there at 11:00 UTC.
  expect(offeredAt('2026-11-23T10:59:00Z')).toEqual(['attend'])
  expect(offeredAt('2026-11-23T11:01:00Z')).toEqual(['arrive', 'attend'])
})

test.each([null, '2026-11-21T09:00:00Z'])(
  'where a button before the start said or undid that the patient comes, none says no-show for five minutes (%s)',
  (attendanceConfirmedAt) => {
    const before = attendanceConfirmedAt === null ? 'attend' : 'withdrawAttendance'
    expect(offeredAt('2026-11-23T22:29:59Z', { attendanceConfirmedAt })).toEqual(['arrive', before])
    expect(offeredAt('2026-11-23T22:30:01Z', { attendanceConfirmedAt })).toEqual(['arrive'])
    expect(offeredAt('2026-11-23T22:34:59Z', { attendanceConfirmedAt })).toEqual(['arrive'])
    expect(offeredAt('2026-11-23T22:35:00Z', { attendanceConfirmedAt })).toEqual(['arrive', 'noShow'])
  },
)

test('a no-show is offered when a short visit ends', () => {
  const endsAt = '2026-11-23T22:32:00Z'
  expect(offeredAt('2026-11-23T22:31:00Z', { endsAt })).toEqual(['arrive'])
  expect(offeredAt(endsAt, { endsAt })).toEqual(['arrive', 'noShow'])
})

test('that the patient comes is offered once, before the visit; then that it is undone', () => {
  const attendanceConfirmedAt = '2026-11-21T09:00:00Z'
  expect(offeredAt('2026-11-23T22:29:00Z', { attendanceConfirmedAt })).toEqual(['arrive', 'withdrawAttendance'])
  for (const status of statusesInOrder) {
    const booking = aBooking({ status })
    expect(canAttend(booking, Date.parse('2026-11-23T22:29:00Z')), status).toBe(status === 'CONFIRMED')
    expect(canAttend(booking, Date.parse(booking.startsAt)), status).toBe(false)
  }
})

test('an arrival can be completed, the last status undone, and a cancelled booking has no actions', () => {
  const late = '2026-11-24T00:00:00Z'
  expect(offeredAt(late, { status: 'PENDING' })).toEqual(['confirm'])
  expect(offeredAt(late, { status: 'ARRIVED' })).toEqual(['complete', 'reopen'])
  for (const status of ['COMPLETED', 'NO_SHOW'] as const) expect(offeredAt(late, { status })).toEqual(['reopen'])
  for (const status of ['CANCELLED', 'FAILED'] as const) expect(offeredAt(late, { status })).toEqual([])
})

test('reopening is offered exactly for the statuses that can be reopened', () => {
  for (const status of statusesInOrder) {
    expect(offeredAt('2026-11-24T00:00:00Z', { status }).includes('reopen'), status).toBe(
      reopenedStatus(status) !== null,
    )
  }
})

test('a patient can be erased when the booking is over, once; then nothing else is offered', () => {
  const during = Date.parse('2026-11-23T22:31:00Z')
  const after = Date.parse('2026-11-23T22:45:00Z')
  const erasable = (now: number) => statusesInOrder.filter((status) => canBeErased(aBooking({ status }), now)).sort()
  expect(erasable(during)).toEqual(['CANCELLED', 'COMPLETED', 'FAILED', 'NO_SHOW'])
  expect(erasable(after)).toEqual([...statusesInOrder].sort())
  const erasedAt = '2026-11-24T00:00:00Z'
  for (const status of statusesInOrder) {
    expect(canBeErased(aBooking({ status, erasedAt }), after)).toBe(false)
    expect(isOpen(aBooking({ status, erasedAt }))).toBe(false)
    expect(offeredAt(erasedAt, { status, erasedAt })).toEqual([])
  }
})

test('an offer of the waitlist is moved only after it was accepted', () => {
  expect(canBeChanged(aBooking({ status: 'PENDING', offer: 'open' }))).toBe(false)
  expect(isOpen(aBooking({ status: 'PENDING', offer: 'open' }))).toBe(true)
  const movable = statusesInOrder.filter((status) => canBeChanged(aBooking({ status }))).sort()
  expect(movable).toEqual(['CONFIRMED', 'PENDING'])
})

test('patients are asked whether they come from the first reminder until the visit, unless they said so', () => {
  const isAsked = (time: string, fields: Partial<Booking> = {}) =>
    isAttendanceAsked(aBooking(fields), { attendanceMinutes: 120 }, Date.parse(time))
  expect(isAsked('2026-11-23T20:29:59Z')).toBe(false)
  expect(isAsked('2026-11-23T20:30:00Z')).toBe(true)
  expect(isAsked('2026-11-23T22:29:59Z')).toBe(true)
  expect(isAsked('2026-11-23T22:30:00Z')).toBe(false)
  expect(isAsked('2026-11-23T21:00:00Z', { attendanceConfirmedAt: '2026-11-23T20:45:00Z' })).toBe(false)
})
