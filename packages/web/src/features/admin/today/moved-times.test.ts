import type { Booking } from '@holdfast/contract/client'
import { expect, test } from 'vitest'
import { bookingsIn, movesOf } from './moved-times.ts'

const zone = 'Europe/Berlin'
const booking = (id: string, startsAt: string, status = 'CONFIRMED') => ({ id, startsAt, status }) as Booking

test('the appointments of an afternoon are confirmed, and begin from its start on, before its end', () => {
  const all = [
    booking('late', '2027-03-27T14:00:00Z'),
    booking('noon', '2027-03-27T11:00:00Z'),
    booking('before', '2027-03-27T10:59:00Z'),
    booking('end', '2027-03-27T15:00:00Z'),
    booking('gone', '2027-03-27T12:00:00Z', 'CANCELLED'),
    booking('there', '2027-03-27T12:30:00Z', 'ARRIVED'),
  ]
  expect(bookingsIn(all, { from: '12:00', until: '16:00' }, zone).map(({ id }) => id)).toEqual(['noon', 'late'])
  expect(bookingsIn(all, { from: '16:00', until: '24:00' }, zone).map(({ id }) => id)).toEqual(['end'])
})

test('they move by minutes, and to the same time on the clock of another day', () => {
  const [one] = [booking('a', '2027-03-27T11:00:00Z')]
  expect(movesOf([one], { days: 0, minutes: 30 }, zone)).toEqual([{ bookingId: 'a', startsAt: '2027-03-27T11:30:00Z' }])
  // The clocks go forward between the two days.
  expect(movesOf([one], { days: 1, minutes: -15 }, zone)).toEqual([
    { bookingId: 'a', startsAt: '2027-03-28T09:45:00Z' },
  ])
})
