import { expect, test } from 'vitest'
import { createManageTokens } from './manage-tokens.ts'

const bookingId = '0199a3b2-7c00-8000-8004-1234567890ab'
const otherId = '0199a3b2-7c00-8000-8004-1234567890ac'
const oldSecret = 'o'.repeat(32)
const newSecret = 'n'.repeat(32)

test('a token is valid for its booking only, and is the same each time', () => {
  const tokens = createManageTokens([oldSecret])
  const token = tokens.issue(bookingId)
  expect(token).toMatch(/^hfm_[A-Za-z0-9_-]{43}$/)
  expect(tokens.issue(bookingId)).toBe(token)
  expect(tokens.verify(bookingId, token)).toBe(true)
  expect(tokens.verify(otherId, token)).toBe(false)
})

test('a token of the old secret is valid while both secrets are configured, and no longer', () => {
  const token = createManageTokens([oldSecret]).issue(bookingId)
  const rotated = createManageTokens([newSecret, oldSecret])
  expect(rotated.verify(bookingId, token)).toBe(true)
  expect(rotated.issue(bookingId)).not.toBe(token)
  expect(rotated.verify(bookingId, rotated.issue(bookingId))).toBe(true)
  expect(createManageTokens([newSecret]).verify(bookingId, token)).toBe(false)
})

test.each([
  '',
  'hfm_',
  `hfm_${'A'.repeat(42)}`,
  `hfm_${'A'.repeat(44)}`,
  `hfm_${'!'.repeat(43)}`,
  `HFM_${'A'.repeat(43)}`,
])('text that is not a token is invalid: %j', (token) => {
  expect(createManageTokens([oldSecret]).verify(bookingId, token)).toBe(false)
})
