import type { CalendarDays, Snapshot } from '@holdfast/engine'
import { DoctorCalendar } from './doctor-calendar.ts'

/** A change that was written while days were being loaded. It is applied if the load did not see it. */
type Note = { xid: number; take: () => void }

/** `directoryXids`: the directory changed meanwhile; a load that did not see all of these is outdated. */
type Load = {
  days: string
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
    if (xid !== null) this.#directoryXid = xid
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
   * @param mustBegin it must not have begun before
   * @param read null: there is no such active doctor
   * @param take applies the loaded values
   * @returns whether there is such an active doctor
   */
  load(
    days: string,
    mustBegin: boolean,
    read: () => Promise<CalendarDays | null>,
    take: (loaded: CalendarDays) => void,
  ): Promise<boolean> {
    const joined = mustBegin ? undefined : this.#loads.values().find((one) => one.isJoinable && one.days === days)
    if (joined !== undefined) return joined.isFound
    const { promise: isFound, resolve, reject } = Promise.withResolvers<boolean>()
    const load: Load = { days, isFound, isJoinable: true, isOutdated: false, notes: [], directoryXids: [] }
    this.#loads.add(load)
    read()
      .then((loaded) => this.#store(load, loaded, take))
      .finally(() => this.#loads.delete(load))
      .then(resolve, reject)
    return isFound
  }

  #store(
    { isOutdated, notes, directoryXids }: Load,
    loaded: CalendarDays | null,
    take: (loaded: CalendarDays) => void,
  ) {
    if (loaded === null) {
      this.clear()
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
