import { createHmac, createSecretKey } from 'node:crypto'
import type { VisitRoomsPort } from '../rest/rest-deps.ts'
import { purposeKey } from './purpose-keys.ts'

const nameCharacters = 32

/**
 * The name of a booking's own video room: 128 bits of an HMAC-SHA256 of its id under the server's secret. Derived, so it
 * is the same for whoever asks, and nothing is stored. Hexadecimal, because some services don't tell capitals apart.
 *
 * While the secret changes (`new,old`) the old one goes on naming: patient and doctor must meet in one room, whichever
 * server each asks, and a link that was kept in a calendar stays good.
 */
export function createVisitRooms(secrets: readonly string[]): VisitRoomsPort {
  const oldest = secrets.at(-1)
  if (oldest === undefined) throw new Error('Visit rooms need a secret.')
  const key = createSecretKey(purposeKey(oldest, 'visit-room'))
  return {
    nameOf: (bookingId) => createHmac('sha256', key).update(bookingId).digest('hex').slice(0, nameCharacters),
  }
}
