import { expect, test } from 'vitest'
import { isEmailAddress } from './email-address.ts'

test.for(['anna@gmx.de', 'a.b+c@mail.example.org', "o'hara@example.ie"])('%s is an e-mail address', (text) => {
  expect(isEmailAddress(text)).toBe(true)
})

test.for(['anna@gmx', 'anna@gmx..de', 'anna@gmx.de.', 'anna,m@gmx.de', 'müller@praxis.de', ' anna@gmx.de', 'a@b@c.de'])(
  '%s is none',
  (text) => {
    expect(isEmailAddress(text)).toBe(false)
  },
)

test('an address has at most 254 characters', () => {
  const addressOf = (lastLabel: number) =>
    `${'b'.repeat(64)}@${'a'.repeat(61)}.${'a'.repeat(61)}.${'a'.repeat(lastLabel)}.de`
  expect(addressOf(62)).toHaveLength(254)
  expect(isEmailAddress(addressOf(62))).toBe(true)
  expect(isEmailAddress(addressOf(63))).toBe(false)
})
