import { takeEarlyResponse } from './early-responses.ts'
import { noteServerTime } from './server-clock.ts'

/** The newest position of the log in any response or live message of this page. */
let newest: bigint | null = null

/** Records a position (a decimal number as text) if it is newer. */
export function notePosition(position: string | null): void {
  if (position === null || !/^\d{1,20}$/.test(position)) return
  const told = BigInt(position)
  if (newest === null || told > newest) newest = told
}

/**
 * The global fetch, with `Holdfast-Position`: after one's own write, or a live change, nothing older is ever answered.
 */
export const positionFetch: typeof fetch = async (input, init) => {
  const request = new Request(input, init)
  // Only before any position is known: the early request was sent without one.
  const early = newest === null ? takeEarlyResponse(request) : undefined
  if (early !== undefined) return noted(await early.response, early.sentAt)
  if (newest !== null && request.method === 'GET') request.headers.set('Holdfast-Position', newest.toString())
  const askedAt = performance.now()
  return noted(await fetch(request), askedAt)
}

function noted(response: Response, askedAt: number): Response {
  noteServerTime(response.headers.get('Date'), askedAt)
  notePosition(response.headers.get('Holdfast-Position'))
  return response
}
