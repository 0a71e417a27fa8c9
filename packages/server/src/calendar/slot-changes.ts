import type { CalendarChange } from './calendar-change.ts'

/** Collects the changed slots of doctors. Of two values of a slot, the later one is emitted. */
export class SlotChanges {
  readonly #cause: 'event' | 'lapse'
  readonly #byDoctor = new Map<string, { slots: Map<string, number>; at: bigint }>()

  constructor(cause: 'event' | 'lapse') {
    this.#cause = cause
  }

  add(doctorId: string, slotId: string, available: number, at: bigint): void {
    const changed = this.#byDoctor.getOrInsertComputed(doctorId, () => ({ slots: new Map(), at }))
    changed.slots.set(slotId, available)
    if (at < changed.at) changed.at = at
  }

  /** One change for each doctor. */
  get changes(): CalendarChange[] {
    return Array.from(this.#byDoctor, ([doctorId, { slots, at }]) => ({
      kind: 'slots',
      doctorId,
      slots: Array.from(slots, ([id, available]) => ({ id, available })),
      at,
      cause: this.#cause,
    }))
  }
}
