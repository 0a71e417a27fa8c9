import type { LiveDoctor, LiveSlot } from '@holdfast/engine'
import { LapseWatch } from './lapse-watch.ts'
import type { LiveSubscriber } from './live-subscriber.ts'

/** More changed slots than this in one go are not told one by one. */
const changedMax = 1_000

/** What a doctor's watchers have to be told. `at`: the first position it stands at. */
export type FeedChanges = { slots: Map<string, 'event' | 'lapse'>; isResync: boolean; at: bigint }

/** A doctor who is watched: by whom, what they have yet to be told, and when the next hold lapses. */
export class DoctorFeed {
  readonly doctorId: string
  readonly subscribers = new Set<LiveSubscriber>()
  readonly lapses: LapseWatch
  /** Whether it has been looked whether the doctor exists, and which of the slots are held. */
  isKnown = false
  /** How many are waiting to subscribe. */
  openings = 0
  /** The earliest time of the next message, by the monotonic clock. */
  nextMessageAtMs = 0
  #changes: FeedChanges | null = null

  constructor(doctorId: string, listeners: ConstructorParameters<typeof LapseWatch>[0]) {
    this.doctorId = doctorId
    this.lapses = new LapseWatch(listeners)
  }

  get isWatched(): boolean {
    return this.subscribers.size > 0 || this.openings > 0
  }

  get changedAt(): bigint | null {
    return this.#changes?.at ?? null
  }

  get changedSlots(): number {
    return this.#changes?.slots.size ?? 0
  }

  /** @returns false: there are too many to tell; the watchers are told to read again, and holds are no longer known */
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

  /** Changes that could not be told are to be told again. */
  giveBack(changes: FeedChanges): void {
    const newer = this.#changes
    this.#changes = changes
    for (const [slotId, cause] of newer?.slots ?? []) this.noteSlot(slotId, cause, changes.at)
    if (newer?.isResync) this.noteResync(changes.at)
  }

  /** A slot as it was just read. @returns whether its watchers are told: a lapse may turn out to be none */
  noteRead(slot: LiveSlot, cause: 'event' | 'lapse'): boolean {
    const isNews = cause === 'event' || this.lapses.toldOf(slot.id) !== slot.available
    this.lapses.note(slot.id, slot.lapsesInMs, slot.available)
    return isNews
  }

  /** The slots that are held, as they were read some time ago. */
  noteDoctor(doctor: LiveDoctor): void {
    this.isKnown = true
    let lastLapseMs = 0
    for (const { id, available, lapsesInMs } of doctor.held) {
      if (lapsesInMs === null) continue
      this.lapses.noteOlder(id, lapsesInMs, available)
      lastLapseMs = Math.max(lastLapseMs, lapsesInMs)
    }
    if (doctor.isPartial) this.lapses.noteForgotten(Math.max(lastLapseMs, 1_000))
  }

  #changesAt(at: bigint): FeedChanges {
    this.#changes ??= { slots: new Map(), isResync: false, at }
    return this.#changes
  }
}
