import type { TObject, TSchema } from 'typebox'
import type { ProblemCode } from '../problems.ts'

/** Who may call: what is checked before anything else, and what the documentation says. */
export type Access =
  /** Anyone; credentials may add to the answer. */
  | 'anyone'
  /** The holder of the booking's manage token, the booking's account, the clinic's people (a doctor: own calendar). */
  | 'booking'
  /** Any account. */
  | 'account'
  /** The clinic's people: admin, staff, and a doctor for the own calendar. */
  | 'clinic'
  /** An admin of the clinic. */
  | 'admin'
  | 'site_administrator'

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'

/** A good answer: its schema (absent: no body), and headers worth telling. */
export type Answer = { description: string; schema?: TSchema; headers?: Record<string, string> }

/** One call of the API, from which the route, its checks, its documentation and its client are made. */
export type Operation = {
  id: string
  method: Method
  /** With `{name}` for parameters. */
  url: string
  tag: string
  summary: string
  description?: string
  access: Access
  params?: TObject
  query?: TObject
  body?: TSchema
  /** The body may be left out; it then counts as `{}`. */
  bodyOptional?: true
  answers: Record<number, Answer>
  /** Answered from memory where it can be: takes If-None-Match and Holdfast-Position, may be marked stale. */
  cached?: true
  /** Refusals of its own; those every call of its kind can meet are added by `problemsOf`. */
  problems: readonly ProblemCode[]
}

/** Of cached reads. */
export const notModified = { description: 'It is as it was at the ETag sent' } satisfies Answer

/** Keeps an operation's exact types, so that a handler's are inferred from it. */
export function operation<const Described extends Operation>(described: Described): Described {
  return described
}

const implied: Record<Access, readonly ProblemCode[]> = {
  anyone: [],
  booking: ['booking_not_found'],
  account: [],
  clinic: ['forbidden'],
  admin: ['forbidden'],
  site_administrator: ['forbidden'],
}

/** Every refusal a call can meet. */
export function problemsOf(described: Operation): ProblemCode[] {
  // Credentials that were sent and are wrong are refused everywhere.
  const codes = new Set<ProblemCode>(['invalid_request', 'unauthenticated', ...implied[described.access]])
  for (const code of described.problems) codes.add(code)
  if (described.body) codes.add('body_too_large').add('unsupported_media_type').add('request_timeout')
  for (const code of ['rate_limited', 'internal_error', 'unavailable'] as const) codes.add(code)
  // A cookie that another origin's page made the browser send is forbidden to write.
  if (described.method !== 'GET') {
    codes.add('forbidden').add('overloaded')
    if (described.url.startsWith('/api/v1/')) codes.add('idempotency_key_reused')
  }
  return [...codes]
}
