import type { Booking } from '@holdfast/contract/client'
import { foldedName, phoneKeys } from '@holdfast/vocabulary'

/**
 * Whether two bookings are of one person, as far as the desk can tell: the same name, and an address or a number in
 * common where both have one. Names and numbers are compared as the engine does, which refuses two visits at one time.
 */
export function isSamePerson(one: Booking['patient'], other: Booking['patient']): boolean {
  if (foldedName(one.name) !== foldedName(other.name)) return false
  const emails = [one.email, other.email].map((email) => (email === undefined ? [] : [email.trim().toLowerCase()]))
  const phones = [one.phone, other.phone].map((phone) => (phone === undefined ? [] : phoneKeys(phone)))
  const compared = [emails, phones].filter((pair) => pair.every((keys) => keys.length > 0))
  return compared.length === 0 || compared.some(([first, second]) => first?.some((key) => second?.includes(key)))
}
