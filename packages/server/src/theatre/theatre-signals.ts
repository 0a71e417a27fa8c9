import type { TheatreSignal } from '@holdfast/contract'
import { positionText } from '@holdfast/contract/position'
import { clinicNoOf, type EventTail, type LogEntry } from '@holdfast/engine'
import type { Calendar } from '../calendar/calendar.ts'
import type { Logger } from '../observe/logger.ts'

export type TheatreSignalsDeps = {
  calendar: Pick<Calendar, 'horizon' | 'onLog' | 'onChange'>
  tail: Pick<EventTail, 'epoch'>
  /** The resources of a clinic's rooms, under which the log has its cases. */
  roomsOf(clinicNo: number): Promise<readonly string[]>
  log: Logger
  /** The time between two signals of a clinic. The first one after a pause is sent at once. */
  signalMs?: number
}

export type SignalListener = (signal: TheatreSignal) => void

/** A clinic with listeners. */
type Watched = {
  listeners: Set<SignalListener>
  /** null: being read, or not readable. Until it is known, every booking of the clinic counts as a case. */
  rooms: ReadonlySet<string> | null
  /** The number of the last reading of the rooms: the result of an earlier one is not used. */
  readNo: number
  /** The position of a change that was not signalled yet. */
  changedAt: bigint | null
  nextSignalAtMs: number
  timer: NodeJS.Timeout | undefined
}

const signalMsDefault = 500

/**
 * Says when something in a clinic's theatre has changed: cases, blocks, rooms, the waitlist. It follows the log, so
 * it reports the writes of all processes. Changes of appointments are no signals.
 */
export class TheatreSignals {
  readonly #deps: TheatreSignalsDeps
  readonly #signalMs: number
  readonly #clinics = new Map<number, Watched>()

  constructor(deps: TheatreSignalsDeps) {
    this.#deps = deps
    this.#signalMs = deps.signalMs ?? signalMsDefault
    deps.calendar.onLog((entries) => this.#noteLog(entries))
    deps.calendar.onChange(({ kind, at }) => {
      // The log could not be read for a while.
      if (kind === 'all') for (const watched of this.#clinics.values()) this.#note(watched, at)
    })
  }

  /** Calls the listener from now on; first, before this returns, with `connected`. @returns ends the subscription */
  subscribe(clinicNo: number, listener: SignalListener): () => void {
    let watched = this.#clinics.get(clinicNo)
    if (watched === undefined) {
      watched = { listeners: new Set(), rooms: null, readNo: 0, changedAt: null, nextSignalAtMs: 0, timer: undefined }
      this.#clinics.set(clinicNo, watched)
      void this.#readRooms(clinicNo, watched)
    }
    const followed = watched
    followed.listeners.add(listener)
    listener({ type: 'connected', position: this.#positionText(this.#deps.calendar.horizon) })
    return () => {
      followed.listeners.delete(listener)
      if (followed.listeners.size > 0 || this.#clinics.get(clinicNo) !== followed) return
      clearTimeout(followed.timer)
      this.#clinics.delete(clinicNo)
    }
  }

  /** Gets the listeners of a clinic that has moved here from another database. They read everything anew. */
  takeOver(clinicNo: number, other: TheatreSignals | undefined): void {
    if (other === undefined) return
    const watched = other.#clinics.get(clinicNo)
    if (watched === undefined) return
    other.#clinics.delete(clinicNo)
    clearTimeout(watched.timer)
    const { listeners } = watched
    const moved: Watched = { ...watched, rooms: null, changedAt: null, timer: undefined }
    // The same set: a listener leaves it by the function that it got when it came.
    this.#clinics.set(clinicNo, moved)
    void this.#readRooms(clinicNo, moved)
    for (const listener of listeners) {
      listener({ type: 'connected', position: this.#positionText(this.#deps.calendar.horizon) })
    }
  }

  #noteLog(entries: readonly LogEntry[]): void {
    if (this.#clinics.size === 0) return
    for (const entry of entries) {
      const clinicNo = entry.kind === 'directory' ? entry.clinicNo : clinicNoOf(entry.bookingId)
      const watched = this.#clinics.get(clinicNo)
      if (watched === undefined) continue
      if (watched.listeners.size === 0) {
        this.#clinics.delete(clinicNo)
        continue
      }
      if (entry.kind === 'directory') {
        // It may be a room. Changes of the directory are few.
        void this.#readRooms(clinicNo, watched)
      } else if (!isOfRooms(watched.rooms, entry)) continue
      this.#note(watched, entry.xid)
    }
  }

  async #readRooms(clinicNo: number, watched: Watched): Promise<void> {
    watched.rooms = null
    watched.readNo += 1
    const { readNo } = watched
    try {
      const rooms = await this.#deps.roomsOf(clinicNo)
      if (watched.readNo === readNo) watched.rooms = new Set(rooms)
    } catch (error) {
      this.#deps.log.warn({ err: error }, 'the rooms of a clinic could not be read for its live theatre')
    }
  }

  #note(watched: Watched, at: bigint): void {
    if (watched.changedAt === null || at > watched.changedAt) watched.changedAt = at
    if (watched.timer !== undefined) return
    // A timer even without a pause: what one turn of the event loop notes is one signal.
    const waitMs = Math.max(0, watched.nextSignalAtMs - performance.now())
    watched.timer = setTimeout(() => this.#signal(watched), waitMs)
  }

  #signal(watched: Watched): void {
    watched.timer = undefined
    watched.nextSignalAtMs = performance.now() + this.#signalMs
    const at = watched.changedAt
    watched.changedAt = null
    if (at === null) return
    const signal = { type: 'changed', position: this.#positionText(at) } as const
    for (const listener of watched.listeners) listener(signal)
  }

  #positionText(transaction: bigint): string {
    return positionText(this.#deps.tail.epoch, transaction)
  }
}

function isOfRooms(rooms: ReadonlySet<string> | null, entry: Extract<LogEntry, { kind: 'booking' }>): boolean {
  if (rooms === null) return true
  return rooms.has(entry.doctorId) || (entry.fromDoctorId !== null && rooms.has(entry.fromDoctorId))
}
