import type { Booking } from '@holdfast/contract/client'
import { expect, test } from 'vitest'
import { appointmentsOfSame } from './appointments-of-same.ts'

const now = Date.parse('2026-12-01T12:00:00Z')
const person = { name: 'Ada', phone: '+49 30 1234' }
const booking = (patient: Booking['patient'], endsAt = '2026-12-02T09:00:00Z') => ({ patient, endsAt }) as Booking

test('those of the person are shown that have not ended', () => {
  const items = [booking(person, '2026-12-01T11:00:00Z'), booking({ ...person, phone: '1' }), booking(person)]
  expect(appointmentsOfSame({ items, nextCursor: null }, person, now)).toEqual({ shown: [items[2]], hasMore: false })
})

test('it is said that there are more: of the person, and of the name beyond the page', () => {
  const items = Array.from({ length: 4 }, () => booking(person))
  expect(appointmentsOfSame({ items, nextCursor: null }, person, now)).toMatchObject({ hasMore: true })
  expect(appointmentsOfSame({ items: [], nextCursor: 'more' }, person, now)).toEqual({ shown: [], hasMore: true })
})
