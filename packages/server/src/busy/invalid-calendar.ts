import type { BusyCalendarFailure } from '@holdfast/engine'

export class InvalidCalendar extends Error {
  override name = 'InvalidCalendar'
  readonly reason: BusyCalendarFailure

  constructor(reason: BusyCalendarFailure, message: string) {
    super(message)
    this.reason = reason
  }
}
