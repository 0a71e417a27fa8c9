/**
 * The server's time as far as its `Date` headers tell: they are cut to the second, so each answer says the server's
 * clock was somewhere in one second between our asking and its arrival. The narrowest bounds so far are kept; the
 * reader's own clock is never trusted, and `performance.now()` isn't changed when somebody sets it.
 */
export type ServerClock = {
  /** @param date the `Date` header @param askedAt `performance.now()` when the request was sent */
  note(date: string | null, askedAt: number): void
  /** Whole milliseconds since 1970, by the server's clock; the reader's until a first answer came. */
  now(): number
}

/** @param monotonic `performance.now()` @param wall `Date.now()` */
export function createServerClock(monotonic: () => number, wall: () => number): ServerClock {
  /** Bounds of (server time − monotonic time). */
  let low = Number.NEGATIVE_INFINITY
  let high = Number.POSITIVE_INFINITY
  return {
    note(date, askedAt) {
      const told = date === null ? Number.NaN : Date.parse(date)
      if (Number.isNaN(told)) return
      const nextLow = told - monotonic()
      const nextHigh = told + 1000 - askedAt
      // Contradicting bounds mean that a clock was set: what was known before counts no longer.
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
