import i18next from 'i18next'
import { beforeAll, expect, test } from 'vitest'
import { ownTimeOf } from './own-time.ts'

beforeAll(() => i18next.init({ lng: 'en' }))

test('a time by the reader’s clock names the date where it is another one', () => {
  const evening = '2030-11-20T23:30:00Z'
  expect(ownTimeOf(evening, 'UTC', 'Europe/Lisbon')).toBeNull()
  expect(ownTimeOf(evening, 'UTC', 'America/New_York')).toMatch(/^\D*6:30\D*$/)
  expect(ownTimeOf(evening, 'UTC', 'Asia/Tokyo')).toMatch(/21.*8:30/)
  // A whole day apart, with the same clock.
  expect(ownTimeOf(evening, 'Pacific/Honolulu', 'Pacific/Kiritimati')).toMatch(/21.*1:30/)
})
