import type { CalendarDays, CalendarDoctor, CalendarReads, CalendarSlot, CommittedSlot } from '@holdfast/engine'
import { retryUntilStopped } from '../lifecycle/retry-until-stopped.ts'
import type { Logger } from '../observe/logger.ts'
import type { CalendarChange } from './calendar-change.ts'
import { DatabaseClock } from './database-clock.ts'
import type { DoctorCalendar, TakenValue } from './doctor-calendar.ts'
import { type ChangedSlot, PatchReader, type SlotsRead } from './patch-reader.ts'
import { SharedReader } from './shared-reader.ts'
import type { Source } from './slot-table.ts'

export type SlotValuesDeps = {
  reads: Pick<CalendarReads, 'slots' | 'doctors'>
  readMs: number
  log: Logger
  doctorOf: (doctorId: string) => DoctorCalendar | undefined
  horizon: () => bigint
  emit: (change: CalendarChange) => void
}

type SlotRead = Omit<CalendarSlot, 'doctorId'>

/** Slightly late, so that a hold has lapsed by the database's clock too. */
const lapseMarginMs = 3
const retryMs = 1_000
const doctorsPerRead = 200

/**
 * The values of the slots: from loads, from this process's own commits, and from the log, which only says that a slot
 * has changed: then it must be read. So must a slot whose hold has lapsed.
 */
export class SlotValues {
  readonly clock = new DatabaseClock()
  /** The slots that have changed and are not read yet. */
  readonly patches: PatchReader
  /** Reads doctors and their held slots. */
  readonly doctors: SharedReader<CalendarDoctor>
  readonly #deps: SlotValuesDeps
  readonly #holdTimers = new WeakMap<DoctorCalendar, NodeJS.Timeout>()
  readonly #stop = new AbortController()
  readonly #figures = { patches: 0, patchedSlots: 0, doctorReads: 0, lapses: 0 }

  constructor(deps: SlotValuesDeps) {
    this.#deps = deps
    this.patches = new PatchReader({
      ...deps,
      onRead: (read, beganAtMs, patched) => this.#takePatches(read, beganAtMs, patched),
    })
    this.doctors = new SharedReader({ read: (doctorIds) => this.#readDoctors(doctorIds), keysMax: doctorsPerRead })
  }

  /** Reads of changed slots (`patches`) and of doctors with their holds since the start. `changedSlots` is current. */
  get figures() {
    return { ...this.#figures, changedSlots: this.patches.size }
  }

  /** Reads a doctor's held slots, until it succeeds or the doctor is not watched any more. */
  async readHolds(doctor: DoctorCalendar): Promise<void> {
    const read = async () => {
      if (doctor.isWatched) await this.doctors.read([doctor.doctorId])
    }
    await retryUntilStopped(read, { delayMs: retryMs, signal: this.#stop.signal })
  }

  takeLoaded(doctor: DoctorCalendar, { snapshot, asOf, slots }: CalendarDays, beganAtMs: number): void {
    this.clock.take(asOf, beganAtMs)
    for (const slot of slots) {
      const { wasHeld } = this.#take(doctor, slot, { snapshot, xid: null }, beganAtMs)
      if (wasHeld) this.#emitLapse(doctor, slot)
    }
  }

  /** A transaction of this process has changed the slot. @param source null: it is not known when */
  takeOwn(doctor: DoctorCalendar, committed: CommittedSlot, source: Source | null, announcedAtMs: number): void {
    const { slotId: id, startsAt, available, lapsesInMs } = committed
    if (available === null || source === null) {
      this.#markChanged(doctor, id, null, true)
      return
    }
    const startMs = startsAt.getTime()
    const isOfLoadedDays = doctor.covers(startMs, startMs + 1)
    const slot = { id, startsAt, endsAt: startsAt, capacity: available, available, lapsesInMs }
    const { order } = this.#take(doctor, slot, source, announcedAtMs, doctor.isWatched && !isOfLoadedDays)
    if (order === 'unknown') this.#markChanged(doctor, id, null, true)
    // Another process has created or withdrawn the slot: its end and its capacity are not known.
    else if (order === null && isOfLoadedDays) doctor.outdate(source.xid)
  }

  /**
   * The log has reported a change of a slot.
   *
   * @param isOwn it was applied when it committed
   * @returns the units available, if they are known; otherwise they are emitted when they have been read
   */
  takeReported(doctor: DoctorCalendar, slotId: string, xid: bigint, isOwn: boolean, at: bigint): number | null {
    if (isOwn && !doctor.isWatched) return null
    if (!isOwn) doctor.note(Number(xid), () => this.#markChanged(doctor, slotId, null, false))
    const available = doctor.availableOf(slotId)
    if (isOwn && available !== undefined && !this.patches.has(slotId)) return available
    if (isOwn) this.patches.report({ slotId, calendar: doctor, at, mustWait: false })
    else this.#markChanged(doctor, slotId, doctor.isWatched ? at : null, false)
    return null
  }

  takeLapses(doctor: DoctorCalendar, slotIds: readonly string[]): void {
    this.#figures.lapses += slotIds.length
    for (const slotId of slotIds) this.#markChanged(doctor, slotId, null, true)
  }

  stop(): void {
    this.#stop.abort()
    this.patches.clear()
  }

  /** @param isNeeded store it even if it is not of the loaded days */
  #take(doctor: DoctorCalendar, slot: SlotRead, source: Source, beganAtMs: number, isNeeded = false): TakenValue {
    const { id, startsAt, available, lapsesInMs } = slot
    const startMs = startsAt.getTime()
    const lapsesAtMs = lapsesInMs === null ? null : beganAtMs + lapsesInMs + lapseMarginMs
    const value = { available, lapsesAtMs, asOfMs: this.clock.nowMs }
    const taken = doctor.take(id, startMs, value, source)
    if (taken.order !== null || !isNeeded) return taken
    // The loaded days lack it: a slot that another process has created or, if this value is older, withdrawn.
    if (doctor.covers(startMs, startMs + 1)) doctor.outdate(source.xid)
    doctor.add(slot)
    return doctor.take(id, startMs, value, source)
  }

  #markChanged(doctor: DoctorCalendar, slotId: string, at: bigint | null, mustWait: boolean): void {
    if (!doctor.isWatched && doctor.availableOf(slotId) === undefined) return
    this.patches.add({ slotId, calendar: doctor, at, mustWait })
  }

  #takePatches(read: SlotsRead, beganAtMs: number, patched: ReadonlyMap<string, ChangedSlot>): void {
    const { snapshot, asOf, slots } = read
    this.clock.take(asOf, beganAtMs)
    this.#figures.patches += 1
    this.#figures.patchedSlots += patched.size
    for (const slot of slots) {
      const doctor = this.#deps.doctorOf(slot.doctorId)
      if (doctor === undefined) continue
      const isHeld = doctor.isWatched && slot.lapsesInMs !== null && !slot.isWithdrawn
      const { wasHeld } = this.#take(doctor, slot, { snapshot, xid: null }, beganAtMs, isHeld)
      const at = patched.get(slot.id)?.at ?? null
      if (at !== null) this.#emit(doctor, slot, 'event', at)
      else if (wasHeld) this.#emitLapse(doctor, slot)
    }
  }

  async #readDoctors(doctorIds: readonly string[]): Promise<ReadonlyMap<string, CalendarDoctor>> {
    const beganAtMs = performance.now()
    this.#figures.doctorReads += 1
    const { snapshot, doctors } = await this.#deps.reads.doctors(doctorIds)
    for (const { doctorId, held, isPartial } of doctors) {
      const doctor = this.#deps.doctorOf(doctorId)
      if (!doctor?.isWatched) continue
      for (const slot of held) {
        // The hold of a slot that is not stored any more may have lapsed unnoticed.
        const isMissed = doctor.isRead && slot.hasLapsed && doctor.availableOf(slot.id) === undefined
        const { wasHeld } = this.#take(doctor, slot, { snapshot, xid: null }, beganAtMs, true)
        if (wasHeld || isMissed) this.#emitLapse(doctor, slot)
      }
      clearTimeout(this.#holdTimers.get(doctor))
      if (isPartial) this.#readHoldsLater(doctor, held)
      doctor.holdsRead(snapshot)
    }
    return new Map(doctors.map((doctor) => [doctor.doctorId, doctor]))
  }

  /** There are more held slots than were listed: they are read when the last one listed has lapsed. */
  #readHoldsLater(doctor: DoctorCalendar, held: readonly CalendarSlot[]): void {
    const inMs = Math.max(1_000, ...held.map(({ lapsesInMs }) => lapsesInMs ?? 0))
    const timer = setTimeout(() => this.readHolds(doctor), Math.min(inMs, 3_600_000)).unref()
    this.#holdTimers.set(doctor, timer)
  }

  #emitLapse(doctor: DoctorCalendar, slot: SlotRead): void {
    if (doctor.isWatched) this.#emit(doctor, slot, 'lapse', this.#deps.horizon())
  }

  #emit(doctor: DoctorCalendar, { id, available }: SlotRead, cause: 'event' | 'lapse', at: bigint): void {
    const { doctorId } = doctor
    this.#deps.emit({ kind: 'slot', doctorId, slotId: id, available: doctor.availableOf(id) ?? available, at, cause })
  }
}
