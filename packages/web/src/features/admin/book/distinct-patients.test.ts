import { expect, test } from 'vitest'
import { distinctPatients } from './distinct-patients.ts'

const rosa = { name: 'Rosa', phone: '+49 30 4711' }

test('each patient once, those of later bookings first, without erased ones', () => {
  const names = ['Ada', 'Bea', 'Cleo']
  const bookings = [rosa, { name: 'Ada' }, rosa, { name: '' }, { name: 'Rosa', email: 'rosa@example.org' }]
  expect(
    distinctPatients(
      bookings.map((patient) => ({ patient })),
      5,
    ),
  ).toEqual([
    { name: 'Rosa', email: 'rosa@example.org', phone: '' },
    { name: 'Rosa', email: '', phone: '+49 30 4711' },
    { name: 'Ada', email: '', phone: '' },
  ])
  expect(
    distinctPatients(
      names.map((name) => ({ patient: { name } })),
      2,
    ).map(({ name }) => name),
  ).toEqual(['Cleo', 'Bea'])
})
