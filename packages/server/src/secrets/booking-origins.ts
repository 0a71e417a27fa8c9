import { createHmac, createSecretKey } from 'node:crypto'
import { purposeKey } from './purpose-keys.ts'

/** What a booking is counted by, as digests that reveal nothing about the address or the patient. */
export type BookingOrigins = { of<Kind extends string>(kind: Kind, text: string): { kind: Kind; subject: string } }

/** 128 bits of an HMAC-SHA256 with the server's newest secret. When it changes, counting begins again. */
export function createBookingOrigins([newest]: readonly string[]): BookingOrigins {
  if (newest === undefined) throw new Error('Booking origins need a secret.')
  const key = createSecretKey(purposeKey(newest, 'booking-origin'))
  return {
    of(kind, text) {
      const hex = createHmac('sha256', key).update(`${kind}\n${text}`).digest('hex')
      const parts = [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20, 32)]
      return { kind, subject: parts.join('-') }
    },
  }
}
