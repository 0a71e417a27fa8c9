/**
 * Estimates the server's time from `Date` headers. They are truncated to the second, so each response puts the server's
 * clock within one second, between sending the request and receiving the response. The narrowest bounds so far are
 * stored. The reader's clock is never trusted; `performance.now()` does not change when that clock is set.
 */
export type ServerClock = {
  /** @param date the `Date` header @param sentAt `performance.now()` when the request was sent */
  note(date: string | null, sentAt: number): void
  /** Whole milliseconds since 1970 by the server's clock; by the reader's before the first response. */
  now(): number
}

/** @param monotonic `performance.now()` @param wall `Date.now()` */
export function createServerClock(monotonic: () => number, wall: () => number): ServerClock {
  /** Bounds of (server time − monotonic time). */
  let low = Number.NEGATIVE_INFINITY
  let high = Number.POSITIVE_INFINITY
  return {
    note(date, sentAt) {
      const serverMs = date === null ? Number.NaN : Date.parse(date)
      if (Number.isNaN(serverMs)) return
      const nextLow = serverMs - monotonic()
      const nextHigh = serverMs + 1000 - sentAt
      // Contradicting bounds mean that a clock was set: earlier bounds are discarded.
      const contradicts = nextLow > high || nextHigh < low
      low = contradicts ? nextLow : Math.max(low, nextLow)
      high = contradicts ? nextHigh : Math.min(high, nextHigh)
    },
    now() {
      return Math.round(low === Number.NEGATIVE_INFINITY ? wall() : monotonic() + (low + high) / 2)
    },
  }
}

const clock = createServerClock(
  () => performance.now(),
  () => Date.now(),
)

export const noteServerTime = clock.note
export const serverNow = clock.now
