import { expect, test } from 'vitest'
import { createManageTokens, guestBinding } from './manage-tokens.ts'

const bookingId = '0199a3b2-7c00-8000-8004-1234567890ab'
const otherId = '0199a3b2-7c00-8000-8004-1234567890ac'
const oldSecret = 'o'.repeat(32)
const newSecret = 'n'.repeat(32)

test('a token is valid for its booking only, and is the same each time', () => {
  const tokens = createManageTokens([oldSecret])
  const token = tokens.issue(bookingId, guestBinding)
  expect(token).toMatch(/^hfm_[A-Za-z0-9_-]{43}$/)
  expect(tokens.issue(bookingId, guestBinding)).toBe(token)
  expect(tokens.verify(bookingId, guestBinding, token)).toBe(true)
  expect(tokens.verify(otherId, guestBinding, token)).toBe(false)
})

test('a token is valid for one account, or for a guest, and for one epoch', () => {
  const tokens = createManageTokens([oldSecret])
  const bindings = [
    guestBinding,
    { accountId: null, epoch: 1 },
    { accountId: otherId, epoch: 0 },
    { accountId: otherId, epoch: 1 },
    { accountId: bookingId, epoch: 0 },
  ]
  for (const issued of bindings) {
    const token = tokens.issue(bookingId, issued)
    const valid = bindings.filter((binding) => tokens.verify(bookingId, binding, token))
    expect(valid).toEqual([issued])
  }
})

test('a guest’s token from before there were epochs stays valid', () => {
  const token = 'hfm_mUHP2ytOOzQiWdRQGG580GrYPWMYcsNi8XbDxt3PCSQ'
  expect(createManageTokens([oldSecret]).issue(bookingId, guestBinding)).toBe(token)
})

test('a token of the old secret is valid while both secrets are configured, and no longer', () => {
  const token = createManageTokens([oldSecret]).issue(bookingId, guestBinding)
  const rotated = createManageTokens([newSecret, oldSecret])
  expect(rotated.verify(bookingId, guestBinding, token)).toBe(true)
  expect(rotated.issue(bookingId, guestBinding)).not.toBe(token)
  expect(rotated.verify(bookingId, guestBinding, rotated.issue(bookingId, guestBinding))).toBe(true)
  expect(createManageTokens([newSecret]).verify(bookingId, guestBinding, token)).toBe(false)
})

test.each([
  '',
  'hfm_',
  `hfm_${'A'.repeat(42)}`,
  `hfm_${'A'.repeat(44)}`,
  `hfm_${'!'.repeat(43)}`,
  `HFM_${'A'.repeat(43)}`,
])('text that is not a token is invalid: %j', (token) => {
  expect(createManageTokens([oldSecret]).verify(bookingId, guestBinding, token)).toBe(false)
})
