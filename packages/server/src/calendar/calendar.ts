import {
  type CalendarDays,
  type CalendarDoctor,
  type CalendarReads,
  type Committed,
  changedSlotsOf,
  clinicNoOf,
  type Engine,
  type EventTail,
  instantsOfLocalDays,
  isConnectionLost,
  type LogEntry,
} from '@holdfast/engine'
import { LRUCache } from 'lru-cache'
import type { Logger } from '../observe/logger.ts'
import type { CalendarChange, ChangeListener, LogListener } from './calendar-change.ts'
import { DoctorCalendar } from './doctor-calendar.ts'
import { Horizon } from './horizon.ts'
import { tooManyChanges } from './patch-reader.ts'
import { SlotValues } from './slot-values.ts'

export type CalendarDeps = {
  tail: Pick<EventTail, 'horizon' | 'subscribe'>
  reads: CalendarReads
  /** The limit for all slots in memory. The doctor whose list was read least recently goes first. */
  bytesMax: number
  /** Minimum time between two reads of changed slots. Default 10. */
  readMs?: number
  log: Logger
}

/**
 * The slots of a calendar that start in [start, end) (milliseconds since 1970), valid until the next `await`.
 * `isStale`: the database is unavailable, and these are the last values known. `nowMs`: the database's time, estimated.
 */
export type DaysView = {
  calendar: DoctorCalendar
  start: number
  end: number
  isStale: boolean
  asOfMs: number
  nowMs: number
}

/** `lapsed`: slots with holds that have ended. `isPartial`: there are more of them. */
export type WatchedDoctor = { isPartial: boolean; lapsed: string[] }

const roundsMax = 10
/** Enough while another transaction holds the log back for minutes. Changes of further ones are applied twice. */
const ownMax = 100_000
const changedSlotsMax = 50_000

/**
 * The slots of the doctors whom somebody reads or watches, in memory. Patched with every change, not loaded again:
 * docs/decisions/0005-memory-follows-the-log.md. There is one per process.
 */
export class Calendar {
  readonly #deps: CalendarDeps
  readonly #doctors = new Map<string, DoctorCalendar>()
  /** The doctors with loaded days. */
  readonly #loaded: LRUCache<string, DoctorCalendar>
  readonly #values: SlotValues
  /** The instants of local days. */
  readonly #ranges = new LRUCache<string, { start: number; end: number }>({ max: 1_000 })
  /** What transactions of this process changed, which the log has not reported yet. */
  readonly #own = new Map<bigint, LogEntry['kind']>()
  readonly #changeListeners: ChangeListener[] = []
  readonly #logListeners: LogListener[] = []
  readonly #unsubscribe: () => void
  readonly #horizon: Horizon
  #isTrusted = true
  #loads = 0
  #restarts = 0

  constructor(deps: CalendarDeps) {
    this.#deps = deps
    // While the log stands still, a list is at most a minute old.
    this.#horizon = new Horizon(deps.tail.horizon, () => this.outdate())
    this.#loaded = new LRUCache({
      maxSize: deps.bytesMax,
      sizeCalculation: ({ bytes }) => bytes,
      disposeAfter: (doctor, _doctorId, reason) => {
        if (reason === 'evict') this.#evict(doctor)
      },
    })
    this.#values = new SlotValues({
      reads: deps.reads,
      readMs: deps.readMs ?? 10,
      log: deps.log,
      doctorOf: (doctorId) => this.#doctors.get(doctorId),
      horizon: () => this.#horizon.position,
      emit: (change) => this.#emit([change]),
    })
    this.#unsubscribe = deps.tail.subscribe((entries, horizon) => this.#takeLog(entries, horizon))
  }

  /** Every log entry below it has been applied. */
  get horizon(): bigint {
    return this.#horizon.position
  }

  /** All changes before it were emitted, so that a client can resume from the position before. */
  get emittedBefore(): bigint {
    return this.#values.patches.oldestAt ?? this.#horizon.position
  }

  /** The figures of {@link SlotValues} and `loads` count since the start; the others are current. */
  get figures() {
    let slots = 0
    for (const doctor of this.#doctors.values()) slots += doctor.slots
    const bytes = this.#loaded.calculatedSize
    return { ...this.#values.figures, loads: this.#loads, doctors: this.#doctors.size, slots, bytes }
  }

  /** Calls the listener with the changes of watched doctors. */
  onChange(listener: ChangeListener): void {
    this.#changeListeners.push(listener)
  }

  /** Calls the listener with every page of the log. */
  onLog(listener: LogListener): void {
    this.#logListeners.push(listener)
  }

  /** Applies each write of this process before its caller gets the response. */
  follow(engine: Pick<Engine, 'onCommitted'>): void {
    engine.onCommitted((committed) => this.#takeCommitted(committed))
  }

  /**
   * false: the log cannot be read, so nothing is known to be current. true after that: all days are loaded again, and
   * subscribers are sent `all`.
   */
  trust(isTrusted: boolean): void {
    if (isTrusted === this.#isTrusted) return
    this.#isTrusted = isTrusted
    if (isTrusted) this.#restart()
    else this.#distrust()
  }

  /** All days are loaded again when they are requested. */
  outdate(): void {
    for (const doctor of this.#doctors.values()) doctor.outdate(null)
  }

  /**
   * Begins to emit the changes of these doctors; each needs an `unwatch` then. The result has the active doctors; the
   * others are not watched.
   *
   * @param options `readAgain`: also of doctors that are watched already, the result has the slots lapsed by now
   * @throws what the read throws; then none is watched
   */
  async watch(doctorIds: readonly string[], options: { readAgain: boolean }): Promise<Map<string, WatchedDoctor>> {
    const doctors = [...new Set(doctorIds)].map((doctorId) => this.#open(doctorId))
    const toRead = doctors.filter(({ isRead }) => options.readAgain || !isRead)
    const ids = toRead.map(({ doctorId }) => doctorId)
    for (const doctor of doctors) doctor.watch()
    const watched = new Map<string, WatchedDoctor>()
    try {
      const read = ids.length === 0 ? new Map<string, CalendarDoctor>() : await this.#values.doctors.read(ids)
      for (const doctor of doctors) {
        const { doctorId } = doctor
        const { isPartial = false, held = [] } = read.get(doctorId) ?? {}
        const lapsed = held.filter(({ hasLapsed }) => hasLapsed).map(({ id }) => id)
        if (read.has(doctorId) || !toRead.includes(doctor)) watched.set(doctorId, { isPartial, lapsed })
      }
      return watched
    } finally {
      for (const { doctorId } of doctors) if (!watched.has(doctorId)) this.unwatch(doctorId)
    }
  }

  unwatch(doctorId: string): void {
    const doctor = this.#doctors.get(doctorId)
    if (doctor === undefined) return
    doctor.unwatch()
    this.#release(doctor)
  }

  /** Units available in those of these slots that exist. @throws what the read throws */
  async read(slotIds: readonly string[]): Promise<Map<string, number>> {
    const { slots } = await this.#deps.reads.slots(slotIds)
    return new Map(slots.map(({ id, available }) => [id, available]))
  }

  /** When a slot starts, in milliseconds since 1970; null: the slot is not in memory. */
  startOf(doctorId: string, slotId: string): number | null {
    return this.#doctors.get(doctorId)?.startOf(slotId) ?? null
  }

  /** Whether this process wrote what a log entry reports, and applied it when it committed. */
  isOwn({ xid, kind }: LogEntry): boolean {
    return this.#own.get(xid) === kind
  }

  /**
   * A doctor's slots on the local days `from` to `to` (`YYYY-MM-DD`, both included), with everything that this process
   * has written before, and that its log has reported; null: no such active doctor. Almost always at once, otherwise
   * when days or changed slots have been read.
   *
   * @param readAfter a position that must be included: waits up to 100 ms for the log, then reads the database; at once
   *   if the log cannot report it in that time
   * @throws what the read throws, unless the database is unavailable and these days are known
   */
  days(doctorId: string, from: string, to: string, readAfter: bigint | null): DaysView | Promise<DaysView | null> {
    const doctor = this.#loaded.get(doctorId)
    const isReached = readAfter === null || readAfter < this.#horizon.position
    if (isReached && this.#isCurrent(doctor) && !this.#values.patches.mustWait(doctor, readAfter !== null)) {
      const view = this.#viewOf(doctor, from, to)
      if (view !== null) return view
    }
    return this.#daysLater(doctorId, from, to, readAfter)
  }

  stop(): void {
    this.#unsubscribe()
    this.#horizon.stop()
    this.#values.stop()
    for (const doctor of this.#doctors.values()) doctor.stop()
  }

  async #daysLater(doctorId: string, from: string, to: string, readAfter: bigint | null): Promise<DaysView | null> {
    const askedAtMs = performance.now()
    const isReached = readAfter === null || (this.#isTrusted && (await this.#horizon.reaches(readAfter)))
    let notBeforeMs = isReached ? null : askedAtMs
    try {
      for (let round = 0; round < roundsMax; round += 1) {
        let doctor = this.#loaded.get(doctorId)
        if (notBeforeMs !== null || !this.#isCurrent(doctor) || this.#viewOf(doctor, from, to) === null) {
          if (notBeforeMs !== null) await this.#doctors.get(doctorId)?.loadedBefore(`${from} ${to}`, notBeforeMs)
          doctor = this.#open(doctorId)
          if (!(await this.#load(doctor, from, to, notBeforeMs))) return null
        }
        notBeforeMs = null
        const restarts = this.#restarts
        await this.#values.patches.readChanged(doctor, readAfter !== null)
        // A restart may have forgotten slots that the list waits for.
        const view = this.#restarts === restarts ? this.#viewOf(doctor, from, to) : null
        if (view !== null) return view
      }
    } catch (error) {
      const doctor = isConnectionLost(error) ? this.#loaded.get(doctorId) : undefined
      const view = doctor === undefined ? null : this.#viewOf(doctor, from, to)
      if (view === null) throw error
      return { ...view, isStale: true }
    }
    throw tooManyChanges('The doctor changes faster than the slots can be read.')
  }

  #isCurrent(doctor: DoctorCalendar | undefined): doctor is DoctorCalendar {
    return this.#isTrusted && doctor?.isCurrent === true
  }

  /** null: not all of these days were loaded. */
  #viewOf(calendar: DoctorCalendar, from: string, to: string): DaysView | null {
    const { timezone } = calendar.rules
    const key = `${timezone} ${from} ${to}`
    let range = this.#ranges.peek(key)
    if (range === undefined) {
      const { start, end } = instantsOfLocalDays(from, to, timezone)
      range = { start: start.getTime(), end: end.getTime() }
      this.#ranges.set(key, range)
    }
    if (!calendar.covers(range.start, range.end)) return null
    return { calendar, ...range, isStale: false, asOfMs: calendar.asOfMs, nowMs: this.#values.clock.nowMs }
  }

  async #load(doctor: DoctorCalendar, from: string, to: string, notBeforeMs: number | null): Promise<boolean> {
    const { doctorId } = doctor
    const read = () => {
      this.#loads += 1
      return this.#deps.reads.days(doctorId, from, to, doctor.isCurrent ? doctor.rules.timezone : null)
    }
    const take = (loaded: CalendarDays, beganAtMs: number) => {
      this.#values.takeLoaded(doctor, loaded, beganAtMs)
      // Its size has changed, which `set` reads only of entries that it adds.
      this.#loaded.delete(doctorId)
      this.#loaded.set(doctorId, doctor)
      // Larger than the limit, it is not stored. Waiting requests read it before it is evicted.
      if (!this.#loaded.has(doctorId)) setImmediate(() => this.#evict(doctor))
    }
    try {
      const isFound = await doctor.load(`${from} ${to}`, notBeforeMs, { read, take })
      if (!isFound) {
        this.#loaded.delete(doctorId)
        // It may have been activated meanwhile.
        void this.#values.readHolds(doctor)
      }
      return isFound
    } finally {
      this.#release(doctor)
    }
  }

  #takeCommitted({ kind, position, clinicNos, doctorIds, slots, snapshot }: Committed): void {
    if (position !== null && this.#own.size < ownMax) {
      this.#own.set(BigInt(position), kind === 'bookings' ? 'booking' : 'directory')
    }
    if (kind === 'members') return
    const xid = position === null ? null : Number(position)
    if (kind === 'directory') {
      for (const doctor of this.#doctors.values()) {
        if (doctorIds.has(doctor.doctorId) || clinicNos.has(clinicNoOf(doctor.doctorId))) doctor.outdate(xid)
      }
      return
    }
    const source = snapshot === null || xid === null ? null : { snapshot, xid }
    const announcedAtMs = performance.now()
    for (const slot of slots) {
      const doctor = this.#doctors.get(slot.doctorId)
      if (doctor === undefined) continue
      const take = () => this.#values.takeOwn(doctor, slot, source, announcedAtMs)
      doctor.note(xid ?? Number.POSITIVE_INFINITY, take)
      take()
    }
  }

  #takeLog(entries: readonly LogEntry[], horizon: bigint): void {
    for (const listener of this.#logListeners) listener(entries, horizon)
    for (const xid of this.#own.keys()) {
      if (xid >= this.#horizon.position) break
      this.#own.delete(xid)
    }
    const changes: CalendarChange[] = []
    for (const entry of entries) {
      // An event that waited for an earlier one may be older than what was emitted.
      const at = entry.xid > this.#horizon.position ? entry.xid : this.#horizon.position
      changes.push(...(entry.kind === 'directory' ? this.#takeDirectory(entry, at) : this.#takeBooking(entry, at)))
    }
    this.#horizon.advance(horizon)
    if (this.#values.patches.size > changedSlotsMax) {
      this.#values.patches.clear()
      this.#restart()
    } else this.#emit(changes)
  }

  #takeBooking(entry: Extract<LogEntry, { kind: 'booking' }>, at: bigint): CalendarChange[] {
    return changedSlotsOf(entry).flatMap(({ doctorId, slotId }) => {
      const doctor = this.#doctors.get(doctorId)
      const isOwn = this.isOwn(entry)
      const available = doctor ? this.#values.takeReported(doctor, slotId, entry.xid, isOwn, at) : null
      return available === null ? [] : [{ kind: 'slot', doctorId, slotId, available, at, cause: 'event' }]
    })
  }

  #takeDirectory({ xid, clinicNo, doctorId }: Extract<LogEntry, { kind: 'directory' }>, at: bigint): CalendarChange[] {
    const ofClinic = (doctor: DoctorCalendar) => clinicNoOf(doctor.doctorId) === clinicNo
    const doctors = doctorId === null ? [...this.#doctors.values()].filter(ofClinic) : [this.#doctors.get(doctorId)]
    return doctors.flatMap((doctor) => {
      doctor?.outdate(Number(xid))
      // It may be active again.
      if (doctor?.hasHolds === false) void this.#values.readHolds(doctor)
      return doctor?.isWatched ? [{ kind: 'doctor', doctorId: doctor.doctorId, at }] : []
    })
  }

  /** The database may be another one next time, such as a restored one that knows less. */
  #distrust(): void {
    this.outdate()
    for (const doctor of this.#doctors.values()) doctor.forgetOrder()
    // Nor are its transactions: it may use the numbers of those that were lost again.
    this.#own.clear()
  }

  #restart(): void {
    this.#restarts += 1
    this.#distrust()
    // What had changed before is emitted nevertheless.
    for (const doctor of this.#doctors.values()) if (doctor.isWatched) void this.#values.readHolds(doctor)
    this.#emit([{ kind: 'all', at: this.#horizon.position }])
  }

  #emit(changes: readonly CalendarChange[]): void {
    for (const change of changes) for (const listener of this.#changeListeners) listener(change)
  }

  #open(doctorId: string): DoctorCalendar {
    const create = () => new DoctorCalendar(doctorId, (doctor, slotIds) => this.#values.takeLapses(doctor, slotIds))
    return this.#doctors.getOrInsertComputed(doctorId, create)
  }

  #evict(doctor: DoctorCalendar): void {
    doctor.clear()
    void this.#values.readHolds(doctor)
    this.#release(doctor)
  }

  /** Forgets the doctor if nobody needs it. */
  #release(doctor: DoctorCalendar): void {
    if (doctor.isWatched || doctor.isLoading || this.#loaded.has(doctor.doctorId)) return
    this.#doctors.delete(doctor.doctorId)
    doctor.stop()
  }
}
