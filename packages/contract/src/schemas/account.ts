import Type, { type Static } from 'typebox'
import { email, id, line, nullable, nullableId, nullableText, pageOf } from './fields.ts'
import { literals } from './literals.ts'

const roles = ['doctor', 'staff', 'admin'] as const
const roleSchema = literals(roles, { title: 'Role' })

export const meSchema = Type.Object(
  {
    id: Type.String({ format: 'uuid' }),
    email: Type.String(),
    name: Type.String(),
    siteAdministrator: Type.Boolean(),
    memberships: Type.Array(
      Type.Object(
        { clinicId: Type.String({ format: 'uuid' }), role: roleSchema, doctorId: nullableId() },
        { title: 'Membership', additionalProperties: false },
      ),
    ),
  },
  { title: 'Me', additionalProperties: false },
)

export const memberSchema = Type.Object(
  {
    accountId: Type.String({ format: 'uuid' }),
    email: nullableText({ description: 'null: the account was deleted' }),
    name: nullableText(),
    role: roleSchema,
    doctorId: nullableId({ description: 'role doctor: whose calendar is theirs' }),
  },
  { title: 'Member', additionalProperties: false },
)

export type MemberBody = Static<typeof memberSchema>

export const memberPageSchema = pageOf(memberSchema, 'MemberPage')

export const newMemberSchema = Type.Object(
  {
    email: email({ description: 'Of an account that exists' }),
    role: roleSchema,
    doctorId: Type.Optional(id({ description: 'With role doctor, and only then' })),
  },
  { title: 'NewMember', additionalProperties: false },
)

/** better-auth's user, as far as it is promised here. */
const userSchema = Type.Object(
  { id: Type.String(), email: Type.String(), name: Type.String() },
  { title: 'User', additionalProperties: true },
)

const newPassword = Type.String({ minLength: 10, maxLength: 128 })
const givenPassword = Type.String({ minLength: 1, maxLength: 128 })
const rememberMe = Type.Optional(Type.Boolean({ description: 'false: the cookie ends with the browser' }))

export const signUpSchema = Type.Object(
  { name: line(200), email: email(), password: newPassword, rememberMe },
  { title: 'SignUp', additionalProperties: false },
)

export const signInSchema = Type.Object(
  { email: email(), password: givenPassword, rememberMe },
  { title: 'SignIn', additionalProperties: false },
)

export const passwordChangeSchema = Type.Object(
  { currentPassword: givenPassword, newPassword, revokeOtherSessions: Type.Optional(Type.Boolean()) },
  { title: 'PasswordChange', additionalProperties: false },
)

export const accountChangeSchema = Type.Object(
  { name: line(200) },
  { title: 'AccountChange', additionalProperties: false },
)

export const sessionRevocationSchema = Type.Object(
  { token: Type.String({ pattern: '^[A-Za-z0-9]{16,128}$', description: 'Of the session, from the list' }) },
  { title: 'SessionRevocation', additionalProperties: false },
)

const sessionSchema = Type.Object(
  {
    token: Type.String(),
    createdAt: Type.String({ format: 'date-time' }),
    expiresAt: Type.String({ format: 'date-time' }),
    userAgent: Type.Optional(nullableText()),
  },
  { title: 'Session', additionalProperties: true },
)

export const sessionListSchema = Type.Array(sessionSchema)

export const currentSessionSchema = Type.Union([
  Type.Object({ session: sessionSchema, user: userSchema }, { title: 'CurrentSession', additionalProperties: true }),
  Type.Null(),
])

export const statusSchema = Type.Object({ status: Type.Boolean() }, { title: 'Status', additionalProperties: true })

export const signedInSchema = Type.Object(
  { token: nullable<string>({ type: 'string' }, { description: 'The session’s, for Bearer' }), user: userSchema },
  { title: 'SignedIn', additionalProperties: true },
)

export const signedOutSchema = Type.Object(
  { success: Type.Boolean() },
  { title: 'SignedOut', additionalProperties: true },
)

export const jwtSchema = Type.Object({ token: Type.String() }, { title: 'Jwt', additionalProperties: true })

export const jwksSchema = Type.Object(
  { keys: Type.Array(Type.Object({ kid: Type.String() }, { additionalProperties: true })) },
  { title: 'Jwks', additionalProperties: true },
)
