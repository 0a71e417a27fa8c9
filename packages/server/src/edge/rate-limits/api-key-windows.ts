import type { OpenApiKey } from '@holdfast/engine'
import type { FastifyRequest } from 'fastify'
import { createLimit, type Limit, type Window } from './count-windows.ts'

/** How many requests of any kind an API key may send in a second, as a multiple of its bookings. */
const requestsFactor = 10
/** Keys of the same limit that are counted; the least recently used is dropped first. */
const keysMax = 1_000
const windowMs = 1_000
const bookings: ReadonlySet<string> = new Set(['createBooking', 'createBookingSeries', 'createCase'])

/** What a request of an API key counts for, by the limit that is set for the key: requests, and bookings. */
export function apiKeyWindows(): (
  request: FastifyRequest,
  key: Pick<OpenApiKey, 'id' | 'bookingsPerSecond'>,
) => Window[] {
  const limits = new Map<number, Record<'requests' | 'bookings', Limit>>()
  const newLimits = (max: number) => {
    const limit = (name: string, of: number) =>
      createLimit(
        { name: `api-key-${name}-${max}`, max: of, windowMs, what: `${name} a second of one API key` },
        keysMax,
      )
    return { requests: limit('requests', requestsFactor * max), bookings: limit('bookings', max) }
  }
  return ({ routeOptions }, { id, bookingsPerSecond }) => {
    const ofKey = limits.getOrInsertComputed(bookingsPerSecond, newLimits)
    const isBooking = bookings.has(routeOptions.config?.operationId ?? '')
    return [{ limit: ofKey.requests, key: id }, ...(isBooking ? [{ limit: ofKey.bookings, key: id }] : [])]
  }
}
