const parts = 30

/** Calls `beat` of each of many once in `periodMs`, spread over it, so that thousands do not beat at once. */
export class Heartbeats<Beating> {
  readonly #beat: (one: Beating) => void
  readonly #parts: Set<Beating>[] = Array.from({ length: parts }, () => new Set())
  readonly #timer: NodeJS.Timeout
  #added = 0
  #turn = 0

  constructor(periodMs: number, beat: (one: Beating) => void) {
    this.#beat = beat
    this.#timer = setInterval(() => this.#next(), periodMs / parts).unref()
  }

  /** @returns how to stop it */
  add(one: Beating): () => void {
    const part = this.#parts[this.#added++ % parts]
    part?.add(one)
    return () => part?.delete(one)
  }

  stop(): void {
    clearInterval(this.#timer)
  }

  #next(): void {
    for (const one of this.#parts[this.#turn++ % parts] ?? []) this.#beat(one)
  }
}
