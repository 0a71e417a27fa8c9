import type { NotDone } from './claim.ts'
import type { RequestTimes } from './request-times.ts'

/** How much people may book at once in a clinic, by what they have in common. The clinic's people are not limited. */
export type BookingLimits = {
  /** Units of one booking. */
  guestUnitsMax: number
  addressHoldsMax: number
  addressBookingsMax: number
  accountHoldsMax: number
  accountBookingsMax: number
  contactHoldsMax: number
  contactBookingsMax: number
}

/** Where a booking comes from. `subject`: a digest of it (as a UUID), which reveals nothing about it. */
export type BookingOrigin = { kind: 'address' | 'network' | 'account' | 'contact'; subject: string }

/** What a claim, or the confirmation of a hold, is counted by. */
export type AdmissionRequest = {
  bookingId: string
  /** The key of the claim: a retry is never refused. */
  key: string
  units: number
  confirm: boolean
  /** The visit type of the claim or booking; absent or null: there is none. */
  visitTypeId?: string | null | undefined
  origins: readonly BookingOrigin[]
  /** As those of a claim. */
  times?: RequestTimes | undefined
}

export type AdmissionOutcome =
  | { kind: 'admitted' }
  | { kind: 'too_many_units'; max: number }
  | { kind: 'too_many_bookings'; of: BookingOrigin['kind']; what: 'holds' | 'bookings' | 'requests'; max: number }
  | NotDone

/** The outcome of SQL functions that name an exceeded limit: `<kind>_holds`, `<kind>_bookings` or `<kind>_requests`. */
export function tooManyBookings(limit: string, max: number): Extract<AdmissionOutcome, { kind: 'too_many_bookings' }> {
  const [of, what] = limit.split('_') as [BookingOrigin['kind'], 'holds' | 'bookings' | 'requests']
  return { kind: 'too_many_bookings', of, what, max }
}

/** Live bookings from one origin. `id`: a digest of it. Instants are those of the first and last of them. */
export type BookingBurst = {
  id: string
  kind: BookingOrigin['kind']
  bookings: number
  /** How many of them belong to no account. */
  guestBookings: number
  /** How many of them belong to the accounts that the query names. */
  newAccountBookings: number
  firstAt: Date
  lastAt: Date
}
