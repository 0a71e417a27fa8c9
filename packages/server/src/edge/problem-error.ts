import { type Problem, type ProblemCode, problemKinds, problemType } from '@holdfast/contract'

/** Optional members of a problem document. */
export type ProblemExtras = Pick<Problem, 'errors' | 'alternatives' | 'booking' | 'bookings' | 'capacity'> & {
  /** Becomes the `Retry-After` header, in whole seconds. */
  retryAfterSeconds?: number
}

/** A refusal. It is thrown to the error handler, the only place that writes problem documents. */
export class ProblemError extends Error {
  readonly code: ProblemCode
  /** HTTP status; named as Fastify expects it. */
  readonly statusCode: number
  readonly detail: string
  readonly extras: ProblemExtras

  constructor(code: ProblemCode, detail: string, extras: ProblemExtras = {}) {
    super(detail)
    this.name = 'ProblemError'
    this.code = code
    this.statusCode = problemKinds[code].status
    this.detail = detail
    this.extras = extras
  }

  get status(): number {
    return this.statusCode
  }

  /** The response, with a JSON body. `instance` is the request's id, so that a report can be found in the log. */
  render(instance: string): { status: number; headers: Record<string, string>; body: string } {
    const { retryAfterSeconds, ...members } = this.extras
    const headers: Record<string, string> = {
      'content-type': 'application/problem+json; charset=utf-8',
      'cache-control': 'no-store',
    }
    if (retryAfterSeconds !== undefined) headers['retry-after'] = String(Math.max(1, Math.ceil(retryAfterSeconds)))
    if (this.statusCode === 401) headers['www-authenticate'] = 'Bearer realm="holdfast"'
    const document: Problem = {
      type: problemType(this.code),
      title: problemKinds[this.code].title,
      status: this.statusCode,
      detail: this.detail,
      instance,
      code: this.code,
      // An error that concerns the whole request has no field to name.
      ...(this.code === 'invalid_request' ? { errors: [{ path: '/', message: this.detail }] } : {}),
      ...members,
    }
    return { status: this.statusCode, headers, body: JSON.stringify(document) }
  }
}

/** A refusal to throw: `throw problem('slot_not_found', …)`. `detail` is for people and names the wrong value. */
export function problem(code: ProblemCode, detail: string, extras: ProblemExtras = {}): ProblemError {
  return new ProblemError(code, detail, extras)
}
