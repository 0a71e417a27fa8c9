/**
 * Why events of a calendar are left out. `unknown_zone`: `detail` is the name. `no_length`: they end when they start.
 * `reversed`: they end before. `rule`: a rule of repetition, without which they block. `unreadable`: no valid event.
 */
export type LeftOutEvents = {
  reason: 'unknown_zone' | 'no_length' | 'reversed' | 'rule' | 'unreadable'
  detail: string | null
  count: number
}

/** An event, or a part of it, that cannot be read as it was meant. `detail`: what of it. */
export class UnreadableEvent extends Error {
  override name = 'UnreadableEvent'
  readonly reason: LeftOutEvents['reason']
  readonly detail: string | null

  constructor(reason: LeftOutEvents['reason'], detail: string | null = null) {
    super(detail ?? reason)
    this.reason = reason
    this.detail = detail
  }
}

/** The more frequent ones are listed. */
const listedMax = 10
const detailLengthMax = 100

/** Counts the events that are left out, each once, by its first reason. */
export class LeftOut {
  readonly #events = new Set<object>()
  readonly #found = new Map<string, LeftOutEvents>()

  add(event: object, error: unknown): void {
    if (this.#events.has(event)) return
    this.#events.add(event)
    const reason = error instanceof UnreadableEvent ? error.reason : 'unreadable'
    // Only the names of zones are shown: other values may be private.
    const detail = error instanceof UnreadableEvent && reason === 'unknown_zone' ? error.detail : null
    const shown = detail?.slice(0, detailLengthMax) ?? null
    const key = `${reason} ${shown}`
    const known = this.#found.get(key)
    if (known === undefined) this.#found.set(key, { reason, detail: shown, count: 1 })
    else known.count += 1
  }

  get count(): number {
    return this.#events.size
  }

  /** Those of which nothing was understood. */
  get unreadable(): number {
    const hasTimes = (one: LeftOutEvents) => one.reason === 'no_length' || one.reason === 'reversed'
    return [...this.#found.values()].reduce((sum, one) => sum + (hasTimes(one) ? 0 : one.count), 0)
  }

  list(): LeftOutEvents[] {
    return [...this.#found.values()].toSorted((a, b) => b.count - a.count).slice(0, listedMax)
  }
}
