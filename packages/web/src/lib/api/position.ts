import {
  isLaterPosition,
  type Position,
  parsePositions,
  positionsMax,
  positionText,
  shardOfEpoch,
} from '@holdfast/contract/position'
import { noteServerTime } from '../time/server-clock.ts'
import { takeEarlyResponse } from './early-responses.ts'

/**
 * The newest position of each shard's log in any response or live message of this page. The shards of the last ones
 * are at the end.
 */
const newest = new Map<number, Position>()

/** Records the positions that are later than those of their shards. */
export function notePosition(text: string | null): void {
  for (const position of text === null ? [] : (parsePositions(text) ?? [])) {
    const shard = shardOfEpoch(position.epoch)
    const known = newest.get(shard)
    if (known !== undefined && !isLaterPosition(position, known)) continue
    newest.delete(shard)
    newest.set(shard, position)
  }
  // What is dropped is of the shard that this page has heard of least recently.
  for (const shard of newest.keys()) if (newest.size > positionsMax) newest.delete(shard)
}

/**
 * The global fetch, with `Holdfast-Position`: no response is older than an earlier write or live message of this page.
 * It names all shards, because only the server knows which one the request is about.
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
