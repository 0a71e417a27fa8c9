import { expect, test } from 'vitest'
import { shownUnit, unitsOf } from './duration-units.ts'

const named = (base: keyof typeof unitsOf, value: number | string, chosen: string | null = null) =>
  shownUnit(base, value, unitsOf[base].find(({ name }) => name === chosen) ?? null).name

test('a duration is shown in the largest unit in which it is a whole number', () => {
  expect(named('minutes', 2_880)).toBe('days')
  expect(named('minutes', 120)).toBe('hours')
  expect(named('minutes', 90)).toBe('minutes')
  expect(named('minutes', 0)).toBe('hours')
  expect(named('seconds', 120)).toBe('minutes')
  expect(named('seconds', 90)).toBe('seconds')
})

test('the chosen unit stays while the value is whole in it, or empty', () => {
  expect(named('minutes', 2_880, 'hours')).toBe('hours')
  expect(named('minutes', '', 'days')).toBe('days')
  // Undone to a value that is not.
  expect(named('minutes', 90, 'days')).toBe('minutes')
})
