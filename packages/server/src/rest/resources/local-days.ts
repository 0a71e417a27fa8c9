import { daysBetween } from '@holdfast/vocabulary'
import { LRUCache } from 'lru-cache'
import { invalidRequest } from '../../edge/bodies/validator.ts'

/** Lengths of ranges, in days: most requests have the same few, and computing one took 5 % of a cached read. */
const knownLengths = new LRUCache<string, number>({ max: 1_000, memoMethod: (range) => daysIn(range) })

/**
 * Checks two days that passed their schema: in order, and not more than allowed.
 *
 * @param path of the second day in the request
 * @throws ProblemError invalid_request
 */
export function requireDays(from: string, to: string, daysMax: number, path = '/query/to'): void {
  const days = knownLengths.memo(`${from}/${to}`)
  if (days < 1) throw invalidRequest([{ path, message: `must not be before from (${from}), not "${to}"` }])
  if (days > daysMax) {
    throw invalidRequest([
      { path, message: `must be at most ${daysMax} days from the first, not ${days} (${from} to ${to})` },
    ])
  }
}

function daysIn(range: string): number {
  const [from = '', to = ''] = range.split('/')
  return daysBetween(from, to)
}
