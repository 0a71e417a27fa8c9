import type { Problem } from '@holdfast/contract/client'

/** The server refused the request with a problem. */
export class RefusedError extends Error {
  readonly problem: Problem
  /** The header `Retry-After`; null: none. */
  readonly retryAfterSeconds: number | null

  constructor(problem: Problem, retryAfterSeconds: number | null = null) {
    super(`${problem.code}: ${problem.detail}`)
    this.name = 'RefusedError'
    this.problem = problem
    this.retryAfterSeconds = retryAfterSeconds
  }
}

/** No response arrived: the request may or may not have been executed. */
export class UnreachableError extends Error {
  constructor(cause: unknown) {
    super('The server could not be reached.', { cause })
    this.name = 'UnreachableError'
  }
}

/** The parts of the program that could not be loaded, and whether there was no network. */
const unloadedCode = new WeakMap<Error, { isOffline: boolean }>()

/** Call it with the error of each part of the program that could not be loaded. */
export function noteUnloadedCode(error: Error): void {
  unloadedCode.set(error, { isOffline: navigator.onLine === false })
}

/** Whether a part of the program could not be loaded. */
export function isUnloadedCode(error: unknown): boolean {
  return error instanceof Error && unloadedCode.has(error)
}

/** Whether it could not be loaded although there was a network: mostly, the server has a new version without it. */
export function isOutdatedCode(error: unknown): boolean {
  return error instanceof Error && unloadedCode.get(error)?.isOffline === false
}

const mayPass = new Set<Problem['code']>([
  'rate_limited',
  'overloaded',
  'locked',
  'unavailable',
  'internal_error',
  'request_timeout',
])

/** Whether the same request would be refused again, so that trying again is no help. */
export function isFinal(error: unknown): boolean {
  return error instanceof RefusedError && !mayPass.has(error.problem.code)
}

/** Without `Retry-After`, a request is repeated after this time. */
const retryMs = 4_000

/** When to send the same request again, unless the error {@link isFinal}. */
export function retryDelayMs(error: unknown): number {
  const seconds = error instanceof RefusedError ? error.retryAfterSeconds : null
  return seconds === null ? retryMs : seconds * 1_000
}

/** Whether the server did nothing, and may do it later. After other failures that may pass, nobody knows. */
export function isRefusedForNow(error: unknown): boolean {
  return ['rate_limited', 'overloaded', 'locked'].includes(refusalCode(error) ?? '')
}

/** Whether the server refused the request because of this field of its body. */
export function refusesField(error: unknown, field: string): boolean {
  return error instanceof RefusedError && (error.problem.errors ?? []).some(({ path }) => path.endsWith(`/${field}`))
}

/** The field of a patient's contact that the server refused, the first of them; null: none. */
export function refusedContact(error: unknown): 'email' | 'phone' | null {
  return (['email', 'phone'] as const).find((field) => refusesField(error, `patient/${field}`)) ?? null
}

/** The problem's code; null for other errors. */
export function refusalCode(error: unknown): Problem['code'] | null {
  return error instanceof RefusedError ? error.problem.code : null
}
