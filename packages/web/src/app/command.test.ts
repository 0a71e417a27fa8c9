import { expect, test } from 'vitest'
import { matches } from './command.ts'

const command = { label: 'Ärzte und Ärztinnen', about: 'Praxis am Hafen', href: '/' }

test.each([
  ['', true],
  ['arzt', true],
  ['ärzte', true],
  ['ARZTE hafen', true],
  [' hafen  ', true],
  ['hafen bookings', false],
])('%j: %s', (query, expected) => {
  expect(matches(command, query)).toBe(expected)
})
