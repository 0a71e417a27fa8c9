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
  const again = request.clone()
  const response = await positionFetch(request)
  if (response.status !== 400) return response
  const { errors }: Partial<Problem> = await response.clone().json()
  const unknown = later.filter((name) =>
    errors?.some(({ path, message }) => path.endsWith(`/${name}`) && message.startsWith('is not known')),
  )
  if (!unknown[0]) return response
  const without = (name: string, value: unknown) => (unknown.includes(name) ? undefined : value)
  return positionFetch(again, { body: JSON.stringify(await again.clone().json(), without) })
}
