import type { LiveSubscriber } from './live-subscriber.ts'

/** If more slots than this changed, subscribers get a resync instead. */
const changedMax = 1_000

/** `at`: the position of the first change. */
export type FeedChanges = { available: Map<string, number>; isResync: boolean; at: bigint }

/** A doctor's subscribers and the changes that have not been sent to them. */
export class DoctorFeed {
  readonly doctorId: string
  readonly #subscribers = new Set<LiveSubscriber>()
  /** The earliest time of the next message, by the monotonic clock. */
  #nextMessageAtMs = 0
  #changes: FeedChanges | null = null

  constructor(doctorId: string) {
    this.doctorId = doctorId
  }

  get subscribers(): ReadonlySet<LiveSubscriber> {
    return this.#subscribers
  }

  get nextMessageAtMs(): number {
    return this.#nextMessageAtMs
  }

  /** The position of the first change that is not sent. */
  get changedAt(): bigint | null {
    return this.#changes?.at ?? null
  }

  add(subscriber: LiveSubscriber): void {
    this.#subscribers.add(subscriber)
  }

  delete(subscriber: LiveSubscriber): void {
    this.#subscribers.delete(subscriber)
  }

  noteSlots(slots: readonly { id: string; available: number }[], at: bigint): void {
    const changes = this.#changesAt(at)
    for (const { id, available } of slots) changes.available.set(id, available)
    if (changes.available.size <= changedMax) return
    changes.available.clear()
    changes.isResync = true
  }

  noteResync(at: bigint): void {
    this.#changesAt(at).isResync = true
  }

  takeChanges(): FeedChanges | null {
    const changes = this.#changes
    this.#changes = null
    return changes
  }

  pauseUntil(atMs: number): void {
    this.#nextMessageAtMs = atMs
  }

  #changesAt(at: bigint): FeedChanges {
    this.#changes ??= { available: new Map(), isResync: false, at }
    if (at < this.#changes.at) this.#changes.at = at
    return this.#changes
  }
}
