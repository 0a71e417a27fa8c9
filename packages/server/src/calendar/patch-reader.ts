import type { CalendarReads } from '@holdfast/engine'
import type { Logger } from '../observe/logger.ts'
import type { DoctorCalendar } from './doctor-calendar.ts'
import { Pacing } from './pacing.ts'

/**
 * A slot that has changed, and must be read. `at`: the position of the change in the log, if subscribers have to be
 * notified of it; null: they are only if a hold has lapsed. `mustWait`: lists that are asked for now must show it.
 */
export type Unsettled = { slotId: string; calendar: DoctorCalendar; at: bigint | null; mustWait: boolean }

export type SlotsRead = Awaited<ReturnType<CalendarReads['slots']>>

export type PatchReaderDeps = {
  reads: Pick<CalendarReads, 'slots'>
  /** Minimum time between two reads, unless a list waits. */
  readMs: number
  log: Logger
  onRead: (read: SlotsRead, beganAtMs: number, patched: ReadonlyMap<string, Unsettled>) => void
}

/** Slots per read. */
const slotsMax = 5_000
const retryMsMin = 250
const retryMsMax = 5_000
/** The read in progress, the one that has all slots which were waiting when a list was asked for, and one more. */
const roundsMax = 3

/** Reads the changed slots of all doctors by their primary keys, one read at a time. Failed reads are repeated. */
export class PatchReader {
  readonly #deps: PatchReaderDeps
  readonly #pacing = new Pacing()
  #waiting = new Map<string, Unsettled>()
  #patching = new Map<string, Unsettled>()
  /** The calendars with such slots, and those of them whose lists must wait. */
  readonly #unsettled = new Set<DoctorCalendar>()
  readonly #blocked = new Set<DoctorCalendar>()
  #reading: Promise<void> | null = null
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

  isReading(slotId: string): boolean {
    return this.#patching.has(slotId)
  }

  /** The slot changed after the read in progress may have read it. */
  add(slot: Unsettled): void {
    const known = this.#waiting.get(slot.slotId)
    this.#waiting.set(slot.slotId, known === undefined ? slot : merged(known, slot))
    this.#count(slot)
    this.#arm()
  }

  /** The log has reported a change that the slot's read includes, whether it is in progress or not. */
  report(slot: Unsettled): void {
    const patching = this.#patching.get(slot.slotId)
    if (patching === undefined) this.add(slot)
    else this.#patching.set(slot.slotId, merged(patching, slot))
  }

  /** Whether a list of the doctor has to wait. @param all for each change, not only for those that lists must show */
  mustWait(calendar: DoctorCalendar, all: boolean): boolean {
    return (all ? this.#unsettled : this.#blocked).has(calendar)
  }

  /** Reads at once what a list of the doctor has to wait for. @throws what the read throws */
  async settle(calendar: DoctorCalendar, all: boolean): Promise<void> {
    for (let round = 0; round < roundsMax && this.mustWait(calendar, all); round += 1) {
      await (this.#reading ?? this.#start())
    }
  }

  clear(): void {
    this.#waiting.clear()
    this.#patching = new Map()
    this.#recount()
    clearTimeout(this.#timer)
  }

  #count({ calendar, mustWait }: Unsettled): void {
    this.#unsettled.add(calendar)
    if (mustWait) this.#blocked.add(calendar)
  }

  #recount(): void {
    this.#unsettled.clear()
    this.#blocked.clear()
    for (const slot of this.#waiting.values()) this.#count(slot)
  }

  #arm(): void {
    if (this.#reading !== null || this.#waiting.size === 0) return
    clearTimeout(this.#timer)
    const inMs = Math.max(0, this.#nextReadAtMs - performance.now())
    this.#timer = setTimeout(() => this.#start().catch(() => undefined), inMs)
  }

  #start(): Promise<void> {
    clearTimeout(this.#timer)
    this.#reading = this.#readOnce()
      .then(() => {
        this.#failures = 0
      })
      .catch((error: unknown) => {
        if (this.#failures === 0) this.#deps.log.warn({ err: error }, 'changed slots cannot be read')
        const pauseMs = Math.min(retryMsMax, retryMsMin * 2 ** this.#failures)
        this.#failures += 1
        this.#nextReadAtMs = performance.now() + pauseMs * (0.5 + Math.random() / 2)
        throw error
      })
      .finally(() => {
        this.#reading = null
        this.#arm()
      })
    return this.#reading
  }

  async #readOnce(): Promise<void> {
    // Changes of the same turn of the event loop are read together.
    await null
    const beganAtMs = performance.now()
    this.#nextReadAtMs = beganAtMs + this.#deps.readMs * this.#pacing.stretch
    const waiting = [...this.#waiting]
    this.#patching = new Map(waiting.slice(0, slotsMax))
    this.#waiting = new Map(waiting.slice(slotsMax))
    const read = await this.#deps.reads.slots([...this.#patching.keys()]).catch((error: unknown) => {
      const later = this.#waiting
      this.#waiting = this.#patching
      this.#patching = new Map()
      for (const slot of later.values()) this.add(slot)
      throw error
    })
    const patched = this.#patching
    this.#patching = new Map()
    this.#recount()
    this.#deps.onRead(read, beganAtMs, patched)
  }
}

function merged(one: Unsettled, other: Unsettled): Unsettled {
  const at = one.at !== null && (other.at === null || one.at < other.at) ? one.at : other.at
  return { ...one, at, mustWait: one.mustWait || other.mustWait }
}
