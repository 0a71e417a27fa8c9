import type { Problem } from '@holdfast/contract/client'

/** The server refused the request with a problem. */
export class RefusedError extends Error {
  readonly problem: Problem

  constructor(problem: Problem) {
    super(`${problem.code}: ${problem.detail}`)
    this.name = 'RefusedError'
    this.problem = problem
  }
}

/** No response arrived: the request may or may not have been executed. */
export class UnreachableError extends Error {
  constructor(cause: unknown) {
    super('The server could not be reached.', { cause })
    this.name = 'UnreachableError'
  }
}

const mayPass = new Set<Problem['code']>([
  'rate_limited',
  'overloaded',
  'unavailable',
  'internal_error',
  'request_timeout',
])

/** Whether the same request would be refused again, so that trying again is no help. */
export function isFinal(error: unknown): boolean {
  return error instanceof RefusedError && !mayPass.has(error.problem.code)
}

/** The problem's code; null for other errors. */
export function refusalCode(error: unknown): Problem['code'] | null {
  return error instanceof RefusedError ? error.problem.code : null
}
