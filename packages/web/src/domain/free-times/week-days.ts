import type { Clinic, Slot } from '@holdfast/contract/client'
import { addDays, bookableTime } from '@holdfast/vocabulary'

export type TimeOfDay = 'morning' | 'afternoon'

/** A local day of the clinic with its slots, sorted by start. */
export type WeekDay = { date: string; morning: Slot[]; afternoon: Slot[] }

export const daysShown = 7

/** The days from `from` on with the slots that have not started, in the clinic's time zone. */
export function weekDays(slots: readonly Slot[], from: string, timeZone: string, now: number): WeekDay[] {
  const days = Array.from({ length: daysShown }, (_, index): WeekDay => {
    return { date: addDays(from, index), morning: [], afternoon: [] }
  })
  const byDate = new Map(days.map((day) => [day.date, day]))
  for (const slot of slots) {
    if (Date.parse(slot.startsAt) <= now) continue
    const start = Temporal.Instant.from(slot.startsAt).toZonedDateTimeISO(timeZone)
    byDate.get(start.toPlainDate().toString())?.[start.hour < 12 ? 'morning' : 'afternoon'].push(slot)
  }
  return days
}

/** Whether the API would accept a booking: not full, too soon or too far ahead. */
export function isBookable(slot: Slot, settings: Clinic['settings'], now: number): boolean {
  const { fromMs, untilMs } = bookableTime(Date.parse(slot.startsAt), settings)
  return slot.available > 0 && now >= fromMs && now < untilMs
}
