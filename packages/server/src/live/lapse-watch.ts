/** When a hold lapses, by this process's monotonic clock, and how many units were available when it was last read. */
type Held = { lapsesAtMs: number; available: number }

const slotsMax = 5_000
// Slightly late, so that the hold has also lapsed by the database's clock.
const marginMs = 3
const timerMsMax = 3_600_000

/**
 * Calls a listener when a hold on one of a doctor's slots lapses, whether or not the sweep job runs. Uses one timer
 * for all slots.
 */
export class LapseWatch {
  readonly #held = new Map<string, Held>()
  readonly #onLapsed: (slotIds: string[]) => void
  readonly #onUnwatchedLapse: () => void
  /** The earliest lapse that exceeded the limit and is not watched. */
  #unwatchedAtMs = Number.POSITIVE_INFINITY
  #timer: NodeJS.Timeout | undefined
  #firesAtMs = Number.POSITIVE_INFINITY

  /** `onUnwatchedLapse`: a slot that is not watched may have lapsed. */
  constructor(listeners: { onLapsed: (slotIds: string[]) => void; onUnwatchedLapse: () => void }) {
    this.#onLapsed = listeners.onLapsed
    this.#onUnwatchedLapse = listeners.onUnwatchedLapse
  }

  get size(): number {
    return this.#held.size
  }

  /** Units available when the slot was last read, to detect a lapse that changed nothing. */
  lastAvailable(slotId: string): number | undefined {
    return this.#held.get(slotId)?.available
  }

  /** Records a slot that was just read. @param lapsesInMs null: it has no hold */
  note(slotId: string, lapsesInMs: number | null, available: number): void {
    if (lapsesInMs === null) {
      this.#held.delete(slotId)
      return
    }
    const lapsesAtMs = performance.now() + lapsesInMs + marginMs
    if (this.#held.size >= slotsMax && !this.#held.has(slotId)) this.noteUnwatched(lapsesInMs)
    else {
      this.#held.set(slotId, { lapsesAtMs, available })
      this.#arm(lapsesAtMs)
    }
  }

  /**
   * Records a slot that may have been read earlier. The earlier lapse is used, because checking once too often is
   * safe.
   */
  noteOlder(slotId: string, lapsesInMs: number, available: number): void {
    const known = this.#held.get(slotId)
    if (known === undefined || known.lapsesAtMs > performance.now() + lapsesInMs)
      this.note(slotId, lapsesInMs, available)
  }

  /** Records that slots which are not watched may lapse from then on. */
  noteUnwatched(lapsesInMs: number): void {
    this.#unwatchedAtMs = Math.min(this.#unwatchedAtMs, performance.now() + lapsesInMs)
    this.#arm(this.#unwatchedAtMs)
  }

  stop(): void {
    clearTimeout(this.#timer)
    this.#held.clear()
    this.#unwatchedAtMs = Number.POSITIVE_INFINITY
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
    const isUnwatchedLapse = this.#unwatchedAtMs <= now
    if (isUnwatchedLapse) this.#unwatchedAtMs = Number.POSITIVE_INFINITY
    nextMs = Math.min(nextMs, this.#unwatchedAtMs)
    if (nextMs < Number.POSITIVE_INFINITY) this.#arm(nextMs)
    if (lapsed.length > 0) this.#onLapsed(lapsed)
    if (isUnwatchedLapse) this.#onUnwatchedLapse()
  }
}
