import type { Booking } from '@holdfast/contract/client'
import { foldedPhone } from '@holdfast/vocabulary'

/**
 * Whether two bookings are of one person, as far as the desk can tell: the same name, and an address or a number in
 * common where both have one.
 */
export function isSamePerson(one: Booking['patient'], other: Booking['patient']): boolean {
  if (foldedName(one.name) !== foldedName(other.name)) return false
  const emails = [one.email, other.email].map((email) => email?.trim().toLowerCase())
  const phones = [one.phone, other.phone].map((phone) => (phone === undefined ? undefined : numberOf(phone)))
  const compared = [emails, phones].filter((pair) => pair.every((contact) => contact !== undefined))
  return compared.length === 0 || compared.some(([first, second]) => first === second)
}

/** What two spellings of a name have in common, as the desk compares them. */
export function foldedName(name: string): string {
  return name.trim().toLowerCase().replaceAll(/\s+/g, ' ')
}

/** Compared as the engine does, which refuses two visits at one time (identity_keys). */
const numberOf = (phone: string) => foldedPhone(phone) ?? phone.replaceAll(/\D/g, '')
