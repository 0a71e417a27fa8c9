import { takeEarlyResponse } from './early-responses.ts'
import { noteServerTime } from './server-clock.ts'

/** How far this page has read the log: the newest position any answer or live message told. */
let newest: bigint | null = null

/** Takes note of a position (a decimal number as text); an older one changes nothing. */
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
  // Asked before anything was known here that it could be older than.
  const early = newest === null ? takeEarlyResponse(request) : undefined
  if (early !== undefined) return noted(await early.answer, early.askedAt)
  if (newest !== null && request.method === 'GET') request.headers.set('Holdfast-Position', newest.toString())
  const askedAt = performance.now()
  return noted(await fetch(request), askedAt)
}

function noted(response: Response, askedAt: number): Response {
  noteServerTime(response.headers.get('Date'), askedAt)
  notePosition(response.headers.get('Holdfast-Position'))
  return response
}
