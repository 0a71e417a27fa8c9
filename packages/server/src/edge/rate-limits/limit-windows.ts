import { isIPv6 } from 'node:net'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { networkOf } from '../../audit/network-prefix.ts'
import { clientAddress } from '../connections/client-address.ts'
import { problem } from '../errors/problem-error.ts'
import { type Counted, createLimit, type Limit, type Window, type WindowState } from './count-windows.ts'

/** Callers per bucket; the least recently seen is dropped first. About 10 MB in total when all are full. */
const callersMax = 20_000
export const minuteMs = 60_000
export const quarterHourMs = 15 * minuteMs

export type AddressedRequest = Pick<FastifyRequest, 'ip'>
export type Groups = readonly (readonly Window[])[]

/** What one window refuses counts for those before it. */
export function oneByOne(windows: readonly Window[]): Groups {
  return windows.map((window) => [window])
}

/** A limit of so many requests of one caller in a window. */
export function limit(name: string, max: number, windowMs: number, what: string): Limit {
  return createLimit({ name, max, windowMs, what }, callersMax)
}

/**
 * Counts by address, and an IPv6 client by its larger networks too, with twice and four times the limit: one customer
 * may have a /56 or a /48, and take addresses from any part of it.
 */
export function windowsByAddress(
  name: string,
  max: number,
  windowMs: number,
  what: string,
): (request: AddressedRequest) => Window[] {
  const ofAddress = limit(name, max, windowMs, `${what} from one address`)
  const ofSite = limit(`${name}-56`, 2 * max, windowMs, `${what} from one network`)
  const ofNetwork = limit(`${name}-48`, 4 * max, windowMs, `${what} from one network`)
  return (request) => {
    const windows = [{ limit: ofAddress, key: clientAddress(request) }]
    const site = networkOf(request.ip, 56)
    if (isIPv6(site)) windows.push({ limit: ofSite, key: site }, { limit: ofNetwork, key: networkOf(request.ip, 48) })
    return windows
  }
}

/** @returns undefined: not exceeded; rejects with ProblemError rate_limited */
export function apply(counted: Counted | Promise<Counted>, reply: FastifyReply | null): Promise<void> | undefined {
  if (counted instanceof Promise) return counted.then(({ states }) => applyStates(states, reply))
  try {
    applyStates(counted.states, reply)
    return undefined
  } catch (error) {
    return Promise.reject(error)
  }
}

/** Writes the headers of the window with the fewest requests left. @throws ProblemError rate_limited */
export function applyStates(states: readonly WindowState[], reply: FastifyReply | null): void {
  for (const { max, remaining, ttlInSeconds, isExceeded, what } of states) {
    const lowest = reply?.getHeader('ratelimit-remaining')
    if (typeof lowest !== 'number' || remaining <= lowest) {
      void reply?.headers({
        'ratelimit-limit': max,
        'ratelimit-remaining': remaining,
        'ratelimit-reset': ttlInSeconds,
      })
    }
    if (isExceeded) throw problem('rate_limited', `More than ${max} ${what}.`, { retryAfterSeconds: ttlInSeconds })
  }
}
