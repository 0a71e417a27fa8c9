import { passwordLength } from '../../accounts/new-passwords.ts'

/** Request bodies of the accounts API, as JSON Schema. better-auth would accept more (redirects, pictures). */

// No control characters (such as NUL) and no unpaired surrogates: PostgreSQL cannot store them.
const name = {
  type: 'string',
  minLength: 1,
  maxLength: 200,
  pattern: '^[^\\p{Cc}\\p{Cs}]*[^\\s\\p{Cc}\\p{Cs}][^\\p{Cc}\\p{Cs}]*$',
}
const email = { type: 'string', format: 'email', minLength: 3, maxLength: 254, pattern: '^[^\\p{Cc}\\p{Cs}]*$' }
const newPassword = { type: 'string', minLength: passwordLength.min, maxLength: passwordLength.max }
const existingPassword = { type: 'string', minLength: 1, maxLength: passwordLength.max }
const flag = { type: 'boolean' }
const language = { type: 'string', enum: ['en', 'de', 'ar'] }
const linkToken = { type: 'string', pattern: '^[\\w-]{16,128}$' }

function body(properties: Record<string, object>, required: string[]) {
  return { type: 'object', additionalProperties: false, properties, ...(required.length === 0 ? {} : { required }) }
}

export const authBodies = {
  signUp: body({ name, email, password: newPassword, rememberMe: flag, language }, ['name', 'email', 'password']),
  signIn: body({ email, password: existingPassword, rememberMe: flag, language }, ['email', 'password']),
  revokeSession: body({ id: { type: 'string', format: 'uuid' }, password: existingPassword }, ['id']),
  changePassword: body({ currentPassword: existingPassword, newPassword, revokeOtherSessions: flag }, [
    'currentPassword',
    'newPassword',
  ]),
  resetPassword: body({ token: linkToken, newPassword }, ['token', 'newPassword']),
  requestPasswordReset: body({ email, language }, ['email']),
  sendVerificationEmail: body({ language }, []),
  changeEmail: body({ newEmail: email, password: existingPassword, language }, ['newEmail']),
  verifyEmail: body({ token: linkToken }, ['token']),
  undoEmailChange: body({ token: linkToken }, ['token']),
  updateUser: body({ name }, ['name']),
}
