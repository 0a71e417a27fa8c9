import type { Booking, Slot } from '@holdfast/contract/client'
import type { ScheduleEventData } from '@mantine/schedule'
import { localDateTime } from '../../lib/local-time.ts'

export type SlotTexts = { free: string; held: string; places: (taken: number, capacity: number) => string }

/** One event per slot, in the clinic's local time. Its title: free, the patient, or how many places are taken. */
export function calendarEvents(
  slots: readonly Slot[],
  bookings: readonly Booking[],
  timeZone: string,
  texts: SlotTexts,
): ScheduleEventData[] {
  const coming = Map.groupBy(
    bookings.filter(({ status }) => status !== 'CANCELLED' && status !== 'FAILED'),
    ({ slotId }) => slotId,
  )
  return slots.map((slot) => {
    const booked = coming.get(slot.id) ?? []
    const taken = slot.capacity - slot.available
    const isFree = taken <= 0 && booked.length === 0
    const [first] = booked
    const title = isFree
      ? texts.free
      : slot.capacity === 1 && first !== undefined
        ? first.patient.name || texts.held
        : texts.places(taken, slot.capacity)
    return {
      id: slot.id,
      title,
      start: localDateTime(slot.startsAt, timeZone),
      end: localDateTime(slot.endsAt, timeZone),
      color: isFree ? 'gray' : 'pine',
      payload: { isFree },
    }
  })
}

/** The full hours that contain all events, at least eight: a calendar of a quarter of an hour would be unreadable. */
export function shownHours(events: readonly ScheduleEventData[]): { startTime: string; endTime: string } {
  let first = 24
  let last = 0
  for (const { start, end } of events) {
    const [startDay, startTime = ''] = String(start).split(' ')
    const [endDay, endTime = ''] = String(end).split(' ')
    first = Math.min(first, Number(startTime.slice(0, 2)))
    last = Math.max(
      last,
      startDay === endDay ? Math.ceil(Number(endTime.slice(0, 2)) + Number(endTime.slice(3, 5)) / 60) : 24,
    )
  }
  if (last <= first) return { startTime: '08:00:00', endTime: '18:00:00' }
  while (last - first < 8) {
    if (last < 24) last += 1
    if (first > 0 && last - first < 8) first -= 1
  }
  const hour = (value: number) => `${String(value).padStart(2, '0')}:00:00`
  return { startTime: hour(first), endTime: last === 24 ? '23:59:59' : hour(last) }
}
