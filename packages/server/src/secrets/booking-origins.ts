import { createKeyedDigests } from './keyed-digests.ts'

/** What a booking is counted by, as digests that reveal nothing about the address or the patient. */
export type BookingOrigins = { of<Kind extends string>(kind: Kind, text: string): { kind: Kind; subject: string } }

/** When the server's newest secret changes, counting begins again. */
export function createBookingOrigins(secrets: readonly string[]): BookingOrigins {
  const digestOf = createKeyedDigests(secrets, 'booking-origin')
  return { of: (kind, text) => ({ kind, subject: digestOf(`${kind}\n${text}`) }) }
}
