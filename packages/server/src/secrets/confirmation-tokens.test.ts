import { expect, test } from 'vitest'
import { createConfirmationTokens } from './confirmation-tokens.ts'
import { createManageTokens, guestBinding } from './manage-tokens.ts'

const bookingId = '0199a3b2-7c00-8000-8004-1234567890ab'
const otherId = '0199a3b2-7c00-8000-8004-1234567890ac'
const oldSecret = 'o'.repeat(32)
const newSecret = 'n'.repeat(32)

test('a token is valid for one booking and one address, in upper and lower case', () => {
  const tokens = createConfirmationTokens([oldSecret])
  const token = tokens.issue(bookingId, 'Ada@example.org')
  expect(token).toMatch(/^hfc_[A-Za-z0-9_-]{43}$/)
  expect(tokens.verify(bookingId, 'ada@EXAMPLE.org', token)).toBe(true)
  expect(tokens.verify(otherId, 'ada@example.org', token)).toBe(false)
  expect(tokens.verify(bookingId, 'eve@example.org', token)).toBe(false)
})

test('the manage token of a booking does not reveal it', () => {
  const manage = createManageTokens([oldSecret]).issue(bookingId, guestBinding)
  const tokens = createConfirmationTokens([oldSecret])
  expect(tokens.verify(bookingId, 'ada@example.org', manage.replace('hfm_', 'hfc_'))).toBe(false)
})

test('a token of the old secret is valid while both secrets are configured, and no longer', () => {
  const token = createConfirmationTokens([oldSecret]).issue(bookingId, 'ada@example.org')
  expect(createConfirmationTokens([newSecret, oldSecret]).verify(bookingId, 'ada@example.org', token)).toBe(true)
  expect(createConfirmationTokens([newSecret]).verify(bookingId, 'ada@example.org', token)).toBe(false)
})

test.each(['', 'hfc_', `hfc_${'A'.repeat(42)}`, `hfc_${'!'.repeat(43)}`])('no token: %j', (token) => {
  expect(createConfirmationTokens([oldSecret]).verify(bookingId, 'ada@example.org', token)).toBe(false)
})
