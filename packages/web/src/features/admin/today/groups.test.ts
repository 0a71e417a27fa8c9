import type { Booking } from '@holdfast/contract/client'
import { expect, test } from 'vitest'
import { entriesOf, minutesLate, minutesOverdue, minutesWaiting } from './groups.ts'

const at = (time: string) => `2026-11-23T${time}:00Z`
const now = Date.parse(at('10:00'))

function aVisit(id: string, from: string, to: string, status: Booking['status'], more: Partial<Booking> = {}) {
  return { id, doctorId: 'ada', startsAt: at(from), endsAt: at(to), status, ...more } as Booking
}

const idsOf = (entries: ReturnType<typeof entriesOf>) =>
  entries.map((entry) => (entry.kind === 'row' ? entry.booking.id : entry.group))

const day = [
  aVisit('completed', '08:00', '08:20', 'COMPLETED'),
  aVisit('missed', '08:20', '08:40', 'NO_SHOW'),
  aVisit('cancelled', '08:40', '09:00', 'CANCELLED'),
  aVisit('overdue', '09:00', '09:20', 'CONFIRMED'),
  aVisit('here', '09:40', '10:00', 'ARRIVED'),
  aVisit('soon', '10:40', '11:00', 'CONFIRMED'),
  aVisit('held', '11:00', '11:20', 'PENDING'),
]

test('today has who waits, who is next, who comes later, and who is done, the last one first', () => {
  const groups = ['waiting', 'here', 'next', 'overdue', 'soon', 'later', 'held', 'done', 'missed', 'completed']
  expect(idsOf(entriesOf(day, true, now))).toEqual(groups)
})

test('another day has who was there, and who was expected', () => {
  const groups = ['waiting', 'here', 'expected', 'overdue', 'soon', 'held', 'done', 'missed', 'completed']
  expect(idsOf(entriesOf(day, false, now))).toEqual(groups)
})

test('a patient who is there waits since the arrival, and nobody else does', () => {
  const arrivedAt = at('09:37')
  expect(minutesWaiting(aVisit('a', '09:40', '10:00', 'ARRIVED', { arrivedAt }), now)).toBe(23)
  expect(minutesWaiting(aVisit('a', '09:40', '10:00', 'ARRIVED'), now)).toBeNull()
  expect(minutesWaiting(aVisit('a', '09:40', '10:00', 'COMPLETED', { arrivedAt }), now)).toBeNull()
})

test('a patient who has not come is late from some minutes after the start', () => {
  expect(minutesOverdue(aVisit('a', '09:16', '09:30', 'CONFIRMED'), now)).toBe(44)
  expect(minutesOverdue(aVisit('a', '09:55', '10:10', 'CONFIRMED'), now)).toBe(5)
  expect(minutesOverdue(aVisit('a', '09:56', '10:10', 'CONFIRMED'), now)).toBeNull()
  for (const status of ['ARRIVED', 'COMPLETED', 'NO_SHOW', 'PENDING'] as const)
    expect(minutesOverdue(aVisit('a', '09:16', '09:30', status), now), status).toBeNull()
})

test('a doctor is late by how long the first open visit should have been over', () => {
  const visits = [
    aVisit('not marked', '08:00', '08:20', 'ARRIVED'),
    aVisit('completed', '08:20', '08:40', 'COMPLETED'),
    aVisit('not there', '09:00', '09:20', 'CONFIRMED'),
    aVisit('running', '09:20', '09:40', 'ARRIVED'),
    aVisit('waits', '09:40', '09:50', 'ARRIVED'),
    aVisit('in time', '09:40', '09:56', 'ARRIVED', { doctorId: 'grace' }),
  ]
  expect([...minutesLate(visits, now)]).toEqual([['ada', 20]])
})
