import { createHmac, createSecretKey } from 'node:crypto'
import { purposeKey } from './purpose-keys.ts'

const nameCharacters = 32

/** Video visits: each booking has a separate room, with a name that cannot be guessed. */
export type VisitRooms = {
  /** 32 letters and digits, always the same for a booking. */
  nameOf(bookingId: string): string
}

/**
 * The name of a booking's video room: 128 bits of an HMAC-SHA256 of its id with the server's secret. It is derived, so
 * it is the same for every caller and nothing is stored. Hexadecimal, because some services ignore case.
 *
 * While the secret is rotated (`new,old`), the old one still names the rooms: patient and doctor must get the same room
 * from any server, and a link saved in a calendar must stay valid.
 */
export function createVisitRooms(secrets: readonly string[]): VisitRooms {
  const oldest = secrets.at(-1)
  if (oldest === undefined) throw new Error('Visit rooms need a secret.')
  const key = createSecretKey(purposeKey(oldest, 'visit-room'))
  return {
    nameOf: (bookingId) => createHmac('sha256', key).update(bookingId).digest('hex').slice(0, nameCharacters),
  }
}
