const windowMs = 60_000

type Window = { longestMs: number; refused: number }

const nothing: Window = { longestMs: 0, refused: 0 }

/**
 * The longest wait in the queues of late, and how many items were refused: in the last minute, and in the one before
 * while that has just begun.
 */
export class RecentWaits {
  readonly #nowMs: () => number
  #beganAtMs: number
  #current: Window = nothing
  #before: Window = nothing

  constructor(nowMs: () => number = () => performance.now()) {
    this.#nowMs = nowMs
    this.#beganAtMs = nowMs()
  }

  add(ms: number): void {
    this.#add({ longestMs: ms, refused: 0 })
  }

  /** @param ms how long it has waited; 0: the queue was full */
  addRefused(ms: number): void {
    this.#add({ longestMs: ms, refused: 1 })
  }

  /** Milliseconds. */
  longest(): number {
    this.#turn()
    return Math.max(this.#current.longestMs, this.#before.longestMs)
  }

  refused(): number {
    this.#turn()
    return this.#current.refused + this.#before.refused
  }

  #add({ longestMs, refused }: Window): void {
    this.#turn()
    const { longestMs: ms, refused: count } = this.#current
    this.#current = { longestMs: Math.max(ms, longestMs), refused: count + refused }
  }

  #turn(): void {
    const passedMs = this.#nowMs() - this.#beganAtMs
    if (passedMs < windowMs) return
    this.#before = passedMs < 2 * windowMs ? this.#current : nothing
    this.#current = nothing
    this.#beganAtMs += passedMs
  }
}
