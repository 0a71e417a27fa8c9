/** What one kind of refusal is: the HTTP status, a title that never changes, and what the caller can do about it. */
export type ProblemKind = { status: number; title: string; help: string }

/**
 * Every refusal of the API, by its stable `code`. A code is never renamed and never changes its status; `help` is
 * shown in the documentation.
 */
export const problemKinds = {
  invalid_request: {
    status: 400,
    title: 'The request is not valid',
    help: 'Read `errors`: each names the field by its path, the value and what was expected.',
  },
  unauthenticated: {
    status: 401,
    title: 'Credentials are needed',
    help: 'Send `Authorization: Bearer …` with a session token, a JWT or a booking’s manage token; or sign in again when it has expired.',
  },
  forbidden: {
    status: 403,
    title: 'Your role does not allow this',
    help: 'Ask an admin of the clinic for the role, or use an account that has it.',
  },
  not_found: {
    status: 404,
    title: 'There is no such thing',
    help: 'Check the id. What your credentials do not reach is answered like what does not exist.',
  },
  clinic_not_found: {
    status: 404,
    title: 'There is no such clinic',
    help: 'Check the id. What your credentials do not reach is answered like what does not exist.',
  },
  doctor_not_found: {
    status: 404,
    title: 'There is no such doctor',
    help: 'Check the id with GET /doctors; a deactivated doctor is only seen by the clinic’s own people.',
  },
  slot_not_found: {
    status: 404,
    title: 'There is no such slot',
    help: 'Check the id with GET /doctors/{id}/slots.',
  },
  booking_not_found: {
    status: 404,
    title: 'There is no such booking',
    help: 'Check the id and that the credentials are this booking’s. What they do not reach is answered like what does not exist.',
  },
  account_not_found: {
    status: 404,
    title: 'No account has this e-mail address',
    help: 'The person signs up first (POST /api/auth/sign-up/email), then becomes a member.',
  },
  member_not_found: {
    status: 404,
    title: 'This account is not a member of the clinic',
    help: 'List the members with GET /clinics/{id}/members.',
  },
  method_not_allowed: {
    status: 405,
    title: 'This path does not know the method',
    help: 'See the `Allow` header for the methods it knows.',
  },
  request_timeout: {
    status: 408,
    title: 'The request took too long to arrive',
    help: 'Send it again; a write with an Idempotency-Key is safe to repeat.',
  },
  slot_full: {
    status: 409,
    title: 'The slot has no room for this',
    help: 'Book one of `alternatives`, or fewer units.',
  },
  slot_closed: {
    status: 409,
    title: 'The slot cannot be booked',
    help: 'It was withdrawn, has begun, is too near or too far ahead, or its doctor takes no bookings: choose another.',
  },
  slot_has_bookings: {
    status: 409,
    title: 'The slot has bookings',
    help: 'Move or cancel them first, or send `?withBookings=true`: they become FAILED with `slot_withdrawn`.',
  },
  slot_in_past: {
    status: 409,
    title: 'The slot has already begun',
    help: 'Only slots that have not begun can be withdrawn.',
  },
  hold_expired: {
    status: 409,
    title: 'The hold has ended',
    help: 'The place was given back. Make a new booking with a new Idempotency-Key.',
  },
  invalid_transition: {
    status: 409,
    title: 'The booking is not in a state that allows this',
    help: '`booking` says what state it is in.',
  },
  already_extended: {
    status: 409,
    title: 'The hold was extended before',
    help: 'A hold is extended once. Confirm it before it ends.',
  },
  past_deadline: {
    status: 409,
    title: 'It is too late for this',
    help: 'The clinic’s cancellation deadline has passed: ask the clinic.',
  },
  too_early: {
    status: 409,
    title: 'It is too early for this',
    help: 'Arrivals are noted from the slot’s day on, a no-show after its start.',
  },
  booking_has_account: {
    status: 409,
    title: 'The booking is another account’s',
    help: 'Sign in with the account that it is kept in. Its manage token goes on working without one.',
  },
  last_admin: {
    status: 409,
    title: 'The clinic would have no admin left',
    help: 'Make another member admin first.',
  },
  email_taken: {
    status: 409,
    title: 'An account with this e-mail address exists',
    help: 'Sign in, or use another address.',
  },
  body_too_large: {
    status: 413,
    title: 'The body is too large',
    help: 'A body is at most 1 MiB: send it in parts.',
  },
  uri_too_long: { status: 414, title: 'The address is too long', help: 'Shorten the path or the query.' },
  unsupported_media_type: {
    status: 415,
    title: 'The body’s type is not understood',
    help: 'Send JSON with `Content-Type: application/json`.',
  },
  units_over_capacity: {
    status: 422,
    title: 'The slot is not that large',
    help: 'Even empty it has fewer units than asked for: `capacity` says how many.',
  },
  appointment_type_not_offered: {
    status: 422,
    title: 'The doctor does not offer this type of appointment',
    help: 'See the doctor’s `appointmentTypes`.',
  },
  idempotency_key_reused: {
    status: 422,
    title: 'The Idempotency-Key was used for another request',
    help: 'A key belongs to one request. Use a new one, or send the first request again unchanged.',
  },
  rate_limited: {
    status: 429,
    title: 'Too many requests',
    help: 'Wait as long as `Retry-After` says.',
  },
  headers_too_large: {
    status: 431,
    title: 'The headers are too large',
    help: 'Send fewer or shorter headers and cookies.',
  },
  internal_error: {
    status: 500,
    title: 'Something went wrong here',
    help: 'It was noted with the request’s id (`instance`). A write’s outcome is unknown: repeat it with its Idempotency-Key.',
  },
  overloaded: {
    status: 503,
    title: 'More requests than can be served now',
    help: 'It was not tried. Repeat it after `Retry-After` seconds.',
  },
  unavailable: {
    status: 503,
    title: 'Something this needs cannot be reached now',
    help: 'Repeat it in a moment; a write with its Idempotency-Key.',
  },
} as const satisfies Record<string, ProblemKind>

export type ProblemCode = keyof typeof problemKinds

export const problemCodes = Object.keys(problemKinds) as ProblemCode[]

/** The `type` of a problem document: a stable name, not an address. */
export function problemType(code: ProblemCode): string {
  return `urn:holdfast:problem:${code}`
}
