import { LRUCache } from 'lru-cache'

/** How much of a limit is left; `giveBack` takes the count back, which is not made if the limit was reached before. */
export type WindowCount = {
  max: number
  remaining: number
  ttlInSeconds: number
  isExceeded: boolean
  giveBack(): void
}

/**
 * Counts by key in fixed windows of time. @fastify/rate-limit cannot take a count back.
 *
 * @param keysMax the least recently seen key is dropped first
 */
export function windowCounts(max: number, windowMs: number, keysMax: number, now: () => number = Date.now) {
  const windows = new LRUCache<string, { count: number; endsAtMs: number }>({ max: keysMax })
  return (key: string): WindowCount => {
    const known = windows.get(key)
    const window = known !== undefined && known.endsAtMs > now() ? known : { count: 0, endsAtMs: now() + windowMs }
    windows.set(key, window)
    const isExceeded = window.count >= max
    if (!isExceeded) window.count += 1
    return {
      max,
      remaining: max - window.count,
      ttlInSeconds: Math.ceil((window.endsAtMs - now()) / 1000),
      isExceeded,
      giveBack: () => {
        if (!isExceeded) window.count -= 1
      },
    }
  }
}
