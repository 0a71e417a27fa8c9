type DoctorChanges = {
  /** All changes after this position are known. */
  knownAfter: bigint
  /** When each slot changed last. */
  slots: Map<string, bigint>
  lastAt: bigint
}

/** The slots that changed after a position; `unknown`: the history does not go back that far. */
export type ChangesSince = { kind: 'slots'; slotIds: string[] } | { kind: 'unknown' }

const slotsPerDoctorMax = 1_000

/**
 * The slots that changed recently, for clients that reconnect. Stores each slot once, however often it changes.
 * Bounded in slots: the doctors with the oldest changes are dropped first.
 */
export class ChangeHistory {
  readonly #sizeMax: number
  /** The doctors in the order of their last change. */
  readonly #doctors = new Map<string, DoctorChanges>()
  #slots = 0
  /** Doctors that are not in the map may have changed up to this position, but not after it. */
  #knownAfter: bigint

  constructor(startsAfter: bigint, sizeMax: number) {
    this.#knownAfter = startsAfter
    this.#sizeMax = sizeMax
  }

  /** Number of slots and doctors stored. */
  get size(): number {
    return this.#slots + this.#doctors.size
  }

  /** @param at must not be less than in the call before */
  noteSlot(doctorId: string, slotId: string, at: bigint): void {
    const changes = this.#touch(doctorId, at)
    if (changes.slots.size >= slotsPerDoctorMax && !changes.slots.has(slotId)) this.#clearSlots(changes, changes.lastAt)
    const before = changes.slots.size
    changes.slots.set(slotId, at)
    this.#slots += changes.slots.size - before
    changes.lastAt = at
    this.#trim()
  }

  /** The doctor's calendar changed. The slots that were added or removed are not recorded. */
  noteDoctor(doctorId: string, at: bigint): void {
    const changes = this.#touch(doctorId, at)
    this.#clearSlots(changes, at)
    changes.lastAt = at
    this.#trim()
  }

  /** Anything may have changed. */
  noteAll(at: bigint): void {
    this.#doctors.clear()
    this.#slots = 0
    this.#knownAfter = at
  }

  since(doctorId: string, after: bigint): ChangesSince {
    const changes = this.#doctors.get(doctorId)
    if (after < (changes?.knownAfter ?? this.#knownAfter)) return { kind: 'unknown' }
    const slotIds: string[] = []
    for (const [slotId, at] of changes?.slots ?? []) if (at > after) slotIds.push(slotId)
    return { kind: 'slots', slotIds }
  }

  #touch(doctorId: string, at: bigint): DoctorChanges {
    let changes = this.#doctors.get(doctorId)
    if (changes?.lastAt === at) return changes
    changes ??= { knownAfter: this.#knownAfter, slots: new Map(), lastAt: at }
    this.#doctors.delete(doctorId)
    this.#doctors.set(doctorId, changes)
    return changes
  }

  #trim(): void {
    for (const [doctorId, changes] of this.#doctors) {
      if (this.size <= this.#sizeMax) return
      this.#slots -= changes.slots.size
      this.#doctors.delete(doctorId)
      if (changes.lastAt > this.#knownAfter) this.#knownAfter = changes.lastAt
    }
  }

  #clearSlots(changes: DoctorChanges, knownAfter: bigint): void {
    this.#slots -= changes.slots.size
    changes.slots.clear()
    changes.knownAfter = knownAfter
  }
}
