import { expect, test } from 'vitest'
import { parseConfirmLink } from './confirm-link.ts'

const bookingId = '0199a3b2-7c00-8000-8004-1234567890ab'
const manageToken = `hfm_${'a'.repeat(43)}`
const confirmationToken = `hfc_${'b'.repeat(43)}`

test('a link names the booking and has both secrets', () => {
  expect(parseConfirmLink(`#${bookingId}.${manageToken}.${confirmationToken}`)).toEqual({
    bookingId,
    manageToken,
    confirmationToken,
  })
})

test.each([
  '',
  bookingId,
  `${bookingId}.${manageToken}`,
  `${bookingId}.${confirmationToken}`,
  `${bookingId}.${manageToken}.${confirmationToken.slice(1)}`,
  `x${bookingId}.${manageToken}.${confirmationToken}`,
])('an incomplete link is none: %j', (hash) => {
  expect(parseConfirmLink(hash)).toBeNull()
})
