import type { CalendarDays, CalendarDoctor, CalendarReads, CalendarSlot, CommittedSlot } from '@holdfast/engine'
import { retryUntilStopped } from '../lifecycle/retry-until-stopped.ts'
import type { Logger } from '../observe/logger.ts'
import type { CalendarChange } from './calendar-change.ts'
import type { DatabaseClock } from './database-clock.ts'
import { DoctorReader } from './doctor-reader.ts'
import { LapseTimer } from './lapse-timer.ts'
import { PatchReader, type SlotsRead, type Unsettled } from './patch-reader.ts'
import { SlotChanges } from './slot-changes.ts'
import type { Source } from './slot-table.ts'
import type { TrackedDoctor } from './tracked-doctor.ts'

export type SlotValuesDeps = {
  reads: Pick<CalendarReads, 'slots' | 'doctors'>
  readMs: number
  log: Logger
  doctorOf: (doctorId: string) => TrackedDoctor | undefined
  horizon: () => bigint
  clock: DatabaseClock
  emit: (changes: readonly CalendarChange[]) => void
}

type SlotRead = Omit<CalendarSlot, 'doctorId'>

/** Slightly late, so that a hold has lapsed by the database's clock too. */
const lapseMarginMs = 3
const retryMs = 1_000

/**
 * The values of the slots: from loads, from this process's own commits, and from the log, which only says that a slot
 * has changed: then it is `unsettled` until it has been read. So is a slot whose hold has lapsed.
 */
export class SlotValues {
  readonly #deps: SlotValuesDeps
  readonly #patches: PatchReader
  readonly #doctorReader: DoctorReader<CalendarDoctor>
  readonly #lapses: LapseTimer<TrackedDoctor>
  readonly #readHoldsAtMs = new Map<TrackedDoctor, number>()
  readonly #stop = new AbortController()
  readonly #figures = { patches: 0, patchedSlots: 0, doctorReads: 0, lapses: 0 }

  constructor(deps: SlotValuesDeps) {
    this.#deps = deps
    this.#patches = new PatchReader({
      ...deps,
      onRead: (read, beganAtMs, patched) => this.#takePatches(read, beganAtMs, patched),
    })
    this.#doctorReader = new DoctorReader((doctorIds) => this.#readDoctors(doctorIds))
    this.#lapses = new LapseTimer((doctor, nowMs) => this.#takeLapses(doctor, nowMs))
  }

  /** Since the start: reads of changed slots (`patches`) and of doctors with their holds. `unsettled` is of now. */
  get figures() {
    return { ...this.#figures, unsettled: this.#patches.size }
  }

  /** The oldest position of changes that were not emitted yet, because their slots are unsettled; null: none. */
  get unsettledAt(): bigint | null {
    return this.#patches.oldestAt
  }

  /** Whether a list has to wait. @param all for every unsettled slot, or only for those that it must show */
  mustWait({ calendar }: TrackedDoctor, all: boolean): boolean {
    return this.#patches.mustWait(calendar, all)
  }

  /** Reads at once what a list has to wait for. @throws what the read throws, and DatabaseUnavailable */
  settle({ calendar }: TrackedDoctor, all: boolean): Promise<void> {
    return this.#patches.settle(calendar, all)
  }

  /** Reads the doctors and their held slots. @throws what the read throws */
  readDoctors(doctorIds: readonly string[]): Promise<Map<string, CalendarDoctor>> {
    return this.#doctorReader.read(doctorIds)
  }

  /** The same until it succeeds, or the doctor is not watched any more. */
  async readHolds(doctor: TrackedDoctor): Promise<void> {
    const read = async () => {
      if (doctor.isWatched) await this.#doctorReader.read([doctor.calendar.doctorId])
    }
    await retryUntilStopped(read, { delayMs: retryMs, signal: this.#stop.signal })
  }

  takeLoaded(doctor: TrackedDoctor, { snapshot, asOf, slots }: CalendarDays, beganAtMs: number): void {
    this.#deps.clock.take(asOf, beganAtMs)
    const lapsed = new SlotChanges('lapse')
    for (const slot of slots) {
      const { wasHeld } = this.#take(doctor, slot, { snapshot, xid: null }, beganAtMs)
      if (wasHeld && doctor.isWatched) this.#add(lapsed, doctor, slot)
    }
    this.#deps.emit(lapsed.changes)
  }

  /**
   * @param source null: not known
   * @param announcedAtMs when it was announced, by the monotonic clock
   */
  takeOwn(doctor: TrackedDoctor, committed: CommittedSlot, source: Source | null, announcedAtMs: number): void {
    const { slotId: id, startsAt, available, lapsesInMs } = committed
    if (available === null || source === null) {
      this.#unsettle(doctor, id, null, true)
      return
    }
    const startMs = startsAt.getTime()
    const isOfLoadedDays = doctor.calendar.covers(startMs, startMs + 1)
    const slot = { id, startsAt, endsAt: startsAt, capacity: available, available, lapsesInMs }
    const { order } = this.#take(doctor, slot, source, announcedAtMs, doctor.isWatched && !isOfLoadedDays)
    if (order === 'unknown') this.#unsettle(doctor, id, null, true)
    // Another process has created or withdrawn the slot: its end and its capacity are not known.
    else if (order === null && isOfLoadedDays) doctor.outdate(source.xid)
  }

  /**
   * The log has reported a change of a slot.
   *
   * @param isOwn it was applied when it committed
   * @returns the units available, if they are known; otherwise they are emitted when they have been read
   */
  takeReported(doctor: TrackedDoctor, slotId: string, xid: bigint, isOwn: boolean, at: bigint): number | null {
    const { calendar, isWatched } = doctor
    if (isOwn && !isWatched) return null
    if (!isOwn) doctor.note(Number(xid), () => this.#unsettle(doctor, slotId, null, false))
    const available = calendar.availableOf(slotId)
    if (isOwn && available !== undefined && !this.#patches.has(slotId)) return available
    if (isOwn) this.#patches.report({ slotId, calendar, at, mustWait: false })
    else this.#unsettle(doctor, slotId, isWatched ? at : null, false)
    return null
  }

  /** Too many have changed: everything will be read again. */
  forgetUnsettled(): void {
    this.#patches.clear()
  }

  /** Everything will be read again. What was unsettled before is emitted nevertheless. */
  restart(doctors: Iterable<TrackedDoctor>): void {
    for (const doctor of doctors) if (doctor.isWatched) void this.readHolds(doctor)
  }

  delete(doctor: TrackedDoctor): void {
    this.#lapses.delete(doctor)
    this.#readHoldsAtMs.delete(doctor)
  }

  stop(): void {
    this.#stop.abort()
    this.#patches.clear()
    this.#lapses.stop()
  }

  /** @param isNeeded store it even if it is not of the loaded days */
  #take(doctor: TrackedDoctor, slot: SlotRead, source: Source, beganAtMs: number, isNeeded = false) {
    const { id, startsAt, available, lapsesInMs } = slot
    const lapsesAtMs = lapsesInMs === null ? null : beganAtMs + lapsesInMs + lapseMarginMs
    const value = { available, lapsesAtMs, asOfMs: this.#deps.clock.nowMs }
    let taken = doctor.calendar.take(id, startsAt.getTime(), value, source)
    if (taken.order === null && isNeeded) {
      // The loaded days lack it: a slot that another process has created or, if this value is older, withdrawn.
      if (doctor.calendar.covers(startsAt.getTime(), startsAt.getTime() + 1)) doctor.outdate(source.xid)
      doctor.calendar.add(slot)
      taken = doctor.calendar.take(id, startsAt.getTime(), value, source)
    }
    if (taken.order === 'newer' && lapsesAtMs !== null) this.#lapses.add(doctor, lapsesAtMs)
    return taken
  }

  #add(
    changes: SlotChanges,
    { calendar }: TrackedDoctor,
    { id, available }: SlotRead,
    at = this.#deps.horizon(),
  ): void {
    changes.add(calendar.doctorId, id, calendar.availableOf(id) ?? available, at)
  }

  #unsettle(doctor: TrackedDoctor, slotId: string, at: bigint | null, mustWait: boolean): void {
    const { calendar, isWatched } = doctor
    if (isWatched || calendar.availableOf(slotId) !== undefined) {
      this.#patches.add({ slotId, calendar, at, mustWait })
    }
  }

  #takePatches(read: SlotsRead, beganAtMs: number, patched: ReadonlyMap<string, Unsettled>): void {
    const { snapshot, asOf, slots } = read
    this.#deps.clock.take(asOf, beganAtMs)
    this.#figures.patches += 1
    this.#figures.patchedSlots += patched.size
    const [events, lapsed] = [new SlotChanges('event'), new SlotChanges('lapse')]
    for (const slot of slots) {
      const doctor = this.#deps.doctorOf(slot.doctorId)
      if (doctor === undefined) continue
      const isHeld = doctor.isWatched && slot.lapsesInMs !== null && !slot.isWithdrawn
      const { wasHeld } = this.#take(doctor, slot, { snapshot, xid: null }, beganAtMs, isHeld)
      const at = patched.get(slot.id)?.at ?? null
      if (at !== null) this.#add(events, doctor, slot, at)
      else if (wasHeld && doctor.isWatched) this.#add(lapsed, doctor, slot)
    }
    this.#deps.emit([...events.changes, ...lapsed.changes])
  }

  #takeLapses(doctor: TrackedDoctor, nowMs: number): void {
    for (const slotId of doctor.calendar.takeLapsed(nowMs)) {
      this.#figures.lapses += 1
      this.#unsettle(doctor, slotId, null, true)
    }
    const readAtMs = this.#readHoldsAtMs.get(doctor) ?? Number.POSITIVE_INFINITY
    if (readAtMs <= nowMs) void this.readHolds(doctor)
    this.#lapses.add(
      doctor,
      Math.min(doctor.calendar.lapsesAtMs, readAtMs <= nowMs ? Number.POSITIVE_INFINITY : readAtMs),
    )
  }

  async #readDoctors(doctorIds: readonly string[]): Promise<readonly CalendarDoctor[]> {
    const beganAtMs = performance.now()
    this.#figures.doctorReads += 1
    const { snapshot, doctors } = await this.#deps.reads.doctors(doctorIds)
    const lapsed = new SlotChanges('lapse')
    for (const { doctorId, held, isPartial } of doctors) {
      const doctor = this.#deps.doctorOf(doctorId)
      if (doctor === undefined || !doctor.isWatched) continue
      for (const slot of held) {
        // The hold of a slot that is not stored any more may have lapsed unnoticed.
        const isMissed = doctor.isRead && slot.hasLapsed && doctor.calendar.availableOf(slot.id) === undefined
        const { wasHeld } = this.#take(doctor, slot, { snapshot, xid: null }, beganAtMs, true)
        if (wasHeld || isMissed) this.#add(lapsed, doctor, slot)
      }
      this.#readHoldsAtMs.delete(doctor)
      if (isPartial) this.#readHoldsLater(doctor, held)
      doctor.holdsRead(snapshot)
    }
    this.#deps.emit(lapsed.changes)
    return doctors
  }

  /** There are more held slots than were listed: they are read when the last one listed has lapsed. */
  #readHoldsLater(doctor: TrackedDoctor, held: readonly CalendarSlot[]): void {
    const inMs = Math.max(1_000, ...held.map(({ lapsesInMs }) => lapsesInMs ?? 0))
    this.#readHoldsAtMs.set(doctor, performance.now() + inMs)
    this.#lapses.add(doctor, performance.now() + inMs)
  }
}
