import type { Problem } from '@holdfast/contract/client'
import { createHoldfastClient } from '@holdfast/contract/client'
import { RefusedError, UnreachableError } from './api-error.ts'
import { positionFetch } from './position.ts'

/** Every call of the API by its operation id, at the page's own origin. The session's cookie says who asks; a guest's manage token goes as `auth`. */
export const api = createHoldfastClient({ baseUrl: '', fetch: positionFetch })

type Answer<Data> = { data?: Data | undefined; error?: unknown; response?: Response | undefined }

/**
 * The data of an answer, for TanStack Query: `queryFn: () => ask(api.getDoctor({ path }))`.
 *
 * @throws RefusedError with the problem the server told, UnreachableError when no answer came
 */
export async function ask<Data>(call: Promise<Answer<Data>>): Promise<Data> {
  const { data, error, response } = await call
  if (response === undefined) throw new UnreachableError(error)
  if (!response.ok) throw new RefusedError(problemOf(error, response))
  // An answer without a body has nothing to tell, and no caller who reads it.
  return data as Data
}

/** What a proxy between us may answer has no problem document: it counts as what its status says. */
function problemOf(error: unknown, response: Response): Problem {
  if (typeof error === 'object' && error !== null && 'code' in error) return error as Problem
  const { status } = response
  const code =
    status === 429 ? 'rate_limited' : status === 404 ? 'not_found' : status < 500 ? 'invalid_request' : 'unavailable'
  return { type: `urn:holdfast:problem:${code}`, title: response.statusText, status, detail: '', code }
}
