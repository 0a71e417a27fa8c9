/** When a hold ends by itself, by this process's monotonic clock, and what was told of its slot before. */
type Held = { lapsesAtMs: number; available: number }

const slotsMax = 5_000
// A little late rather than early: by then it has lapsed by the database's clock too.
const marginMs = 3
const timerMsMax = 3_600_000

/**
 * Knows when the next hold on a doctor's slots lapses, and says so at that moment, whether or not anybody sweeps. One
 * timer, however many slots.
 */
export class LapseWatch {
  readonly #held = new Map<string, Held>()
  readonly #onLapsed: (slotIds: string[]) => void
  readonly #onForgotten: () => void
  /** The first lapse that there was no room for. */
  #forgottenAtMs = Number.POSITIVE_INFINITY
  #timer: NodeJS.Timeout | undefined
  #firesAtMs = Number.POSITIVE_INFINITY

  /** `onForgotten`: a slot that there was no room for may have lapsed by now. */
  constructor(listeners: { onLapsed: (slotIds: string[]) => void; onForgotten: () => void }) {
    this.#onLapsed = listeners.onLapsed
    this.#onForgotten = listeners.onForgotten
  }

  get size(): number {
    return this.#held.size
  }

  /** What was told of a slot when it was last read, for a lapse that turns out to be none. */
  toldOf(slotId: string): number | undefined {
    return this.#held.get(slotId)?.available
  }

  /** A slot as it was read just now. @param lapsesInMs null: it is not held */
  note(slotId: string, lapsesInMs: number | null, available: number): void {
    if (lapsesInMs === null) {
      this.#held.delete(slotId)
      return
    }
    const lapsesAtMs = performance.now() + lapsesInMs + marginMs
    if (this.#held.size >= slotsMax && !this.#held.has(slotId)) this.noteForgotten(lapsesInMs)
    else {
      this.#held.set(slotId, { lapsesAtMs, available })
      this.#arm(lapsesAtMs)
    }
  }

  /** The same, where what is known already may be newer: the earlier end counts, looking once too often does no harm. */
  noteOlder(slotId: string, lapsesInMs: number, available: number): void {
    const known = this.#held.get(slotId)
    if (known === undefined || known.lapsesAtMs > performance.now() + lapsesInMs)
      this.note(slotId, lapsesInMs, available)
  }

  /** There are slots that lapse from then on and are not watched. */
  noteForgotten(lapsesInMs: number): void {
    this.#forgottenAtMs = Math.min(this.#forgottenAtMs, performance.now() + lapsesInMs)
    this.#arm(this.#forgottenAtMs)
  }

  stop(): void {
    clearTimeout(this.#timer)
    this.#held.clear()
    this.#forgottenAtMs = Number.POSITIVE_INFINITY
  }

  #arm(atMs: number): void {
    if (atMs >= this.#firesAtMs) return
    clearTimeout(this.#timer)
    this.#firesAtMs = atMs
    const inMs = Math.min(timerMsMax, Math.max(0, Math.ceil(atMs - performance.now())))
    this.#timer = setTimeout(() => this.#fire(), inMs).unref()
  }

  #fire(): void {
    const now = performance.now()
    this.#firesAtMs = Number.POSITIVE_INFINITY
    let nextMs = Number.POSITIVE_INFINITY
    const lapsed: string[] = []
    for (const [slotId, { lapsesAtMs }] of this.#held) {
      if (lapsesAtMs <= now) lapsed.push(slotId)
      else if (lapsesAtMs < nextMs) nextMs = lapsesAtMs
    }
    const isForgotten = this.#forgottenAtMs <= now
    if (isForgotten) this.#forgottenAtMs = Number.POSITIVE_INFINITY
    nextMs = Math.min(nextMs, this.#forgottenAtMs)
    if (nextMs < Number.POSITIVE_INFINITY) this.#arm(nextMs)
    if (lapsed.length > 0) this.#onLapsed(lapsed)
    if (isForgotten) this.#onForgotten()
  }
}
