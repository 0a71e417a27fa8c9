/**
 * How the caller of a request has access to a booking: the bearer of its manage token, with the account that it
 * belonged to and the epoch of the token; the account that it belongs to; or the doctor whose calendar it is in. A
 * write compares it again under the booking's lock. If it has ended meanwhile, the booking is missing to the caller.
 * null or absent: nothing is compared, as for members of the clinic who have access to all its bookings. The same is
 * the access to an entry of a waitlist, with the doctor whom it waits for.
 */
export type BookingAccess =
  | { accountId: string | null; tokenEpoch: number }
  | { accountId: string }
  | { doctorId: string }

/** The same to an entry of a waitlist; or whoever has the link to leave it, with the address that it was sent to. */
export type EntryAccess = BookingAccess | { email: string }
