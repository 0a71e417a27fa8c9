import { expect, test } from 'vitest'
import { searchedDays } from './searched-days.ts'

test('a day that is not valid does not come back from the address, and the rest of that stays', () => {
  const merged = (address: Record<string, unknown>) => ({ ...address, ...searchedDays(address, 'day') })
  expect(merged({ day: 'foo', of: 'another page' })).toStrictEqual({ day: undefined, of: 'another page' })
  expect(merged({ day: '2026-11-24' })).toStrictEqual({ day: '2026-11-24' })
})
