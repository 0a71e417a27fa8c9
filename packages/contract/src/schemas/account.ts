import Type, { type Static } from 'typebox'
import { email, id, nullable, nullableId, nullableText, pageOf } from './fields.ts'
import { literals } from './literals.ts'

export const roles = ['doctor', 'staff', 'admin'] as const
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

const password = Type.String({ minLength: 1, maxLength: 128 })

export const signUpSchema = Type.Object(
  { name: Type.String({ minLength: 1, maxLength: 200 }), email: email(), password },
  { title: 'SignUp', additionalProperties: true },
)

export const signInSchema = Type.Object({ email: email(), password }, { title: 'SignIn', additionalProperties: true })

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
