import { type Problem, type ProblemCode, problemKinds, problemType } from '@holdfast/contract'

/** What a problem document may carry beside its code and detail. */
export type ProblemExtras = Pick<Problem, 'errors' | 'alternatives' | 'booking' | 'bookings' | 'capacity'> & {
  /** Becomes the `Retry-After` header, in whole seconds. */
  retryAfterSeconds?: number
}

/** A refusal on its way to the error handler, which is the only place that writes problem documents. */
export class ProblemError extends Error {
  readonly code: ProblemCode
  /** HTTP status; named as Fastify expects it. */
  readonly statusCode: number
  readonly detail: string
  readonly extras: ProblemExtras

  constructor(code: ProblemCode, detail: string, extras: ProblemExtras = {}) {
    // Said to people, never looked into: where it was made is not worth what it takes to find out.
    const { stackTraceLimit } = Error
    Error.stackTraceLimit = 0
    super(detail)
    Error.stackTraceLimit = stackTraceLimit
    this.name = 'ProblemError'
    this.code = code
    this.statusCode = problemKinds[code].status
    this.detail = detail
    this.extras = extras
  }

  get status(): number {
    return this.statusCode
  }

  /** The answer: `instance` is the request's id, so that a report can be found in the log. */
  render(instance: string): { status: number; headers: Record<string, string>; body: Problem } {
    const { retryAfterSeconds, ...members } = this.extras
    const headers: Record<string, string> = {
      'content-type': 'application/problem+json; charset=utf-8',
      'cache-control': 'no-store',
    }
    if (retryAfterSeconds !== undefined) headers['retry-after'] = String(Math.max(1, Math.ceil(retryAfterSeconds)))
    if (this.statusCode === 401) headers['www-authenticate'] = 'Bearer realm="holdfast"'
    const body: Problem = {
      type: problemType(this.code),
      title: problemKinds[this.code].title,
      status: this.statusCode,
      detail: this.detail,
      instance,
      code: this.code,
      // What is wrong with the whole of a request has no field to name.
      ...(this.code === 'invalid_request' ? { errors: [{ path: '/', message: this.detail }] } : {}),
      ...members,
    }
    return { status: this.statusCode, headers, body }
  }
}

/** A refusal to throw: `throw problem('slot_not_found', …)`. `detail` is for people and names the value. */
export function problem(code: ProblemCode, detail: string, extras: ProblemExtras = {}): ProblemError {
  return new ProblemError(code, detail, extras)
}
