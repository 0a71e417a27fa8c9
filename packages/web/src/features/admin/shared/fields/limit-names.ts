import type { BookingLimits } from '@holdfast/contract/client'

/** The limits against misuse, in the order of their form. */
export const limitNames = [
  'addressHoldsMax',
  'addressBookingsMax',
  'accountHoldsMax',
  'accountBookingsMax',
  'contactHoldsMax',
  'contactBookingsMax',
  'guestUnitsMax',
] as const satisfies (keyof BookingLimits)[]
