import { isLaterPosition, type Position, parsePosition, positionText } from '@holdfast/contract/position'
import { noteServerTime } from '../time/server-clock.ts'
import { takeEarlyResponse } from './early-responses.ts'

/** The newest position of the log in any response or live message of this page. */
let newest: Position | null = null

/** Records a position if it is later. */
export function notePosition(text: string | null): void {
  const position = text === null ? null : parsePosition(text)
  if (position !== null && (newest === null || isLaterPosition(position, newest))) newest = position
}

/**
 * The global fetch, with `Holdfast-Position`: no response is older than an earlier write or live message of this page.
 */
export const positionFetch: typeof fetch = async (input, init) => {
  const request = new Request(input, init)
  // Only before any position is known: the early request was sent without one.
  const early = newest === null ? takeEarlyResponse(request) : undefined
  if (early !== undefined) return noted(await early.response, early.sentAt)
  if (newest !== null && request.method === 'GET') {
    request.headers.set('Holdfast-Position', positionText(newest.epoch, newest.transaction))
  }
  const sentAt = performance.now()
  return noted(await fetch(request), sentAt)
}

function noted(response: Response, sentAt: number): Response {
  noteServerTime(response.headers.get('Date'), sentAt)
  notePosition(response.headers.get('Holdfast-Position'))
  return response
}
