import { takeEarlyResponse } from './early-responses.ts'
import { noteServerTime } from './server-clock.ts'

/** The newest position of the log in any response or live message of this page. */
let newest: bigint | null = null

/** Records a position (a decimal number as text) if it is newer. */
export function notePosition(position: string | null): void {
  if (position === null || !/^\d{1,20}$/.test(position)) return
  const next = BigInt(position)
  if (newest === null || next > newest) newest = next
}

/**
 * The global fetch, with `Holdfast-Position`: no response is older than an earlier write or live message of this page.
 */
export const positionFetch: typeof fetch = async (input, init) => {
  const request = new Request(input, init)
  // Only before any position is known: the early request was sent without one.
  const early = newest === null ? takeEarlyResponse(request) : undefined
  if (early !== undefined) return noted(await early.response, early.sentAt)
  if (newest !== null && request.method === 'GET') request.headers.set('Holdfast-Position', newest.toString())
  const sentAt = performance.now()
  return noted(await fetch(request), sentAt)
}

function noted(response: Response, sentAt: number): Response {
  noteServerTime(response.headers.get('Date'), sentAt)
  notePosition(response.headers.get('Holdfast-Position'))
  return response
}
