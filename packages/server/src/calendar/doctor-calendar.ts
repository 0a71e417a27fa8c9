import type { CalendarDays, CalendarRules, CalendarSlot } from '@holdfast/engine'
import { bytesPerSlot, notRead, type Order, SlotTable, type Source } from './slot-table.ts'

/** Times in milliseconds since 1970. */
export type VisitSlot = (id: string, startsAtMs: number, endsAtMs: number, capacity: number, available: number) => void

/**
 * The units of a slot. `lapsesAtMs`: when its next hold lapses, by the monotonic clock; null: it has no hold.
 * `asOfMs`: the database's time, milliseconds since 1970.
 */
export type SlotValue = { available: number; lapsesAtMs: number | null; asOfMs: number }

/** `order` null: the slot is not stored. `wasHeld`: the value has changed, and a hold that lapsed may be the reason. */
export type TakenValue = { order: Order | null; wasHeld: boolean }

type Range = { startMs: number; endMs: number }
type ChangedListener = (startMs: number, endMs: number) => void

const holdBytes = 150
const rangeBytes = 64
const emptyBytes = 1_500
/** Every list looks at them, and anyone can ask for days that are far apart. */
const rangesMax = 100

/**
 * A doctor's slots in memory: those of the days that were loaded, and others that live subscribers need. When a slot
 * changes, its readers are notified, and the lists that show it are written again when they are asked for.
 */
export class DoctorCalendar {
  readonly doctorId: string
  #asOfMs = 0
  #rules: CalendarRules = { timezone: 'UTC', minimumNoticeMinutes: 0, bookingHorizonDays: 0 }
  /** Loaded: neither overlapping nor adjacent, in no order. */
  #ranges: readonly Range[] = []
  #table = new SlotTable()
  /** When the next hold of a slot lapses, by the monotonic clock. */
  readonly #holds = new Map<string, number>()
  readonly #listeners: ChangedListener[] = []

  constructor(doctorId: string) {
    this.doctorId = doctorId
  }

  /** The clinic's rules, when the days were loaded. */
  get rules(): CalendarRules {
    return this.#rules
  }

  /** The database's time of the latest change that is included; never goes back. */
  get asOfMs(): number {
    return this.#asOfMs
  }

  get slots(): number {
    return this.#table.size
  }

  get bytes(): number {
    const ranges = this.#ranges.length * rangeBytes
    return emptyBytes + ranges + this.#table.size * bytesPerSlot + this.#holds.size * holdBytes
  }

  /** When the next hold lapses, by the monotonic clock; Infinity: never. */
  get lapsesAtMs(): number {
    let nextMs = Number.POSITIVE_INFINITY
    for (const lapsesAtMs of this.#holds.values()) if (lapsesAtMs < nextMs) nextMs = lapsesAtMs
    return nextMs
  }

  /** Whether all slots that start in [startMs, endMs) were loaded. */
  covers(startMs: number, endMs: number): boolean {
    return this.#ranges.some((range) => range.startMs <= startMs && range.endMs >= endMs)
  }

  /** Calls `visit` for each slot that starts in [startMs, endMs), by start. They must be loaded. */
  forEachSlot(startMs: number, endMs: number, visit: VisitSlot): void {
    const table = this.#table
    const end = table.firstFrom(endMs)
    for (let row = table.firstFrom(startMs); row < end; row += 1) {
      visit(table.idAt(row), table.startAt(row), table.endAt(row), table.capacityAt(row), table.availableAt(row))
    }
  }

  /**
   * Calls the listener when slots that start in [startMs, endMs) have changed; from -Infinity to Infinity: the rules
   * have, or everything. The listener stays as long as this object.
   */
  onChange(listener: ChangedListener): void {
    this.#listeners.push(listener)
  }

  /** Units available, if the slot is stored. */
  availableOf(slotId: string): number | undefined {
    const row = this.#table.find(slotId, null)
    return row < 0 ? undefined : this.#table.availableAt(row)
  }

  /** When the slot starts, if it is stored. */
  startOf(slotId: string): number | undefined {
    const row = this.#table.find(slotId, null)
    return row < 0 ? undefined : this.#table.startAt(row)
  }

  /** The slots whose holds have lapsed. They are not returned again before a value is taken. */
  takeLapsed(nowMs: number): string[] {
    const lapsed: string[] = []
    for (const [slotId, lapsesAtMs] of this.#holds) {
      if (lapsesAtMs > nowMs) continue
      this.#holds.set(slotId, Number.POSITIVE_INFINITY)
      lapsed.push(slotId)
    }
    return lapsed
  }

  /** Replaces the slots of these days; call `take` for their values. `isFirst`: what was loaded before is outdated. */
  cover({ start, end, rules, slots, asOf }: CalendarDays, isFirst: boolean): void {
    const [startMs, endMs] = [start.getTime(), end.getTime()]
    this.#ranges = joined(isFirst || this.#ranges.length >= rangesMax ? [] : this.#ranges, { startMs, endMs })
    this.#table.replace(this.#table.firstFrom(startMs), this.#table.firstFrom(endMs), slots)
    this.#rules = rules
    this.#asOfMs = Math.max(this.#asOfMs, asOf.getTime())
    if (isFirst) this.#notify(Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY)
  }

  add(slot: Pick<CalendarSlot, 'id' | 'startsAt' | 'endsAt' | 'capacity'>): void {
    const row = this.#table.firstFrom(slot.startsAt.getTime())
    this.#table.replace(row, row, [slot])
  }

  /** Replaces the slot's value, if this one is newer. */
  take(slotId: string, startsAtMs: number, value: SlotValue, source: Source): TakenValue {
    const row = this.#table.find(slotId, startsAtMs)
    if (row < 0) {
      this.#holds.delete(slotId)
      return { order: null, wasHeld: false }
    }
    const order = this.#table.orderOf(source, row)
    if (order !== 'newer') return { order, wasHeld: false }
    const before = this.#table.availableAt(row)
    const { available, lapsesAtMs, asOfMs } = value
    this.#table.set(row, available, source)
    const wasHeld = before !== notRead && before !== available && this.#holds.has(slotId)
    if (lapsesAtMs === null) this.#holds.delete(slotId)
    else this.#holds.set(slotId, lapsesAtMs)
    if (before !== available) {
      this.#asOfMs = Math.max(this.#asOfMs, asOfMs)
      this.#notify(startsAtMs, startsAtMs + 1)
    }
    return { order, wasHeld }
  }

  /** Any value read from now on replaces the stored one. */
  forgetOrder(): void {
    this.#table.forgetOrder()
  }

  clear(): void {
    this.#ranges = []
    this.#table = new SlotTable()
    this.#holds.clear()
    this.#notify(Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY)
  }

  #notify(startMs: number, endMs: number): void {
    for (const listener of this.#listeners) listener(startMs, endMs)
  }
}

/** Adds a range to others, and joins it with those that it overlaps or touches. */
function joined(ranges: readonly Range[], added: Range): Range[] {
  const touches = ({ startMs, endMs }: Range) => startMs <= added.endMs && endMs >= added.startMs
  const parts = [added, ...ranges.filter(touches)]
  const startMs = Math.min(...parts.map((range) => range.startMs))
  const endMs = Math.max(...parts.map((range) => range.endMs))
  return [...ranges.filter((range) => !touches(range)), { startMs, endMs }]
}
