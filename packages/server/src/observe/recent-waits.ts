const windowMs = 60_000

/** The longest wait in the queues of late: in the last minute, and in the one before while that has just begun. */
export class RecentWaits {
  readonly #nowMs: () => number
  #longest: { beganAtMs: number; ms: number; beforeMs: number }

  constructor(nowMs: () => number = () => performance.now()) {
    this.#nowMs = nowMs
    this.#longest = { beganAtMs: nowMs(), ms: 0, beforeMs: 0 }
  }

  add(ms: number): void {
    this.#turn()
    this.#longest.ms = Math.max(this.#longest.ms, ms)
  }

  /** Milliseconds. */
  longest(): number {
    this.#turn()
    return Math.max(this.#longest.ms, this.#longest.beforeMs)
  }

  #turn(): void {
    const now = this.#nowMs()
    const { beganAtMs, ms } = this.#longest
    const passed = now - beganAtMs
    if (passed < windowMs) return
    this.#longest = { beganAtMs: now, ms: 0, beforeMs: passed < 2 * windowMs ? ms : 0 }
  }
}
