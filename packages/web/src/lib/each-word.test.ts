import { expect, test } from 'vitest'
import { hasEachWord } from './each-word.ts'

test.each([
  ['', true],
  ['arzt', true],
  ['ärzte', true],
  ['hafen, aerzte', true],
  ['ARZTE hafen', true],
  [' hafen  ', true],
  ['hafen bookings', false],
])('%j: %s', (query, expected) => {
  expect(hasEachWord('Ärzte und Ärztinnen Praxis am Hafen', query)).toBe(expected)
})

test.each([
  ['Mueller', 'Müller'],
  ['Lukasz', 'Łukasz'],
  ['Strasse', 'Straße'],
])('%s finds %s', (query, text) => {
  expect(hasEachWord(text, query)).toBe(true)
  expect(hasEachWord(query, text)).toBe(true)
})
