import type { CalendarRules } from '@holdfast/engine'

/** Times in milliseconds since 1970. */
export type VisitSlot = (id: string, startsAtMs: number, endsAtMs: number, capacity: number, available: number) => void

/** A doctor's slots in memory: those of the days that were loaded. */
export class DoctorCalendar {
  readonly doctorId: string
  /** Counts up with each change that a reader of `forEachSlot` can see. */
  version = 0
  /** The database's time of the latest change that is included; never goes back. */
  asOfMs = 0
  rules: CalendarRules = { timezone: 'UTC', minimumNoticeMinutes: 0, bookingHorizonDays: 0 }

  constructor(doctorId: string) {
    this.doctorId = doctorId
  }

  /** Calls `visit` for each slot that starts in [startMs, endMs), by start, if these are loaded days. */
  forEachSlot(_startMs: number, _endMs: number, _visit: VisitSlot): void {
    throw new Error('not written yet')
  }

  /**
   * Calls the listener when a slot that starts in [startMs, endMs) may have changed; the whole calendar: from -Infinity
   * to Infinity. The listener lives as long as the object.
   */
  onChange(_listener: (startMs: number, endMs: number) => void): void {
    throw new Error('not written yet')
  }
}
