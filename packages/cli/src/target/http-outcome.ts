import type { Problem } from '@holdfast/contract/client'
import { messageOf } from '@holdfast/vocabulary'
import type { Unavailable } from './retry-call.ts'

/** A result of the typed client; `error` is a Problem, the text of a proxy, or the reason why there was no response. */
type ClientResult<Data> = { data: Data | undefined; error?: unknown; response?: Response | undefined }

export type HttpOutcome<Data> =
  | { kind: 'ok'; status: number; data: Data; headers: Headers }
  | ({ kind: 'problem'; status: number; code: string; detail: string } & Pick<Problem, 'alternatives' | 'conflicts'>)
  | Unavailable

const requestSecondsMax = 30

/** The limit for each call: one that takes longer counts as unreachable, and is retried. */
export function callTimeout(): { signal: AbortSignal } {
  return { signal: AbortSignal.timeout(requestSecondsMax * 1000) }
}

/** Classifies a result of the typed client: data, a refusal, or a reason to retry. */
export async function httpOutcome<Data>(call: Promise<ClientResult<Data>>): Promise<HttpOutcome<Data>> {
  const { data, error, response } = await call
  if (response === undefined || error instanceof Error) return { kind: 'unreachable', message: connectionError(error) }
  if (response.ok && data !== undefined) return { kind: 'ok', status: response.status, data, headers: response.headers }
  const problem = isProblem(error) ? error : null
  const detail = problem === null ? `HTTP ${response.status}` : describeProblem(problem)
  const retryAfterSeconds = Number(response.headers.get('retry-after')) || 1
  if (response.status === 429) return { kind: 'rate_limited', detail, retryAfterSeconds }
  if (response.status === 503) return { kind: 'busy', retryAfterSeconds }
  // From a proxy, or from a server that failed meanwhile: the outcome is unknown.
  if (response.status >= 500) return { kind: 'unreachable', message: detail }
  return {
    kind: 'problem',
    status: response.status,
    code: problem?.code ?? 'unknown',
    detail,
    ...(problem?.alternatives === undefined ? {} : { alternatives: problem.alternatives }),
    ...(problem?.conflicts === undefined ? {} : { conflicts: problem.conflicts }),
  }
}

function isProblem(error: unknown): error is Problem {
  return typeof error === 'object' && error !== null && 'code' in error && 'detail' in error
}

function describeProblem(problem: Problem): string {
  const fields = (problem.errors ?? []).slice(0, 3).map(({ path, message }) => `${path} ${message}`)
  return `${problem.code}: ${[problem.detail, ...fields].join('; ')}`
}

/** The message of fetch is only "fetch failed"; its cause has the reason. */
function connectionError(error: unknown): string {
  if (!(error instanceof Error)) return 'no response'
  return messageOf(error.cause instanceof Error ? error.cause : error)
}
