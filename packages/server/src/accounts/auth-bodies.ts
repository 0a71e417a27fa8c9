import { passwordLength } from './auth.ts'

/** What the accounts' calls take, as JSON Schema: better-auth would accept more (redirects, pictures) than is promised. */

// No control characters (NUL is one) and no half surrogate pairs: PostgreSQL cannot store them.
const name = {
  type: 'string',
  minLength: 1,
  maxLength: 200,
  pattern: '^[^\\p{Cc}\\p{Cs}]*[^\\s\\p{Cc}\\p{Cs}][^\\p{Cc}\\p{Cs}]*$',
}
const email = { type: 'string', format: 'email', minLength: 3, maxLength: 254, pattern: '^[^\\p{Cc}\\p{Cs}]*$' }
const newPassword = { type: 'string', minLength: passwordLength.min, maxLength: passwordLength.max }
const givenPassword = { type: 'string', minLength: 1, maxLength: passwordLength.max }
const flag = { type: 'boolean' }

function body(properties: Record<string, object>, required: string[]) {
  return { type: 'object', additionalProperties: false, properties, required }
}

export const authBodies = {
  signUp: body({ name, email, password: newPassword, rememberMe: flag }, ['name', 'email', 'password']),
  signIn: body({ email, password: givenPassword, rememberMe: flag }, ['email', 'password']),
  revokeSession: body({ token: { type: 'string', pattern: '^[A-Za-z0-9]{16,128}$' } }, ['token']),
  changePassword: body({ currentPassword: givenPassword, newPassword, revokeOtherSessions: flag }, [
    'currentPassword',
    'newPassword',
  ]),
  updateUser: body({ name }, ['name']),
}
