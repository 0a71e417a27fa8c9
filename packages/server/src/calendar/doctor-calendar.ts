import type { CalendarDays, CalendarRules, CalendarSlot, Snapshot } from '@holdfast/engine'
import { DoctorTexts, type VisitSlot } from './doctor-texts.ts'
import { bytesPerSlot, notRead, type Order, SlotTable, type Source } from './slot-table.ts'

/**
 * The units of a slot. `lapsesAtMs`: when its next hold lapses, by the monotonic clock; null: it has no hold.
 * `asOfMs`: the database's time, milliseconds since 1970.
 */
export type SlotValue = { available: number; lapsesAtMs: number | null; asOfMs: number }

/** `order` null: the slot is not stored. `wasHeld`: the value has changed, and a hold that lapsed may be the reason. */
export type TakenValue = { order: Order | null; wasHeld: boolean }

/** How days are loaded. `read`: null if there is no such active doctor. `take` applies the loaded values. */
export type DaysLoader = {
  read: () => Promise<CalendarDays | null>
  take: (loaded: CalendarDays, beganAtMs: number) => void
}

type Range = { startMs: number; endMs: number }
type LapseListener = (doctor: DoctorCalendar, slotIds: readonly string[]) => void

/**
 * Days that are being loaded. `directoryXids`: what changed the directory meanwhile. If there are any, nobody else
 * joins the load; if it did not see all of them, it is outdated. `notes`: changes of slots that were written meanwhile,
 * and are applied if the load did not see them.
 */
type Load = {
  days: string
  beganAtMs: number
  isFound: Promise<boolean>
  notes: { xid: number; take: () => void }[]
  directoryXids: number[]
}

const holdBytes = 150
const rangeBytes = 64
const emptyBytes = 1_500
/** Every list looks at them, and anyone can ask for days that are far apart. */
const rangesMax = 100
const timerMsMax = 3_600_000
/** A transaction that no snapshot sees. */
const seenByNone = Number.POSITIVE_INFINITY

/**
 * A doctor whose lists are read, or whom subscribers watch: the slots of the days that were loaded, and others that
 * subscribers need. When a slot changes, its readers are notified, and the lists that show it are written again when
 * they are requested.
 */
export class DoctorCalendar {
  readonly doctorId: string
  readonly #onLapse: LapseListener
  #asOfMs = 0
  #rules: CalendarRules = { timezone: 'UTC', minimumNoticeMinutes: 0, bookingHorizonDays: 0 }
  /** Loaded: neither overlapping nor adjacent, in no order. */
  #ranges: readonly Range[] = []
  #table = new SlotTable()
  /** When the next hold of a slot lapses, by the monotonic clock. */
  readonly #holds = new Map<string, number>()
  #timer: NodeJS.Timeout | undefined
  #timerAtMs = Number.POSITIVE_INFINITY
  readonly #loads = new Set<Load>()
  #isCurrent = false
  /** The earliest snapshot of the loaded days. */
  #seen: Snapshot | null = null
  #watchers = 0
  #holdsSeen: Snapshot | null = null
  #directoryXid = 0
  #texts: DoctorTexts | undefined

  /** @param onLapse is called when holds of these slots have lapsed, once for each hold */
  constructor(doctorId: string, onLapse: LapseListener = () => undefined) {
    this.doctorId = doctorId
    this.#onLapse = onLapse
  }

  /** The clinic's rules, when the days were loaded. */
  get rules(): CalendarRules {
    return this.#rules
  }

  /** The database's time of the latest change that is included; never goes back. */
  get asOfMs(): number {
    return this.#asOfMs
  }

  /** The texts of the lists that were read. */
  get texts(): DoctorTexts {
    this.#texts ??= new DoctorTexts(this)
    return this.#texts
  }

  get slots(): number {
    return this.#table.size
  }

  get bytes(): number {
    const ranges = this.#ranges.length * rangeBytes
    return emptyBytes + ranges + this.#table.size * bytesPerSlot + this.#holds.size * holdBytes
  }

  /** Whether the loaded days have all their slots, and no others. */
  get isCurrent(): boolean {
    return this.#isCurrent
  }

  get isWatched(): boolean {
    return this.#watchers > 0
  }

  get isLoading(): boolean {
    return this.#loads.size > 0
  }

  /** Whether the doctor is known to be active, and the held slots have been read. */
  get isRead(): boolean {
    return this.#holdsSeen?.sees(this.#directoryXid) === true
  }

  /** Whether the held slots have been read since the doctor was last found not to be active. */
  get hasHolds(): boolean {
    return this.#holdsSeen !== null
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

  watch(): void {
    this.#watchers += 1
  }

  unwatch(): void {
    this.#watchers -= 1
    if (this.#watchers === 0) this.#holdsSeen = null
  }

  holdsRead(snapshot: Snapshot): void {
    this.#holdsSeen = snapshot
  }

  /** Replaces the slots of these days; call `take` for their values. `isFirst`: what was loaded before is outdated. */
  cover({ start, end, rules, slots, asOf }: CalendarDays, isFirst: boolean): void {
    const [startMs, endMs] = [start.getTime(), end.getTime()]
    this.#ranges = joined(isFirst || this.#ranges.length >= rangesMax ? [] : this.#ranges, { startMs, endMs })
    this.#table.replace(this.#table.firstFrom(startMs), this.#table.firstFrom(endMs), slots)
    this.#rules = rules
    this.#asOfMs = Math.max(this.#asOfMs, asOf.getTime())
    // The limits of local days depend on the clinic's time zone, which may have changed too.
    if (isFirst) this.#texts?.clear()
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
    else {
      this.#holds.set(slotId, lapsesAtMs)
      this.#arm(lapsesAtMs)
    }
    if (before !== available) {
      this.#asOfMs = Math.max(this.#asOfMs, asOfMs)
      this.#texts?.outdate(startsAtMs, startsAtMs + 1)
    }
    return { order, wasHeld }
  }

  /** The days are loaded again when they are requested. @param xid what changed the directory; null: not known */
  outdate(xid: number | null): void {
    const changedBy = xid ?? seenByNone
    for (const load of this.#loads) load.directoryXids.push(changedBy)
    if (xid !== null) this.#directoryXid = Math.max(this.#directoryXid, xid)
    if (this.#seen?.sees(changedBy) !== true) this.#isCurrent = false
  }

  /** For loads in progress, which may not see what this transaction wrote. */
  note(xid: number, take: () => void): void {
    for (const load of this.#loads) load.notes.push({ xid, take })
  }

  /**
   * Loads days, once for all who ask at the same time. An outdated load is stored only for those who wait for it, and
   * not in place of current days: they load again.
   *
   * @param notBeforeMs one that began before, by the monotonic clock, is not joined; null: whenever it began
   * @returns whether there is such an active doctor
   */
  load(days: string, notBeforeMs: number | null, { read, take }: DaysLoader): Promise<boolean> {
    const joined = this.#joinable(days).find(({ beganAtMs }) => beganAtMs >= (notBeforeMs ?? 0))
    if (joined !== undefined) return joined.isFound
    const { promise: isFound, resolve, reject } = Promise.withResolvers<boolean>()
    const beganAtMs = performance.now()
    const load: Load = { days, beganAtMs, isFound, notes: [], directoryXids: [] }
    this.#loads.add(load)
    read()
      .then((loaded) => this.#store(load, loaded, take))
      .finally(() => this.#loads.delete(load))
      .then(resolve, reject)
    return isFound
  }

  /** When a load of these days has ended that began before then: all who wait for it share the next one. */
  async loadedBefore(days: string, thenMs: number): Promise<void> {
    await this.#joinable(days)
      .find(({ beganAtMs }) => beganAtMs < thenMs)
      ?.isFound.catch(() => undefined)
  }

  /** Any value read from now on replaces the stored one. */
  forgetOrder(): void {
    this.#table.forgetOrder()
  }

  clear(): void {
    this.#isCurrent = false
    this.#ranges = []
    this.#table = new SlotTable()
    this.#holds.clear()
    this.#texts?.clear()
  }

  /** No lapse is reported any more. */
  stop(): void {
    clearTimeout(this.#timer)
  }

  #joinable(days: string) {
    return this.#loads.values().filter((load) => load.directoryXids.length === 0 && load.days === days)
  }

  #store(load: Load, loaded: CalendarDays | null, take: DaysLoader['take']): boolean {
    if (loaded === null) {
      this.clear()
      this.#holdsSeen = null
      return false
    }
    const { snapshot } = loaded
    const isLate = load.directoryXids.some((xid) => !snapshot.sees(xid))
    if (isLate && this.#isCurrent) return true
    this.cover(loaded, !this.#isCurrent)
    if (!this.#isCurrent || this.#seen === null || snapshot.isBefore(this.#seen)) this.#seen = snapshot
    this.#isCurrent = !isLate
    take(loaded, load.beganAtMs)
    for (const note of load.notes) if (!snapshot.sees(note.xid)) note.take()
    return true
  }

  #arm(atMs: number): void {
    if (atMs >= this.#timerAtMs) return
    clearTimeout(this.#timer)
    this.#timerAtMs = atMs
    const inMs = Math.min(timerMsMax, Math.max(0, Math.ceil(atMs - performance.now())))
    this.#timer = setTimeout(() => this.#reportLapses(), inMs).unref()
  }

  /** A lapsed hold is not reported again before its slot's value is taken. */
  #reportLapses(): void {
    const nowMs = performance.now()
    this.#timerAtMs = Number.POSITIVE_INFINITY
    let nextMs = Number.POSITIVE_INFINITY
    const lapsed: string[] = []
    for (const [slotId, lapsesAtMs] of this.#holds) {
      if (lapsesAtMs <= nowMs) lapsed.push(slotId)
      else if (lapsesAtMs < nextMs) nextMs = lapsesAtMs
    }
    for (const slotId of lapsed) this.#holds.set(slotId, Number.POSITIVE_INFINITY)
    this.#arm(nextMs)
    if (lapsed.length > 0) this.#onLapse(this, lapsed)
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
