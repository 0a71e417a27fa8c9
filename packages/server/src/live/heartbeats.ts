const parts = 30

/** Calls `beat` for each member once per `periodMs`, spread over the period. */
export class Heartbeats<Member> {
  readonly #beat: (one: Member) => void
  readonly #parts: Set<Member>[] = Array.from({ length: parts }, () => new Set())
  readonly #timer: NodeJS.Timeout
  #added = 0
  #turn = 0

  constructor(periodMs: number, beat: (one: Member) => void) {
    this.#beat = beat
    this.#timer = setInterval(() => this.#next(), periodMs / parts).unref()
  }

  /** @returns a function that removes the member */
  add(one: Member): () => void {
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
