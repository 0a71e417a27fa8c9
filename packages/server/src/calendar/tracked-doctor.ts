import type { CalendarDays, Snapshot } from '@holdfast/engine'
import { DoctorCalendar } from './doctor-calendar.ts'

/** A change that was written while days were being loaded. It is applied if the load did not see it. */
type Note = { xid: number; take: () => void }

/** `directoryXids`: the directory changed meanwhile; a load that did not see all of these is outdated. */
type Load = {
  days: string
  beganAtMs: number
  isFound: Promise<boolean>
  isJoinable: boolean
  isOutdated: boolean
  notes: Note[]
  directoryXids: number[]
}

/** A doctor whose lists are read, or whom subscribers watch. */
export class TrackedDoctor {
  readonly calendar: DoctorCalendar
  readonly #loads = new Set<Load>()
  #isCurrent = false
  /** The earliest snapshot of the loaded days. */
  #seen: Snapshot | null = null
  #watchers = 0
  #holdsSeen: Snapshot | null = null
  #directoryXid = 0

  constructor(doctorId: string) {
    this.calendar = new DoctorCalendar(doctorId)
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

  /** The days are loaded again when they are asked for. @param xid what changed the directory; null: not known */
  outdate(xid: number | null): void {
    for (const load of this.#loads) {
      load.isJoinable = false
      if (xid === null) load.isOutdated = true
      else load.directoryXids.push(xid)
    }
    if (xid !== null) this.#directoryXid = Math.max(this.#directoryXid, xid)
    if (xid === null || this.#seen?.sees(xid) !== true) this.#isCurrent = false
  }

  clear(): void {
    this.#isCurrent = false
    this.calendar.clear()
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
   * @param read null: there is no such active doctor
   * @param take applies the loaded values
   * @returns whether there is such an active doctor
   */
  load(
    days: string,
    notBeforeMs: number | null,
    read: () => Promise<CalendarDays | null>,
    take: (loaded: CalendarDays) => void,
  ): Promise<boolean> {
    const joined = this.#joinable(days).find(({ beganAtMs }) => beganAtMs >= (notBeforeMs ?? 0))
    if (joined !== undefined) return joined.isFound
    const { promise: isFound, resolve, reject } = Promise.withResolvers<boolean>()
    const beganAtMs = performance.now()
    const load: Load = { days, beganAtMs, isFound, isJoinable: true, isOutdated: false, notes: [], directoryXids: [] }
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

  #joinable(days: string) {
    return this.#loads.values().filter((load) => load.isJoinable && load.days === days)
  }

  #store(
    { isOutdated, notes, directoryXids }: Load,
    loaded: CalendarDays | null,
    take: (loaded: CalendarDays) => void,
  ) {
    if (loaded === null) {
      this.clear()
      this.#holdsSeen = null
      return false
    }
    const { snapshot } = loaded
    const isLate = isOutdated || directoryXids.some((xid) => !snapshot.sees(xid))
    if (isLate && this.#isCurrent) return true
    this.calendar.cover(loaded, !this.#isCurrent)
    if (!this.#isCurrent || this.#seen === null || snapshot.isBefore(this.#seen)) this.#seen = snapshot
    this.#isCurrent = !isLate
    take(loaded)
    for (const note of notes) if (!snapshot.sees(note.xid)) note.take()
    return true
  }
}
