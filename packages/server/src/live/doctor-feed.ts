import type { LiveDoctor, LiveSlot } from '@holdfast/engine'
import { LapseWatch } from './lapse-watch.ts'
import type { LiveSubscriber } from './live-subscriber.ts'

/** If more slots than this changed, subscribers get a resync instead. */
const changedMax = 1_000

/** Changes that have not been sent to a doctor's subscribers. `at`: the position of the first one. */
export type FeedChanges = { slots: Map<string, 'event' | 'lapse'>; isResync: boolean; at: bigint }

/** A doctor with subscribers: who they are, which changes are pending, and when the next hold lapses. */
export class DoctorFeed {
  readonly doctorId: string
  readonly subscribers = new Set<LiveSubscriber>()
  readonly lapses: LapseWatch
  /** Whether the doctor and the held slots have been read. */
  isKnown = false
  /** Subscriptions in progress. */
  pendingSubscriptions = 0
  /** The earliest time of the next message, by the monotonic clock. */
  nextMessageAtMs = 0
  #changes: FeedChanges | null = null

  constructor(doctorId: string, listeners: ConstructorParameters<typeof LapseWatch>[0]) {
    this.doctorId = doctorId
    this.lapses = new LapseWatch(listeners)
  }

  get isWatched(): boolean {
    return this.subscribers.size > 0 || this.pendingSubscriptions > 0
  }

  get changedAt(): bigint | null {
    return this.#changes?.at ?? null
  }

  get changedSlots(): number {
    return this.#changes?.slots.size ?? 0
  }

  /**
   * @returns false if there are too many changes: subscribers have to read again, and the holds must be read again
   * too
   */
  noteSlot(slotId: string, cause: 'event' | 'lapse', at: bigint): boolean {
    const changes = this.#changesAt(at)
    if (changes.slots.size >= changedMax && !changes.slots.has(slotId)) {
      changes.isResync = true
      changes.slots.clear()
      return false
    }
    if (cause === 'event' || !changes.slots.has(slotId)) changes.slots.set(slotId, cause)
    return true
  }

  noteResync(at: bigint): void {
    this.#changesAt(at).isResync = true
  }

  takeChanges(): FeedChanges | null {
    const changes = this.#changes
    this.#changes = null
    return changes
  }

  /** Puts back changes that could not be published. */
  restoreChanges(changes: FeedChanges): void {
    const newer = this.#changes
    this.#changes = changes
    for (const [slotId, cause] of newer?.slots ?? []) this.noteSlot(slotId, cause, changes.at)
    if (newer?.isResync) this.noteResync(changes.at)
  }

  /** Records a slot that was just read. @returns whether to publish it: a lapse may have changed nothing */
  noteRead(slot: LiveSlot, cause: 'event' | 'lapse'): boolean {
    const isChanged = cause === 'event' || this.lapses.lastAvailable(slot.id) !== slot.available
    this.lapses.note(slot.id, slot.lapsesInMs, slot.available)
    return isChanged
  }

  /** Records a doctor's held slots, which may have been read some time ago. */
  noteDoctor(doctor: LiveDoctor): void {
    this.isKnown = true
    let lastLapseMs = 0
    for (const { id, available, lapsesInMs } of doctor.held) {
      if (lapsesInMs === null) continue
      this.lapses.noteOlder(id, lapsesInMs, available)
      lastLapseMs = Math.max(lastLapseMs, lapsesInMs)
    }
    if (doctor.isPartial) this.lapses.noteUnwatched(Math.max(lastLapseMs, 1_000))
  }

  #changesAt(at: bigint): FeedChanges {
    this.#changes ??= { slots: new Map(), isResync: false, at }
    return this.#changes
  }
}
