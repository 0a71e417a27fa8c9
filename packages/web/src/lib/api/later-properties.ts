import type { Problem } from '@holdfast/contract/client'
import { positionFetch } from './position.ts'

/** Optional properties that a server of the release before does not know, and does as well without. */
const later = ['refuseOverlap', 'language', 'urgency', 'correct', 'force', 'cursor']

/**
 * Sends a request. If a server of the release before refuses it for some of these properties, it is repeated without
 * them. What a property does on the newer server is then not done, as before.
 */
export const fetchOfAnyRelease: typeof fetch = async (input, init) => {
  const request = new Request(input, init)
  if (request.headers.get('content-type') !== 'application/json') return positionFetch(request)
  const text = await request.text()
  const response = await positionFetch(request, { body: text })
  if (response.status !== 400) return response
  // A proxy's response may have no problem document.
  const problem: Partial<Problem> | null = await response
    .clone()
    .json()
    .catch(() => null)
  const unknown = (problem?.errors ?? [])
    .filter(({ path, message }) => later.includes(nameOf(path)) && message.startsWith('is not known'))
    .map(({ path }) => path)
  if (unknown.length === 0) return response
  const body = JSON.parse(text)
  for (const path of unknown) removeAt(body, path.split('/').slice(1))
  return positionFetch(request, { body: JSON.stringify(body) })
}

const nameOf = (path: string) => path.split('/').at(-1) ?? ''

/** Removes a property of an object or of one within it. */
function removeAt(value: Record<string, unknown>, [name = '', ...rest]: string[]): void {
  if (rest.length === 0) delete value[name]
  else removeAt(value[name] as Record<string, unknown>, rest)
}
