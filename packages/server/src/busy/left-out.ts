import type { LeftOutEvents } from '@holdfast/engine'

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

/** Their times are known. */
const understood = new Set<LeftOutEvents['reason']>(['no_length', 'reversed', 'too_frequent'])

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

  /** How many events were not understood at all. */
  get unreadable(): number {
    return [...this.#found.values()].reduce((sum, one) => sum + (understood.has(one.reason) ? 0 : one.count), 0)
  }

  list(): LeftOutEvents[] {
    return [...this.#found.values()].toSorted((a, b) => b.count - a.count).slice(0, listedMax)
  }
}
