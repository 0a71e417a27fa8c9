import {
  isLaterPosition,
  type Position,
  parsePositions,
  placeOfEpoch,
  positionsMax,
  positionText,
} from '@holdfast/contract/position'
import { noteServerTime } from '../time/server-clock.ts'
import { takeEarlyResponse } from './early-responses.ts'

/**
 * The newest position of each place's log in any response or live message of this page. The places of the last ones
 * are at the end.
 */
const newest = new Map<number, Position>()

/** Records the positions that are later than those of their places. */
export function notePosition(text: string | null): void {
  for (const position of text === null ? [] : (parsePositions(text) ?? [])) {
    const place = placeOfEpoch(position.epoch)
    const known = newest.get(place)
    if (known !== undefined && !isLaterPosition(position, known)) continue
    newest.delete(place)
    newest.set(place, position)
  }
  // What is dropped is of the place that this page has heard of least recently.
  for (const place of newest.keys()) if (newest.size > positionsMax) newest.delete(place)
}

/**
 * The global fetch, with `Holdfast-Position`: no response is older than an earlier write or live message of this page.
 * It names all places, because only the server knows which one the request is about.
 */
export const positionFetch: typeof fetch = async (input, init) => {
  const request = new Request(input, init)
  // Only before any position is known: the early request was sent without one.
  const early = newest.size === 0 ? takeEarlyResponse(request) : undefined
  if (early !== undefined) return noted(await early.response, early.sentAt)
  if (newest.size > 0 && request.method === 'GET') {
    const positions = Array.from(newest.values(), ({ epoch, transaction }) => positionText(epoch, transaction))
    request.headers.set('Holdfast-Position', positions.join())
  }
  const sentAt = performance.now()
  return noted(await fetch(request), sentAt)
}

function noted(response: Response, sentAt: number): Response {
  noteServerTime(response.headers.get('Date'), sentAt)
  notePosition(response.headers.get('Holdfast-Position'))
  return response
}
