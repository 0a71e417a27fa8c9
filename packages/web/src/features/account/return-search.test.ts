import { expect, test } from 'vitest'
import { parseReturnSearch } from './return-search.ts'

test('only paths of this site are followed after signing in', () => {
  expect(parseReturnSearch({ to: '/my-bookings?x=1' })).toEqual({ to: '/my-bookings?x=1' })
  for (const to of [
    '//evil.example',
    '/\\evil.example',
    'https://evil.example',
    'javascript:alert(1)',
    '',
    7,
    undefined,
  ]) {
    expect(parseReturnSearch({ to })).toEqual({})
  }
})
