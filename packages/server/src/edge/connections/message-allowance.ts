/** A token bucket: `burstMax` messages at once, then `perSecond`. */
export class MessageAllowance {
  readonly #burstMax: number
  readonly #perSecond: number
  #left: number
  #filledAtMs = performance.now()

  constructor(burstMax: number, perSecond: number) {
    this.#burstMax = burstMax
    this.#perSecond = perSecond
    this.#left = burstMax
  }

  /** @returns false if the limit is exceeded */
  take(): boolean {
    const now = performance.now()
    this.#left = Math.min(this.#burstMax, this.#left + ((now - this.#filledAtMs) / 1_000) * this.#perSecond)
    this.#filledAtMs = now
    if (this.#left < 1) return false
    this.#left -= 1
    return true
  }
}
