import type { Booking, Slot, VisitType } from '@holdfast/contract/client'
import { isComing, unitsOf } from './calendar-events.ts'

/**
 * The slots of bookings that are in no list of slots: those of visits in open sessions, and withdrawn ones whose
 * patient was there. A visit has the capacity of its type, and at least what is taken of it.
 */
export function unlistedSlots(
  listed: readonly Slot[],
  bookings: readonly Booking[],
  visitTypes: readonly Pick<VisitType, 'id' | 'capacity'>[],
): Slot[] {
  const ids = new Set(listed.map(({ id }) => id))
  const others = bookings.filter((booking) => isComing(booking) && !ids.has(booking.slotId))
  return [...Map.groupBy(others, ({ slotId }) => slotId)].flatMap(([id, booked]) => {
    const [first] = booked
    if (first === undefined) return []
    const taken = unitsOf(booked)
    const ofType = visitTypes.find((type) => type.id === first.visitTypeId)?.capacity ?? 1
    const capacity = Math.max(taken, ofType)
    const { doctorId, startsAt, endsAt } = first
    return [{ id, doctorId, startsAt, endsAt, capacity, available: capacity - taken }]
  })
}
