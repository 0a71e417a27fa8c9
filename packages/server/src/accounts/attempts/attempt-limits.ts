import { LRUCache } from 'lru-cache'

export type AttemptLimits = {
  /**
   * Counts an attempt as failed until {@link AttemptLimits.succeeded} or {@link AttemptLimits.withdrawn}, so that
   * attempts sent at the same time are limited like those sent one after another.
   *
   * @returns 0, or how many seconds the caller has to wait first; then nothing was counted
   */
  begin(key: string): number | Promise<number>
  /** The password was right: the failures before it are forgotten. */
  succeeded(key: string): void | Promise<void>
  /** The password was not checked. */
  withdrawn(key: string): void | Promise<void>
}

/** The limits of one process, in memory. */
export type LocalAttemptLimits = {
  freeMax: number
  begin(key: string): number
  succeeded(key: string): void
  withdrawn(key: string): void
}

type Failures = { count: number; waitUntilMs: number }

const keysMax = 50_000
export const forgottenAfterMs = 24 * 3600_000
export const firstWaitSeconds = 2
export const waitSecondsMax = 900

/**
 * Limits how often a password can be guessed. After `freeMax` failures the next attempt has to wait two seconds, and
 * twice as long after each further failure, up to a quarter of an hour. Counts in memory; shared-attempt-limits.ts
 * counts in all processes together.
 */
export function createAttemptLimits(freeMax: number, now: () => number = Date.now): LocalAttemptLimits {
  const failures = new LRUCache<string, Failures>({ max: keysMax, ttl: forgottenAfterMs })

  const set = (key: string, count: number) => {
    const doublings = count - freeMax
    const waitSeconds = doublings < 0 ? 0 : Math.min(waitSecondsMax, firstWaitSeconds * 2 ** doublings)
    failures.set(key, { count, waitUntilMs: now() + waitSeconds * 1000 })
  }
  return {
    freeMax,
    begin(key) {
      const known = failures.get(key) ?? { count: 0, waitUntilMs: 0 }
      const waitMs = known.waitUntilMs - now()
      if (waitMs > 0) return Math.ceil(waitMs / 1000)
      set(key, known.count + 1)
      return 0
    },
    succeeded(key) {
      failures.delete(key)
    },
    withdrawn(key) {
      const known = failures.get(key)
      if (known !== undefined) failures.set(key, { count: known.count - 1, waitUntilMs: 0 })
    },
  }
}

/** The limits for HOLDFAST_RATE_LIMIT=off. */
export const noAttemptLimits: AttemptLimits = {
  begin: () => 0,
  succeeded: () => undefined,
  withdrawn: () => undefined,
}
