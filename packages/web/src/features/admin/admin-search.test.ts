import { expect, test } from 'vitest'
import { parseBookingsSearch, parseTodaySearch } from './admin-search.ts'

test('valid search parameters are used, all others are dropped', () => {
  expect(
    parseBookingsSearch({ from: '2026-01-01', to: 'soon', status: 'CONFIRMED', q: 'Ada', doctorId: 'd', evil: '1' }),
  ).toEqual({ from: '2026-01-01', status: 'CONFIRMED', doctorId: 'd' })
  expect(parseBookingsSearch({ unconfirmed: true })).toEqual({ unconfirmed: true })
  expect(parseBookingsSearch({ unconfirmed: 'x' })).toEqual({})
  expect(parseBookingsSearch({ status: 'GONE', doctorId: '' })).toEqual({})
  expect(parseTodaySearch({ day: '2026-02-30', doctors: 'Ada', layout: 'week' })).toEqual({})
  expect(parseTodaySearch({ doctorId: 'a1-b' })).toEqual({ doctors: 'a1-b' })
  const shown = { day: '2026-02-28', doctors: 'a1-b,c2', layout: 'columns' }
  expect(parseTodaySearch(shown)).toEqual(shown)
})
