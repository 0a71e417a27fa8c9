import { operations } from '@holdfast/contract'
import { expect, test } from 'vitest'
import { authBodies } from './auth-bodies.ts'

const described = {
  signUp: 'signUp',
  signIn: 'signIn',
  revokeSession: 'revokeSession',
  changePassword: 'changePassword',
  resetPassword: 'resetPassword',
  requestPasswordReset: 'requestPasswordReset',
  sendVerificationEmail: 'sendVerificationEmail',
  changeEmail: 'changeEmail',
  verifyEmail: 'verifyEmail',
  undoEmailChange: 'undoEmailChange',
  updateUser: 'updateAccount',
} as const satisfies Record<keyof typeof authBodies, string>

test.each(Object.entries(described))('the contract describes the body of %s', (name, id) => {
  const body = operations.find((operation) => operation.id === id)?.body
  const served = authBodies[name as keyof typeof authBodies]
  expect(withoutWords(served)).toEqual(withoutWords(body))
})

/** What decides, without descriptions and without the pattern that another one implies. */
function withoutWords(schema: unknown): unknown {
  return JSON.parse(
    JSON.stringify(schema, (name, value: unknown) =>
      ['title', 'description', 'x-expected'].includes(name) || value === '^[^\\p{Cc}\\p{Cs}]*$' ? undefined : value,
    ),
  )
}
