const timerMsMax = 3_600_000

/** Calls a listener for each member when its time has come, by the monotonic clock. One timer serves all of them. */
export class LapseTimer<Member> {
  readonly #dueAtMs = new Map<Member, number>()
  readonly #onDue: (member: Member, nowMs: number) => void
  #timer: NodeJS.Timeout | undefined
  #firesAtMs = Number.POSITIVE_INFINITY

  constructor(onDue: (member: Member, nowMs: number) => void) {
    this.#onDue = onDue
  }

  /** Of several times, the earliest counts. */
  add(member: Member, atMs: number): void {
    if (atMs >= (this.#dueAtMs.get(member) ?? Number.POSITIVE_INFINITY)) return
    this.#dueAtMs.set(member, atMs)
    this.#arm(atMs)
  }

  delete(member: Member): void {
    this.#dueAtMs.delete(member)
  }

  stop(): void {
    this.#dueAtMs.clear()
    clearTimeout(this.#timer)
  }

  #arm(atMs: number): void {
    if (atMs >= this.#firesAtMs) return
    clearTimeout(this.#timer)
    this.#firesAtMs = atMs
    const inMs = Math.min(timerMsMax, Math.max(0, Math.ceil(atMs - performance.now())))
    this.#timer = setTimeout(() => this.#fire(), inMs).unref()
  }

  #fire(): void {
    const nowMs = performance.now()
    this.#firesAtMs = Number.POSITIVE_INFINITY
    let nextMs = Number.POSITIVE_INFINITY
    const due: Member[] = []
    for (const [member, atMs] of this.#dueAtMs) {
      if (atMs <= nowMs) due.push(member)
      else if (atMs < nextMs) nextMs = atMs
    }
    this.#arm(nextMs)
    for (const member of due) {
      this.#dueAtMs.delete(member)
      this.#onDue(member, nowMs)
    }
  }
}
