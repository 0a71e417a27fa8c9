import type { Problem } from '@holdfast/contract/client'

/** The server answered with a refusal. */
export class RefusedError extends Error {
  readonly problem: Problem

  constructor(problem: Problem) {
    super(`${problem.code}: ${problem.detail}`)
    this.name = 'RefusedError'
    this.problem = problem
  }
}

/** No answer came: what was asked for may or may not have happened. */
export class UnreachableError extends Error {
  constructor(cause: unknown) {
    super('The server could not be reached.', { cause })
    this.name = 'UnreachableError'
  }
}

/** The problem's code; null for whatever was no refusal. */
export function refusalCode(error: unknown): Problem['code'] | null {
  return error instanceof RefusedError ? error.problem.code : null
}
