/** Two clocks drift apart at most this fast: NTP adjusts a clock by up to 500 µs per second. */
const driftPerMs = 0.0005

/**
 * Estimates the database's time from the times that reads return, by the monotonic clock: a step of this machine's
 * clock does not change it. A read's time lies between its beginning and its arrival, so that a fast read is exact. Its
 * estimate is kept until drift makes it less exact than a new one, or a new one contradicts it.
 */
export class DatabaseClock {
  #offsetMs = Date.now() - performance.now()
  #errorMs = Number.POSITIVE_INFINITY
  #takenAtMs = 0

  /** The database's time, milliseconds since 1970. */
  get nowMs(): number {
    return performance.now() + this.#offsetMs
  }

  /** A read that began at `beganAtMs`, by the monotonic clock, has arrived with the database's time. */
  take(asOf: Date, beganAtMs: number): void {
    const arrivedAtMs = performance.now()
    const offsetMs = asOf.getTime() - (beganAtMs + arrivedAtMs) / 2
    // `asOf` has whole milliseconds.
    const errorMs = (arrivedAtMs - beganAtMs) / 2 + 1
    const knownErrorMs = this.#errorMs + (arrivedAtMs - this.#takenAtMs) * driftPerMs
    const isContradicted = Math.abs(offsetMs - this.#offsetMs) > errorMs + knownErrorMs
    if (errorMs > knownErrorMs && !isContradicted) return
    this.#offsetMs = offsetMs
    this.#errorMs = errorMs
    this.#takenAtMs = arrivedAtMs
  }
}
