import type { Booking } from '@holdfast/contract/client'
import { foldedName } from '@holdfast/vocabulary'

type Named = Pick<Booking, 'patient'>

/** The patients of these bookings, each in the spelling of the first one, in the order of the alphabet. */
export function namesIn(bookings: readonly Named[]): string[] {
  const names = new Map<string, string>()
  for (const { patient } of bookings) {
    const folded = foldedName(patient.name)
    if (folded !== '' && !names.has(folded)) names.set(folded, patient.name)
  }
  return [...names.values()].sort((one, other) => one.localeCompare(other))
}

/** Those of the patient `whose`, however the name is spelled; all, if it is none of `names`. */
export function ofPatient<One extends Named>(bookings: readonly One[], names: readonly string[], whose: string): One[] {
  const folded = foldedName(whose)
  const isKnown = names.some((name) => foldedName(name) === folded)
  return bookings.filter(({ patient }) => !isKnown || foldedName(patient.name) === folded)
}
