import type { Booking } from '@holdfast/contract/client'
import { foldedName } from '@holdfast/vocabulary'
import { isSamePerson } from '../shared/patient/same-person.ts'

/**
 * Appointments of one person at the same time, as far as the desk can tell: of each that has one, the first other.
 * Holds, and what has ended or did not take place, have none.
 */
export function overlapsOf(bookings: readonly Booking[]): ReadonlyMap<string, Booking> {
  const named = bookings.filter(
    ({ status, patient }) => (status === 'CONFIRMED' || status === 'ARRIVED') && patient.name !== '',
  )
  const overlaps = new Map<string, Booking>()
  for (const ofName of Map.groupBy(named, ({ patient }) => foldedName(patient.name)).values()) {
    for (const one of ofName) {
      const other = ofName.find(
        (found) => found !== one && isAtOnce(found, one) && isSamePerson(found.patient, one.patient),
      )
      if (other !== undefined) overlaps.set(one.id, other)
    }
  }
  return overlaps
}

function isAtOnce(one: Booking, other: Booking): boolean {
  return Date.parse(one.startsAt) < Date.parse(other.endsAt) && Date.parse(other.startsAt) < Date.parse(one.endsAt)
}
