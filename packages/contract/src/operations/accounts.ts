import Type from 'typebox'
import {
  accountChangeSchema,
  currentSessionSchema,
  emailChangeSchema,
  emailConfirmedSchema,
  emailLinkSchema,
  emailStatusSchema,
  jwksSchema,
  jwtSchema,
  passwordChangeSchema,
  passwordResetDoneSchema,
  passwordResetRequestSchema,
  passwordResetSchema,
  secondStepSchema,
  sessionListSchema,
  sessionRevocationSchema,
  sessionsRevocationSchema,
  signedInSchema,
  signedOutSchema,
  signInSchema,
  signUpSchema,
  statusSchema,
  verificationEmailSchema,
} from '../schemas/account.ts'
import { operation, operationTable } from './operation.ts'

const nothing = Type.Object({}, { additionalProperties: true })

/** The calls of better-auth that are part of the contract. The accounts plugin serves them, not the REST routes. */
export const accountOperations = operationTable('Accounts', {
  signUp: operation('POST /api/auth/sign-up/email', {
    summary: 'Sign up',
    description:
      'Sign in afterwards. The response is the same if the e-mail address already has an account, which is ' +
      'unchanged: signing in with another password than its own then fails.',
    access: 'anyone',
    body: signUpSchema,
    responses: { 200: { description: 'The address has an account now', schema: statusSchema } },
    problems: ['password_guessable'],
  }),
  signIn: operation('POST /api/auth/sign-in/email', {
    summary: 'Sign in',
    description:
      'Sets the session cookie for browsers; programs send `token` as the bearer token. A session lasts 30 days, and ' +
      'ends earlier if it is not used (HOLDFAST_SESSION_IDLE_HOURS). The session that the request is sent with ends.',
    access: 'anyone',
    body: signInSchema,
    responses: {
      200: {
        description: 'Signed in; or a code is needed to complete it',
        schema: Type.Union([signedInSchema, secondStepSchema]),
        headers: { 'set-auth-token': 'The session token, to send as the bearer token' },
      },
    },
    problems: ['public_url_mismatch', 'unauthenticated'],
  }),
  signOut: operation('POST /api/auth/sign-out', {
    summary: 'Sign out',
    description: 'Without effect if the session has ended already; the response clears its cookie.',
    access: 'anyone',
    body: nothing,
    bodyOptional: true,
    responses: { 200: { description: 'Signed out', schema: signedOutSchema } },
  }),
  getSession: operation('GET /api/auth/get-session', {
    summary: 'Read the session',
    access: 'anyone',
    responses: {
      200: { description: 'The session and its account; null without a session', schema: currentSessionSchema },
    },
  }),
  listSessions: operation('GET /api/auth/list-sessions', {
    summary: 'List my sessions',
    access: 'account',
    responses: { 200: { description: 'The account’s sessions', schema: sessionListSchema } },
  }),
  revokeSession: operation('POST /api/auth/revoke-session', {
    summary: 'End one of my sessions',
    access: 'account',
    body: sessionRevocationSchema,
    responses: { 200: { description: 'The session has ended', schema: statusSchema } },
    problems: ['password_wrong'],
  }),
  revokeSessions: operation('POST /api/auth/revoke-sessions', {
    summary: 'End all my sessions',
    access: 'account',
    body: sessionsRevocationSchema,
    bodyOptional: true,
    responses: { 200: { description: 'The sessions have ended', schema: statusSchema } },
    problems: ['password_wrong'],
  }),
  revokeOtherSessions: operation('POST /api/auth/revoke-other-sessions', {
    summary: 'End all my other sessions',
    access: 'account',
    body: sessionsRevocationSchema,
    bodyOptional: true,
    responses: { 200: { description: 'The sessions have ended', schema: statusSchema } },
    problems: ['password_wrong'],
  }),
  changePassword: operation('POST /api/auth/change-password', {
    summary: 'Change my password',
    description:
      'Pending sign-ins end, and the owner is notified by e-mail. Links to choose a new password stay valid: whoever ' +
      'knows the password must not take them from the owner.',
    access: 'account',
    body: passwordChangeSchema,
    responses: { 200: { description: 'The password is changed', schema: signedInSchema } },
    problems: ['password_wrong', 'password_guessable'],
  }),
  requestPasswordReset: operation('POST /api/auth/request-password-reset', {
    summary: 'Ask for a link to choose a new password',
    description:
      'An e-mail with the link goes to the address, if it has an account. It works once, and for 24 hours. At most ' +
      'three are sent in 24 hours, with growing pauses. The response is always the same.',
    access: 'anyone',
    body: passwordResetRequestSchema,
    responses: { 200: { description: 'The e-mail is sent if the address has an account', schema: statusSchema } },
    problems: ['mail_unavailable'],
  }),
  resetPassword: operation('POST /api/auth/reset-password', {
    summary: 'Choose a new password with a link',
    description:
      'The link comes by e-mail (`request-password-reset`) or from an administrator (`holdfast admin ' +
      'reset-password`), works once, and for 24 hours. All sessions of the account end, and its owner is notified by ' +
      'e-mail. The first link by e-mail proves that the person has the address: it removes the second factors of an ' +
      'account without a role. One to an address that the account has had, confirmed, for 72 hours removes second ' +
      'factors that are younger.',
    access: 'anyone',
    body: passwordResetSchema,
    responses: { 200: { description: 'The password is changed', schema: passwordResetDoneSchema } },
    problems: ['link_used', 'password_guessable'],
  }),
  getEmailStatus: operation('GET /api/auth/email', {
    summary: 'Read whether my e-mail address is confirmed',
    access: 'account',
    responses: { 200: { description: 'The address of the account', schema: emailStatusSchema } },
  }),
  sendVerificationEmail: operation('POST /api/auth/send-verification-email', {
    summary: 'Send the link that confirms my e-mail address',
    description:
      'A new account gets this e-mail by itself. The link works once, and for 24 hours. At most five are sent in 24 ' +
      'hours, with growing pauses. Without effect if the address is confirmed.',
    access: 'account',
    body: verificationEmailSchema,
    bodyOptional: true,
    responses: { 200: { description: 'The e-mail is on its way', schema: statusSchema } },
    problems: ['mail_unavailable'],
  }),
  changeEmail: operation('POST /api/auth/change-email', {
    summary: 'Ask for another e-mail address',
    description:
      'A link goes to the new address, and nothing changes until it is used. Nothing is sent to an address that has ' +
      'an account; the response is the same.',
    access: 'account',
    body: emailChangeSchema,
    responses: { 200: { description: 'The e-mail is sent if no account has the address', schema: statusSchema } },
    problems: ['password_wrong', 'second_factor_required', 'mail_unavailable'],
  }),
  verifyEmail: operation('POST /api/auth/verify-email', {
    summary: 'Confirm my e-mail address with a link',
    description:
      'By the account that asked for the link. If it was sent to another address than the account has, that becomes ' +
      'the address of the account; sessions and roles stay, e-mailed links for a new password become void, and the ' +
      'earlier address gets an e-mail with which the change can be undone for 72 hours. If an address before it can ' +
      'still undo its change, that one gets as long again instead.',
    access: 'account',
    body: emailLinkSchema,
    responses: { 200: { description: 'The address is confirmed', schema: emailConfirmedSchema } },
    problems: ['link_used'],
  }),
  undoEmailChange: operation('POST /api/auth/undo-email-change', {
    summary: 'Undo a change of the e-mail address with a link',
    description: 'The link was sent to the earlier address. All sessions of the account end.',
    access: 'anyone',
    body: emailLinkSchema,
    responses: { 200: { description: 'The account has its earlier address', schema: statusSchema } },
    problems: ['link_used'],
  }),
  updateAccount: operation('POST /api/auth/update-user', {
    summary: 'Change my name',
    access: 'account',
    body: accountChangeSchema,
    responses: { 200: { description: 'The name is changed', schema: statusSchema } },
  }),
  getToken: operation('GET /api/auth/token', {
    summary: 'Get a short-lived JWT for the session',
    access: 'account',
    responses: { 200: { description: 'The token', schema: jwtSchema } },
  }),
  getJwks: operation('GET /api/auth/jwks', {
    summary: 'Read the keys that verify JWTs',
    access: 'anyone',
    responses: { 200: { description: 'JSON Web Key Set', schema: jwksSchema } },
  }),
})
