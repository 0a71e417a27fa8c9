import { type CalendarReads, DatabaseUnavailable } from '@holdfast/engine'
import { pauseAfter } from '../lifecycle/pause-after.ts'
import type { Logger } from '../observe/logger.ts'
import type { DoctorCalendar } from './doctor-calendar.ts'
import { Pacing } from './pacing.ts'

/**
 * A slot that has changed, and must be read. `at`: the position of the change in the log, if subscribers have to be
 * notified of it; null: they are only if a hold has lapsed. `mustWait`: lists that are requested now must show it.
 */
export type ChangedSlot = { slotId: string; calendar: DoctorCalendar; at: bigint | null; mustWait: boolean }

export type SlotsRead = Awaited<ReturnType<CalendarReads['slots']>>

export type PatchReaderDeps = {
  reads: Pick<CalendarReads, 'slots'>
  /** Minimum time between two reads, unless a list waits. */
  readMs: number
  log: Logger
  onRead: (read: SlotsRead, beganAtMs: number, patched: ReadonlyMap<string, ChangedSlot>) => void
}

/** Slots per read. */
const slotsMax = 5_000
const retryMs = { min: 250, max: 5_000 }
/** Reads that a list waits for: enough for the 50,000 slots that may have changed at a time, and one more. */
const listReadsMax = 11

/** A list that waits: for all slots of the doctor, or only for those that lists must show. */
type WaitingList = { calendar: DoctorCalendar; all: boolean }

/** Reads the changed slots of all doctors by their primary keys, one read at a time. Failed reads are repeated. */
export class PatchReader {
  readonly #deps: PatchReaderDeps
  readonly #pacing = new Pacing()
  #waiting = new Map<string, ChangedSlot>()
  #patching = new Map<string, ChangedSlot>()
  /** The calendars with such slots, and those of them whose lists must wait. */
  readonly #changed = new Set<DoctorCalendar>()
  readonly #blocked = new Set<DoctorCalendar>()
  readonly #lists = new Set<WaitingList>()
  /** Resolves to the calendars with slots that lists wait for, and that this read has left for the next. */
  #reading: Promise<ReadonlySet<DoctorCalendar>> | null = null
  #nextReadAtMs = 0
  #failures = 0
  #timer: NodeJS.Timeout | undefined

  constructor(deps: PatchReaderDeps) {
    this.#deps = deps
  }

  get size(): number {
    return this.#waiting.size + this.#patching.size
  }

  /** The oldest position among the changes that subscribers have to be notified of; null: there are none. */
  get oldestAt(): bigint | null {
    let oldest: bigint | null = null
    for (const slots of [this.#patching, this.#waiting]) {
      for (const { at } of slots.values()) if (at !== null && (oldest === null || at < oldest)) oldest = at
    }
    return oldest
  }

  has(slotId: string): boolean {
    return this.#waiting.has(slotId) || this.#patching.has(slotId)
  }

  /** The slot changed after the read in progress may have read it. */
  add(slot: ChangedSlot): void {
    const known = this.#waiting.get(slot.slotId)
    this.#waiting.set(slot.slotId, known === undefined ? slot : merged(known, slot))
    this.#count(slot)
    this.#arm()
  }

  /** The log has reported a change that the slot's read includes, whether it is in progress or not. */
  report(slot: ChangedSlot): void {
    const patching = this.#patching.get(slot.slotId)
    if (patching === undefined) this.add(slot)
    else this.#patching.set(slot.slotId, merged(patching, slot))
  }

  /** Whether a list of the doctor has to wait. @param all for each change, not only for those that lists must show */
  mustWait(calendar: DoctorCalendar, all: boolean): boolean {
    return (all ? this.#changed : this.#blocked).has(calendar)
  }

  /**
   * Reads at once what a list of the doctor has to wait for: the slots that have changed until now.
   *
   * @throws what the read throws, and DatabaseUnavailable if there are too many
   */
  async readChanged(calendar: DoctorCalendar, all: boolean): Promise<void> {
    const list = { calendar, all }
    this.#lists.add(list)
    try {
      // A slot may have changed after the read in progress has read it.
      await this.#reading
      for (let reads = 0; this.mustWait(calendar, all); reads += 1) {
        if (reads === listReadsMax) throw tooManyChanges('More slots have changed than can be read in time.')
        const left = await (this.#reading ?? this.#start())
        if (!left.has(calendar)) return
      }
    } finally {
      this.#lists.delete(list)
    }
  }

  clear(): void {
    this.#waiting.clear()
    this.#patching = new Map()
    this.#recount()
    clearTimeout(this.#timer)
  }

  #count({ calendar, mustWait }: ChangedSlot): void {
    this.#changed.add(calendar)
    if (mustWait) this.#blocked.add(calendar)
  }

  #recount(): void {
    this.#changed.clear()
    this.#blocked.clear()
    for (const slot of this.#waiting.values()) this.#count(slot)
  }

  #arm(): void {
    if (this.#reading !== null || this.#waiting.size === 0) return
    clearTimeout(this.#timer)
    const inMs = Math.max(0, this.#nextReadAtMs - performance.now())
    this.#timer = setTimeout(() => this.#start().catch(() => undefined), inMs)
  }

  #start(): Promise<ReadonlySet<DoctorCalendar>> {
    clearTimeout(this.#timer)
    this.#reading = this.#readOnce()
      .then((left) => {
        this.#failures = 0
        return left
      })
      .catch((error: unknown) => {
        const later = this.#waiting
        this.#waiting = this.#patching
        this.#patching = new Map()
        for (const slot of later.values()) this.add(slot)
        if (this.#failures === 0) this.#deps.log.warn({ err: error }, 'changed slots cannot be read')
        this.#failures += 1
        this.#nextReadAtMs = performance.now() + pauseAfter(this.#failures, retryMs) * (0.5 + Math.random() / 2)
        throw error
      })
      .finally(() => {
        this.#reading = null
        this.#arm()
      })
    return this.#reading
  }

  async #readOnce(): Promise<ReadonlySet<DoctorCalendar>> {
    // Changes of the same turn of the event loop are read together.
    await null
    const beganAtMs = performance.now()
    this.#nextReadAtMs = beganAtMs + this.#deps.readMs * this.#pacing.stretch
    const left = this.#takeSome()
    const read = await this.#deps.reads.slots([...this.#patching.keys()])
    const patched = this.#patching
    this.#patching = new Map()
    this.#recount()
    this.#deps.onRead(read, beganAtMs, patched)
    return left
  }

  /**
   * Takes as many slots as fit in one read, first those that lists wait for.
   *
   * @returns the calendars of these that do not fit
   */
  #takeSome(): ReadonlySet<DoctorCalendar> {
    const slots = [...this.#waiting.values()]
    const whole = new Set([...this.#lists].filter(({ all }) => all).map(({ calendar }) => calendar))
    const isUrgent = ({ calendar, mustWait }: ChangedSlot) => mustWait || whole.has(calendar)
    const urgent = slots.filter(isUrgent)
    const ordered = slots.length <= slotsMax ? slots : [...urgent, ...slots.filter((slot) => !isUrgent(slot))]
    this.#patching = bySlot(ordered.slice(0, slotsMax))
    this.#waiting = bySlot(ordered.slice(slotsMax))
    return new Set(urgent.slice(slotsMax).map(({ calendar }) => calendar))
  }
}

function bySlot(slots: readonly ChangedSlot[]): Map<string, ChangedSlot> {
  return new Map(slots.map((slot) => [slot.slotId, slot]))
}

/** The error for a list that would not be current. */
export function tooManyChanges(message: string): DatabaseUnavailable {
  return new DatabaseUnavailable(message, { outcomeUnknown: false, cause: undefined })
}

function merged(one: ChangedSlot, other: ChangedSlot): ChangedSlot {
  const at = one.at !== null && (other.at === null || one.at < other.at) ? one.at : other.at
  return { ...one, at, mustWait: one.mustWait || other.mustWait }
}
