import type { Booking } from '@holdfast/contract/client'
import { expect, test } from 'vitest'
import { overlapsOf } from './overlaps.ts'

const ada = { name: 'Ada Lovelace', email: 'ada@example.org' }

function booked(id: string, from: string, to: string, more: Partial<Booking> = {}): Booking {
  const times = { startsAt: `2026-12-01T${from}:00Z`, endsAt: `2026-12-01T${to}:00Z` }
  return { id, status: 'CONFIRMED', patient: ada, ...times, ...more } as Booking
}

const pairsOf = (bookings: Booking[]) => [...overlapsOf(bookings)].map(([id, other]) => [id, other.id])

test('two appointments of one person at the same time name each other', () => {
  const second = booked('second', '09:15', '09:45', { status: 'ARRIVED', patient: { ...ada, name: ' ada  lovelace' } })
  expect(pairsOf([booked('first', '09:00', '09:30'), second])).toEqual([
    ['first', 'second'],
    ['second', 'first'],
  ])
})

test.for([
  ['one that follows', booked('second', '09:30', '10:00')],
  ['one of another person', booked('second', '09:00', '09:30', { patient: { ...ada, email: 'other@example.org' } })],
  ['one that was cancelled', booked('second', '09:00', '09:30', { status: 'CANCELLED' })],
  ['a hold', booked('second', '09:00', '09:30', { status: 'PENDING' })],
] as const)('%s is no second appointment at the same time', ([, second]) => {
  expect(pairsOf([booked('first', '09:00', '09:30'), second])).toEqual([])
})

test('holds without a patient are not of one person', () => {
  const nobody = { patient: { name: '' } }
  expect(pairsOf([booked('first', '09:00', '09:30', nobody), booked('second', '09:00', '09:30', nobody)])).toEqual([])
})
