import type { CalendarReads, Committed, Engine, EventTail } from '@holdfast/engine'
import type { Logger } from '../observe/logger.ts'
import type { ChangeListener, LogListener } from './calendar-change.ts'
import type { DoctorCalendar } from './doctor-calendar.ts'

export type CalendarDeps = {
  tail: Pick<EventTail, 'horizon' | 'subscribe'>
  reads: CalendarReads
  /** Of all slots in memory. The doctor who was read least recently goes first. */
  bytesMax: number
  /** Minimum time between two reads of changed slots. Default 10. */
  readMs?: number
  log: Logger
}

/**
 * The slots that start in [start, end) (milliseconds since 1970) of a calendar, as they are now: read them before
 * anything else is awaited. `isStale`: the database is unavailable, and these are the last values known.
 */
export type DaysView = { calendar: DoctorCalendar; start: number; end: number; isStale: boolean; asOfMs: number }

/** A watched doctor: `lapsed` are slots with holds that have ended, and `isPartial` says that there are more of them. */
export type WatchedDoctor = { isPartial: boolean; lapsed: string[] }

/** Totals since the start, but `doctors`, `slots`, `bytes` and `unsettled`, which are current. */
export type CalendarFigures = {
  doctors: number
  slots: number
  bytes: number
  /** Reads of days, of changed slots (`patches`), and of doctors with their holds. */
  loads: number
  patches: number
  doctorReads: number
  patchedSlots: number
  lapses: number
  unsettled: number
}

/**
 * The slots of the doctors whom somebody reads or watches, in memory, patched with every change: see
 * docs/decisions/0010. One per process.
 */
export class Calendar {
  constructor(_deps: CalendarDeps) {
    throw new Error('not written yet')
  }

  /** Every log entry below it has been taken in. */
  get horizon(): bigint {
    throw new Error('not written yet')
  }

  /**
   * Every change before it has been emitted: a client can resume from the position before, as far as the calendar is
   * concerned.
   */
  get settledBefore(): bigint {
    throw new Error('not written yet')
  }

  get figures(): CalendarFigures {
    throw new Error('not written yet')
  }

  /** Calls the listener with the changes of watched doctors. @returns a function that ends the subscription */
  onChange(_listener: ChangeListener): () => void {
    throw new Error('not written yet')
  }

  /** Calls the listener with every page of the log. @returns a function that ends the subscription */
  onLog(_listener: LogListener): () => void {
    throw new Error('not written yet')
  }

  /** Takes in each write of this process before its caller is answered. */
  follow(_engine: Pick<Engine, 'onCommitted'>): void {
    throw new Error('not written yet')
  }

  /** The same for one transaction. */
  committed(_committed: Committed): void {
    throw new Error('not written yet')
  }

  /**
   * false: the log cannot be read, so nothing is known to be current. true again: everything is read again, and
   * subscribers are sent `all`.
   */
  trust(_isTrusted: boolean): void {
    throw new Error('not written yet')
  }

  /**
   * Begins to emit the changes of these doctors, once more for each call: `unwatch` ends one of them. Doctors that are
   * not active are left out of the result, and are not watched.
   *
   * @param options `readAgain`: read the doctors even if they are watched already, so that `lapsed` is complete;
   *   otherwise the result of a doctor that is watched is empty
   * @throws what the read throws; nothing is watched then
   */
  watch(_doctorIds: readonly string[], _options: { readAgain: boolean }): Promise<Map<string, WatchedDoctor>> {
    throw new Error('not written yet')
  }

  unwatch(_doctorId: string): void {
    throw new Error('not written yet')
  }

  /**
   * Units available in these slots now, for clients that resume; slots that do not exist are left out. Many calls share
   * one read.
   *
   * @throws what the read throws
   */
  read(_slotIds: readonly string[]): Promise<Map<string, number>> {
    throw new Error('not written yet')
  }

  /**
   * A doctor's slots on the local days `from` to `to` (`YYYY-MM-DD`, both included), not older than what this process
   * has written, or its log has reported, before the call; null: no such active doctor. Almost always at once;
   * otherwise after a load, or the read of a changed slot.
   *
   * @param readAfter a position that must be included: waits up to 100 ms for the log, then reads the database
   * @throws what the load throws, unless the database is unavailable and these days are known: then they are stale
   */
  days(_doctorId: string, _from: string, _to: string, _readAfter: bigint | null): DaysView | Promise<DaysView | null> {
    throw new Error('not written yet')
  }

  stop(): void {
    throw new Error('not written yet')
  }
}
