import { expect, test } from 'vitest'
import { newPasswordErrors } from './new-password-fields.ts'

test.each([
  ['a short password', '123456789', '123456789', ['password.tooShort', null]],
  ['another repetition', 'ten letters', 'ten letterz', [null, 'password.different']],
  ['a good one', 'ten letters', 'ten letters', [null, null]],
])('%s', (_what, newPassword, repeated, expected) => {
  expect(Object.values(newPasswordErrors({ newPassword, repeated }))).toEqual(expected)
})
