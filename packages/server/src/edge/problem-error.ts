import { type Problem, type ProblemCode, problemKinds, problemType } from '@holdfast/contract'

/** What a problem document may carry beside its code and detail. */
export type ProblemExtras = Pick<Problem, 'errors' | 'alternatives' | 'booking' | 'bookings' | 'capacity'> & {
  /** Becomes the `Retry-After` header, in whole seconds. */
  retryAfterSeconds?: number
}

type Answer = { headers: Readonly<Record<string, string>>; beforeInstance: string; afterInstance: string }

/** A refusal on its way to the error handler, which is the only place that writes problem documents. */
export class ProblemError extends Error {
  readonly code: ProblemCode
  /** HTTP status; named as Fastify expects it. */
  readonly statusCode: number
  readonly detail: string
  readonly extras: ProblemExtras
  #answer: Answer | null = null

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

  /**
   * The answer, its body as JSON: `instance` is the request's id, so that a report can be found in the log. All but the
   * id is made once: hundreds can hear the same refusal.
   */
  render(instance: string): { status: number; headers: Readonly<Record<string, string>>; body: string } {
    this.#answer ??= this.#prepare()
    const { headers, beforeInstance, afterInstance } = this.#answer
    return { status: this.statusCode, headers, body: beforeInstance + JSON.stringify(instance) + afterInstance }
  }

  #prepare(): Answer {
    const { retryAfterSeconds, ...members } = this.extras
    const headers: Record<string, string> = {
      'content-type': 'application/problem+json; charset=utf-8',
      'cache-control': 'no-store',
    }
    if (retryAfterSeconds !== undefined) headers['retry-after'] = String(Math.max(1, Math.ceil(retryAfterSeconds)))
    if (this.statusCode === 401) headers['www-authenticate'] = 'Bearer realm="holdfast"'
    const before: Omit<Problem, 'instance' | 'code'> = {
      type: problemType(this.code),
      title: problemKinds[this.code].title,
      status: this.statusCode,
      detail: this.detail,
    }
    const after: Omit<Problem, keyof typeof before | 'instance'> = {
      code: this.code,
      // What is wrong with the whole of a request has no field to name.
      ...(this.code === 'invalid_request' ? { errors: [{ path: '/', message: this.detail }] } : {}),
      ...members,
    }
    return {
      headers,
      beforeInstance: `${JSON.stringify(before).slice(0, -1)},"instance":`,
      afterInstance: `,${JSON.stringify(after).slice(1)}`,
    }
  }
}

/** A refusal to throw: `throw problem('slot_not_found', …)`. `detail` is for people and names the value. */
export function problem(code: ProblemCode, detail: string, extras: ProblemExtras = {}): ProblemError {
  return new ProblemError(code, detail, extras)
}
