import { lengths, messageLanguages, passwordLength, roles } from '@holdfast/vocabulary'
import Type, { type Static } from 'typebox'
import { email, id, name, nullable, nullableId, nullableText, pageOf } from './fields.ts'
import { literals } from './literals.ts'
import { component } from './object.ts'

export const roleSchema = literals(roles, { title: 'Role' })

export const membershipSchema = component('Membership', {
  clinicId: Type.String({ format: 'uuid' }),
  role: roleSchema,
  doctorId: nullableId(),
})

const ownMembershipSchema = component('OwnMembership', {
  ...membershipSchema.properties,
  lacksSecondFactor: Type.Boolean({
    description: 'true: the clinic requires a second factor, and this session was started without one',
  }),
})

export const meSchema = component('Me', {
  id: Type.String({ format: 'uuid' }),
  email: Type.String(),
  name: Type.String(),
  siteAdministrator: Type.Boolean(),
  lacksSecondFactor: Type.Boolean({
    description: 'true: site administrators need a second factor, and this session was started without one',
  }),
  memberships: Type.Array(ownMembershipSchema),
  incomplete: Type.Optional(
    Type.Literal(true, {
      description: 'Memberships may be missing: those of clinics whose part of the database cannot be reached now',
    }),
  ),
})

export const whoAmISchema = component('WhoAmI', {
  account: Type.Union([meSchema, Type.Null()], { description: 'null: nobody is signed in' }),
})

export const memberSchema = component('Member', {
  accountId: Type.String({ format: 'uuid' }),
  email: nullableText({ description: 'null: the account was deleted' }),
  name: nullableText(),
  role: roleSchema,
  doctorId: nullableId({ description: 'Role doctor: the doctor who this member is' }),
})

export type MemberBody = Static<typeof memberSchema>

export const memberPageSchema = pageOf(memberSchema, 'MemberPage')

/** A role that is given to somebody. */
export const roleFields = {
  role: roleSchema,
  doctorId: Type.Optional(id({ description: 'Required with role doctor, and allowed only then' })),
}

/** The fields of better-auth's user that are part of the contract. */
const userSchema = Type.Object(
  {
    id: Type.String(),
    email: Type.String(),
    name: Type.String(),
    mustChangePassword: Type.Optional(
      Type.Boolean({ description: 'true: the session may only change the password, because somebody else knows it' }),
    ),
  },
  { title: 'User', additionalProperties: true },
)

const newPassword = Type.String({ minLength: passwordLength.min, maxLength: passwordLength.max })
const enteredPassword = Type.String({ minLength: 1, maxLength: passwordLength.max })
const rememberMe = Type.Optional(Type.Boolean({ description: 'false: the cookie ends when the browser is closed' }))

const language = Type.Optional(literals(messageLanguages, { description: 'Of e-mails to the account. Default: en' }))
const linkToken = Type.String({
  pattern: '^[\\w-]{16,128}$',
  'x-expected': 'the token of the link',
  description: 'From the link',
})

export const signUpSchema = component('SignUp', {
  name: name(lengths.name),
  email: email(),
  password: newPassword,
  rememberMe,
  language,
})

export const signInSchema = component('SignIn', { email: email(), password: enteredPassword, rememberMe, language })

export const passwordChangeSchema = component('PasswordChange', {
  currentPassword: enteredPassword,
  newPassword,
  revokeOtherSessions: Type.Optional(Type.Boolean()),
})

export const passwordResetSchema = component('PasswordReset', { token: linkToken, newPassword })

export const passwordResetRequestSchema = component('PasswordResetRequest', { email: email(), language })

export const emailStatusSchema = component('EmailStatus', {
  email: Type.String(),
  isConfirmed: Type.Boolean({ description: 'true: a link that was sent to the address was used' }),
  canSend: Type.Boolean({ description: 'false: this server sends no e-mails' }),
})

export const verificationEmailSchema = component('VerificationEmail', { language })

export const emailChangeSchema = component('EmailChange', {
  newEmail: email(),
  password: Type.Optional(
    Type.String({
      minLength: 1,
      maxLength: passwordLength.max,
      description: 'The current password. Not needed within ten minutes after showing a second factor.',
    }),
  ),
  language,
})

export const emailLinkSchema = component('EmailLink', { token: linkToken })

export const emailConfirmedSchema = Type.Object(
  {
    status: Type.Boolean(),
    email: Type.String({ description: 'The address of the account' }),
    isChanged: Type.Boolean({ description: 'true: the account had another address before' }),
  },
  { title: 'EmailConfirmed', additionalProperties: true },
)

export const accountChangeSchema = component('AccountChange', { name: name(lengths.name) })

/** For what a stranger at a browser that is signed in must not do. */
export const passwordAgain = Type.Optional(
  Type.String({
    minLength: 1,
    maxLength: passwordLength.max,
    description: 'The current password. Not needed within ten minutes after signing in or showing a second factor.',
  }),
)

export const memberChangeSchema = component('MemberChange', { ...roleFields, password: passwordAgain })

export const sessionRevocationSchema = component('SessionRevocation', {
  id: Type.String({ format: 'uuid', description: 'The session’s `id`, from the list' }),
  password: passwordAgain,
})

export const sessionsRevocationSchema = component('SessionsRevocation', { password: passwordAgain })

const sessionSchema = component('Session', {
  id: id(),
  createdAt: Type.String({ format: 'date-time' }),
  usedAt: Type.String({ format: 'date-time', description: 'When it was last used, to within a minute or so' }),
  expiresAt: Type.String({ format: 'date-time' }),
  userAgent: nullableText({ description: 'The browser or program that signed in, as it named itself' }),
  isCurrent: Type.Boolean({ description: 'true: the session of this request' }),
})

export const sessionListSchema = Type.Array(sessionSchema)

export const currentSessionSchema = Type.Union([
  Type.Object({ session: sessionSchema, user: userSchema }, { title: 'CurrentSession', additionalProperties: true }),
  Type.Null(),
])

export const statusSchema = Type.Object({ status: Type.Boolean() }, { title: 'Status', additionalProperties: true })

export const passwordResetDoneSchema = Type.Object(
  {
    status: Type.Boolean(),
    passkeys: Type.Array(Type.String(), {
      description:
        'The names of the passkeys that still sign in. The account page removes what its owner does not know.',
    }),
  },
  { title: 'PasswordResetDone', additionalProperties: true },
)

export const signedInSchema = Type.Object(
  {
    token: nullable<string>({ type: 'string' }, { description: 'The session token, to send as the bearer token' }),
    user: userSchema,
  },
  { title: 'SignedIn', additionalProperties: true },
)

export const secondStepSchema = Type.Object(
  {
    token: Type.Null(),
    secondStep: Type.Object(
      {
        challenge: Type.String({ description: 'To send with the code' }),
        expiresAt: Type.String({ format: 'date-time' }),
      },
      { description: 'The password is right. Complete the sign-in with POST /api/auth/sign-in/code.' },
    ),
  },
  { title: 'SecondStep', additionalProperties: true },
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
