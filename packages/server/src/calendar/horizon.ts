import pTimeout from 'p-timeout'

const waitMsMax = 100
const standstillCheckMs = 30_000
/** More transactions than the log can report while a list waits: such a position comes from another database. */
const positionsAheadMax = 1_000_000n

/**
 * How far the log has been applied, and the lists that wait for a position in it.
 *
 * A transaction that stays open anywhere on the database's server holds the log back, and with it the changes of other
 * processes. While it does, and while nothing happens at all, `onStandstill` is called at least once a minute.
 */
export class Horizon {
  #position: bigint
  #advanced = Promise.withResolvers<void>()
  /** Where a list has waited in vain. */
  #heldBackAt: bigint | null = null
  readonly #timer: NodeJS.Timeout

  constructor(position: bigint, onStandstill: () => void) {
    this.#position = position
    let seen = position
    const check = () => {
      if (this.#position === seen) onStandstill()
      seen = this.#position
    }
    this.#timer = setInterval(check, standstillCheckMs).unref()
  }

  /** Every log entry below it has been applied. */
  get position(): bigint {
    return this.#position
  }

  advance(position: bigint): void {
    this.#position = position
    this.#advanced.resolve()
    this.#advanced = Promise.withResolvers()
  }

  /**
   * Whether the log reports the position in 100 ms. Only the first caller waits while a long transaction holds the
   * horizon back: the next ones would wait in vain, too.
   */
  async reaches(position: bigint): Promise<boolean> {
    const began = this.#position
    if (position - began > positionsAheadMax) return false
    const untilMs = performance.now() + waitMsMax
    while (this.#position <= position) {
      const milliseconds = untilMs - performance.now()
      if (milliseconds <= 0 && this.#position === began) this.#heldBackAt = began
      if (milliseconds <= 0 || this.#heldBackAt === this.#position) return false
      await pTimeout(this.#advanced.promise, { milliseconds, fallback: () => undefined })
    }
    return true
  }

  stop(): void {
    clearInterval(this.#timer)
  }
}
