type DoctorChanges = {
  /** What is known is whole after this position. */
  knownAfter: bigint
  /** When each slot changed last. */
  slots: Map<string, bigint>
  lastAt: bigint
}

/** What changed after a position: these slots; or more than is remembered. */
export type ChangesSince = { kind: 'slots'; slotIds: string[] } | { kind: 'unknown' }

const slotsPerDoctorMax = 1_000

/**
 * Which slots changed lately, for connections that come back. A slot that changes a thousand times is remembered once;
 * bounded in slots, the doctors that changed longest ago are forgotten first.
 */
export class ChangeHistory {
  readonly #sizeMax: number
  /** Those that changed last stand last. */
  readonly #doctors = new Map<string, DoctorChanges>()
  #slots = 0
  /** Doctors that are not remembered may have changed up to here, and not since. */
  #knownAfter: bigint

  constructor(startsAfter: bigint, sizeMax: number) {
    this.#knownAfter = startsAfter
    this.#sizeMax = sizeMax
  }

  /** How many slots and doctors are remembered. */
  get size(): number {
    return this.#slots + this.#doctors.size
  }

  /** @param at positions never go back */
  noteSlot(doctorId: string, slotId: string, at: bigint): void {
    const changes = this.#touch(doctorId, at)
    if (changes.slots.size >= slotsPerDoctorMax && !changes.slots.has(slotId))
      this.#forgetSlots(changes, changes.lastAt)
    const before = changes.slots.size
    changes.slots.set(slotId, at)
    this.#slots += changes.slots.size - before
    changes.lastAt = at
    this.#trim()
  }

  /** The doctor's calendar itself changed: which of the slots are new or gone is not remembered. */
  noteDoctor(doctorId: string, at: bigint): void {
    const changes = this.#touch(doctorId, at)
    this.#forgetSlots(changes, at)
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

  #forgetSlots(changes: DoctorChanges, knownAfter: bigint): void {
    this.#slots -= changes.slots.size
    changes.slots.clear()
    changes.knownAfter = knownAfter
  }
}
