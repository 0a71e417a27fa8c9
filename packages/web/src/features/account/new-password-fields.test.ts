import { expect, test } from 'vitest'
import { newPasswordErrors } from './new-password-fields.ts'

test.each([
  ['a short password', 'ten letters', '123456789', '123456789', ['password.tooShort', null]],
  ['another repetition', '', 'ten letters', 'ten letterz', [null, 'password.different']],
  ['the current one', 'ten letters', 'ten letters', 'ten letters', ['password.unchanged', null]],
  ['a good one', 'other letters', 'ten letters', 'ten letters', [null, null]],
  ['a good one after a link', '', 'ten letters', 'ten letters', [null, null]],
])('%s', (_what, currentPassword, newPassword, repeated, expected) => {
  expect(Object.values(newPasswordErrors({ currentPassword, newPassword, repeated }))).toEqual(expected)
})
