import { expect, test } from 'vitest'
import { shownName } from './shown-name.ts'

test.each([
  'Ada Lovelace',
  'Dr. Änne Groß-Müller',
  'J. R. R. Tolkien',
  'J.R.R. Tolkien',
  'Ada Lovelace Jr.',
  "Sinéad O'Connor",
  'ليلى حسن',
  'Ada (bed 12)',
])('a name is shown: %s', (name) => {
  expect(shownName(name)).toBe(name)
})

test.each([
  'You won, see https://evil.example',
  'evil.example',
  'evil。example',
  'Paket auf shop1.com',
  'Login dhl24.de jetzt',
  'evil.x1.de',
  'evil.1x',
  'evil-.com',
  'evil\u0334.com',
  'evil.\u0301com',
  'evil.c-d',
  '1.1.1',
  'WWW.evil',
  'call 0800 123 456',
  'somebody@example.org',
  '<b>Ada</b>',
  '[Ada](evil)',
  'Your account was locked, and has to be opened again by telephone today',
  ' \u200B',
  'call ⓪⑧⓪⓪ ①②③',
  'call 𝟎𝟖𝟎𝟎 𝟏𝟐𝟑',
  'call ❶❷❸❹',
  'evil\u2024example',
  'ｅｖｉｌ．ｅｘａｍｐｌｅ',
  'https：／／evil',
  'somebody＠evil',
])('what is no name is left out: %s', (name) => {
  expect(shownName(name)).toBeNull()
})
