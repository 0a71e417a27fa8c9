import Type, { type TProperties } from 'typebox'
import { bookingProblemKinds } from './booking-problems.ts'
import { calendarProblemKinds } from './calendar-problems.ts'
import { closureProblemKinds } from './closure-problems.ts'
import { patientProblemKinds } from './patient-problems.ts'
import { type MemberValues, type ProblemKind, saidFromMembers } from './problem-kind.ts'
import { sessionProblemKinds } from './session-problems.ts'
import { theatreProblemKinds } from './theatre-problems.ts'
import { visitProblemKinds } from './visit-problems.ts'
import { waitlistProblemKinds } from './waitlist-problems.ts'
import { webhookProblemKinds } from './webhook-problems.ts'

/** Every problem of the API, by its stable `code`. Codes are never renamed and their statuses never change. */
export const problemKinds = {
  invalid_request: {
    status: 400,
    title: 'The request is not valid',
    help: 'See `errors`: each names a field by its path, its value, and what was expected.',
  },
  unauthenticated: {
    status: 401,
    title: 'Credentials are needed',
    help:
      'Send `Authorization: Bearer …` with a session token, a JWT or a booking’s manage token. If it has expired, ' +
      'sign in again.',
  },
  forbidden: {
    status: 403,
    title: 'Your rights do not allow this',
    help:
      'Ask an admin of the clinic for the role, or use an account that has it. An API key needs the scope that ' +
      '`detail` names.',
  },
  invitation_for_other_address: {
    status: 403,
    title: 'The invitation is for another e-mail address',
    help:
      'Sign in with the account that has this address. If it is the address of this account, confirm it first: POST ' +
      '/api/auth/send-verification-email sends a link to it. Without access to it, ask the clinic for an invitation ' +
      'of your address.',
  },
  origin_forbidden: {
    status: 403,
    title: 'The request comes from a page of another origin',
    help:
      'Send it from a page of this server. Its operator sets the public address with HOLDFAST_URL, and the origins ' +
      'of other sites with HOLDFAST_CORS_ORIGINS. Programs send a bearer token instead of a cookie.',
  },
  public_url_mismatch: {
    status: 403,
    title: 'The server’s public address does not fit the address of the page',
    help: 'The operator has to set HOLDFAST_URL to the address at which browsers open the site.',
  },
  password_change_required: {
    status: 403,
    title: 'The password has to be changed first',
    help: 'Somebody else knows this password. Choose another with POST /api/auth/change-password.',
  },
  second_factor_required: {
    status: 403,
    title: 'A second factor is needed',
    help:
      'Set one up on the account page, or sign in with it: with an authenticator app’s code or a passkey. JWTs have ' +
      'the factors of the session that they come from.',
  },
  not_found: {
    status: 404,
    title: 'Not found',
    help: 'Check the id. Without access to it, the response is the same as for an id that does not exist.',
  },
  clinic_not_found: {
    status: 404,
    title: 'There is no such clinic',
    help: 'Check the id. Without access to it, the response is the same as for an id that does not exist.',
  },
  clinic_logo_not_found: {
    status: 404,
    title: 'This clinic has no logo',
    help: 'It was removed. Read the clinic again: `logo` has the URL of the current one, or is null.',
  },
  external_id_taken: {
    status: 409,
    title: 'Something else has one of these external ids',
    help: 'Find it by `?externalId=system|value` of its list. Of a kind, one thing in a clinic has such an id.',
    detail: 'Something else of this kind has one of these external ids. Nothing was written.',
  },
  doctor_not_found: {
    status: 404,
    title: 'There is no such doctor',
    help: 'Check the id with GET /doctors. Nobody can join the waitlist or see the slots of an inactive doctor.',
  },
  slot_not_found: {
    status: 404,
    title: 'There is no such slot',
    help: 'Check the id with GET /doctors/{id}/slots.',
  },
  booking_not_found: {
    status: 404,
    title: 'There is no such booking',
    help:
      'Check the id and the credentials. Without access to the booking, the response is the same as for an id that ' +
      'does not exist.',
  },
  member_not_found: {
    status: 404,
    title: 'This account is not a member of the clinic',
    help: 'List the members with GET /clinics/{id}/members.',
  },
  invitation_not_found: {
    status: 404,
    title: 'There is no such invitation',
    help: 'It was revoked or replaced by a newer one, or the link is incomplete. Ask the clinic for a new link.',
  },
  message_not_found: {
    status: 404,
    title: 'There is no such message',
    help:
      'List them with GET /clinics/{id}/messages. Messages are deleted after the clinic’s messageDays, and with ' +
      'their patient.',
  },
  method_not_allowed: {
    status: 405,
    title: 'The method is not allowed for this path',
    help: 'See the `Allow` header for the allowed methods.',
  },
  request_timeout: {
    status: 408,
    title: 'The request took too long to arrive',
    help: 'Retry. A write with an Idempotency-Key is safe to repeat.',
  },
  ...bookingProblemKinds,
  ...sessionProblemKinds,
  last_admin: {
    status: 409,
    title: 'The clinic would have no admin left',
    help: 'Make another member an admin first.',
    detail: 'This account is the only admin of the clinic.',
  },
  invitation_expired: {
    status: 409,
    title: 'The invitation has expired',
    help: 'An invitation can be accepted for 72 hours. Ask the clinic for a new one.',
    detail: 'The invitation was not accepted within 72 hours.',
  },
  invitation_used: {
    status: 409,
    title: 'The invitation has already been used',
    help: 'An invitation works once. If you did not use it yourself, tell the clinic, and ask for a new one.',
    detail: 'Another account has accepted this invitation.',
  },
  already_member: {
    status: 409,
    title: 'The account already has a role in this clinic',
    help: 'An admin of the clinic can change it. To use the invitation for somebody else, sign in with their account.',
  },
  too_many_invitations: {
    status: 409,
    title: 'The clinic has too many open invitations',
    help: 'Revoke some, or wait until they are accepted or have expired.',
  },
  invited_too_often: {
    status: 409,
    title: 'The address has had too many invitations today',
    help:
      'A clinic may send 5 invitations to one e-mail address in a day, because it may be a stranger’s. Pass on the ' +
      'link of the last invitation, or wait a day.',
  },
  body_too_large: {
    status: 413,
    title: 'The body is too large',
    help: 'A body may have at most 1 MiB. Send several requests.',
  },
  uri_too_long: { status: 414, title: 'The URL is too long', help: 'Shorten the path or the query.' },
  unsupported_media_type: {
    status: 415,
    title: 'The media type is not supported',
    help: 'Send JSON with `Content-Type: application/json`.',
  },
  units_over_capacity: saidFromMembers({
    status: 422,
    title: 'The units exceed the slot’s capacity',
    help: 'Request at most `capacity` units.',
    members: { capacity: Type.Integer({ description: 'the capacity of the slot' }) },
    detail: ({ capacity }) => `The slot has ${capacity} units in total, fewer than requested.`,
  }),
  too_many_units: saidFromMembers({
    status: 422,
    title: 'Too many units for one booking',
    help: 'Request at most `max` units, or contact the clinic.',
    members: { max: Type.Integer({ description: 'the limit of the clinic' }) },
    detail: ({ max }) => `At most ${max} units can be booked at once here. Contact the clinic for more.`,
  }),
  appointment_type_not_offered: {
    status: 422,
    title: 'The doctor does not offer this type of appointment',
    help: 'See the doctor’s `appointmentTypes`.',
    detail: 'The doctor of this slot does not offer this type of appointment.',
  },
  link_used: {
    status: 422,
    title: 'The link is no longer valid',
    help: 'It works once, and for a limited time. Ask for a new one.',
  },
  password_wrong: {
    status: 401,
    title: 'The current password is wrong',
    help: 'The session is still valid. Send the current password again.',
  },
  code_wrong: {
    status: 401,
    title: 'The code is wrong',
    help: 'Send the code that the app shows now, or an unused recovery code.',
  },
  code_used: {
    status: 401,
    title: 'The code has already been used',
    help: 'Each code works once. Wait for the next one: the app shows it within 30 seconds.',
  },
  sign_in_expired: {
    status: 401,
    title: 'The sign-in has expired',
    help: 'Begin again with the e-mail address and the password.',
  },
  totp_exists: {
    status: 409,
    title: 'An authenticator app is already set up',
    help: 'Turn it off first to set up another one.',
  },
  totp_missing: {
    status: 409,
    title: 'No authenticator app is being set up',
    help: 'Begin with POST /api/auth/totp/begin.',
  },
  passkey_refused: {
    status: 401,
    title: 'The passkey was not accepted',
    help: 'It was removed, belongs to another site, or took longer than five minutes. Begin again.',
  },
  passkeys_unavailable: {
    status: 409,
    title: 'Passkeys do not work at this address',
    help: 'They work only at the server’s own address (HOLDFAST_URL), which needs a host name and https, or localhost.',
  },
  too_many_passkeys: {
    status: 409,
    title: 'Too many passkeys',
    help: 'Remove one first.',
  },
  passkey_not_found: {
    status: 404,
    title: 'There is no such passkey',
    help: 'List them with GET /api/auth/second-factors.',
  },
  mail_unavailable: {
    status: 409,
    title: 'This server sends no e-mails',
    help: 'Ask its administrator for a link. The operator sets a mail server with SMTP_URL.',
  },
  password_guessable: {
    status: 422,
    title: 'The password is easy to guess',
    help: 'Choose several words, and no name, date or row of keys.',
  },
  idempotency_key_reused: {
    status: 422,
    title: 'The Idempotency-Key was used for another request',
    help: 'A key belongs to one request. Use a new key, or repeat the first request unchanged.',
  },
  rate_limited: {
    status: 429,
    title: 'Too many requests',
    help: 'Retry after `Retry-After` seconds.',
  },
  headers_too_large: {
    status: 431,
    title: 'The headers are too large',
    help: 'Send fewer or shorter headers and cookies.',
  },
  internal_error: {
    status: 500,
    title: 'Internal server error',
    help:
      'It was logged with the request’s id (`instance`). `detail` says whether the outcome of a write is unknown: ' +
      'then retry with the same Idempotency-Key.',
  },
  overloaded: {
    status: 503,
    title: 'The server is overloaded',
    help: 'The request was not executed. Retry after `Retry-After` seconds.',
  },
  locked: {
    status: 503,
    title: 'Another change of the same data has not ended',
    help:
      'The request was not executed. Retry after `Retry-After` seconds. If that does not help, an operator finds the ' +
      'session that has the lock in the server’s log.',
  },
  unavailable: {
    status: 503,
    title: 'The service is temporarily unavailable',
    help: 'Retry in a moment, a write with the same Idempotency-Key.',
  },
  ...patientProblemKinds,
  ...theatreProblemKinds,
  ...visitProblemKinds,
  ...waitlistProblemKinds,
  ...webhookProblemKinds,
  ...closureProblemKinds,
  ...calendarProblemKinds,
} as const satisfies Record<string, ProblemKind>

export type ProblemCode = keyof typeof problemKinds

export const problemCodes = Object.keys(problemKinds) as ProblemCode[]

type MembersOf<Code extends ProblemCode> = (typeof problemKinds)[Code] extends { members: infer Members }
  ? Members extends TProperties
    ? MemberValues<Members>
    : never
  : unknown

type MemberName = { [Code in ProblemCode]: keyof MembersOf<Code> }[ProblemCode]

/** What the documents of some kinds have besides what all have. */
export type ProblemMembers = {
  [Name in MemberName]?: {
    [Code in ProblemCode]: Name extends keyof MembersOf<Code> ? MembersOf<Code>[Name] : never
  }[ProblemCode]
}

/** By each code whose kind says the detail: what an outcome has to have for it. */
export type Stated = {
  [Code in ProblemCode as (typeof problemKinds)[Code] extends { detail: unknown }
    ? Code
    : never]: (typeof problemKinds)[Code] extends { detail: string } ? unknown : MembersOf<Code>
}

/** The `type` of a problem document: a stable name, not a URL that can be opened. */
export function problemType(code: ProblemCode): string {
  return `urn:holdfast:problem:${code}`
}
