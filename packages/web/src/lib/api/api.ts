import type { Problem } from '@holdfast/contract/client'
import { createHoldfastClient } from '@holdfast/contract/client'
import { RefusedError, UnreachableError } from './api-error.ts'
import { positionFetch } from './position.ts'
import { loadProblemTexts } from './problem-message.ts'

/**
 * Every API call by its operation id, on the page's origin. The session's cookie identifies the caller; a guest's
 * manage token is passed as `auth`.
 */
export const api = createHoldfastClient({ baseUrl: '', fetch: positionFetch })

type ApiResult<Data> = { data?: Data | undefined; error?: unknown; response?: Response | undefined }

/**
 * The data of a response, for TanStack Query: `queryFn: () => dataOf(api.getDoctor({ path }))`.
 *
 * @throws RefusedError with the server's problem document, UnreachableError if there was no response
 */
export async function dataOf<Data>(call: Promise<ApiResult<Data>>): Promise<Data> {
  const { data, error, response } = await call
  if (response === undefined) throw new UnreachableError(error)
  if (!response.ok) {
    const problem = problemOf(error, response)
    await loadProblemTexts(problem.code)
    throw new RefusedError(problem, retryAfterSeconds(response))
  }
  // A response without a body has no data, and its callers read none.
  return data as Data
}

/** It reads only seconds, as this server sends them: a proxy may send a date. */
function retryAfterSeconds(response: Response): number | null {
  const text = response.headers.get('Retry-After') ?? ''
  return /^\d{1,5}$/.test(text) ? Math.max(1, Number(text)) : null
}

/** A proxy's response may have no problem document: the problem is then derived from its status. */
function problemOf(error: unknown, response: Response): Problem {
  if (typeof error === 'object' && error !== null && 'code' in error) return error as Problem
  const { status } = response
  const code =
    status === 429 ? 'rate_limited' : status === 404 ? 'not_found' : status < 500 ? 'invalid_request' : 'unavailable'
  return { type: `urn:holdfast:problem:${code}`, title: response.statusText, status, detail: '', code }
}
