import { createHmac, createSecretKey } from 'node:crypto'
import { purposeKey } from './purpose-keys.ts'

const nameCharacters = 32

/** Video visits: each booking has a separate room, with a name that cannot be guessed. */
export type VisitRooms = {
  /**
   * 32 letters and digits, the same for a booking until its manage token is renewed.
   *
   * @param epoch that of the manage token
   */
  nameOf(bookingId: string, epoch: number): string
}

/**
 * The name of a booking's video room: 128 bits of an HMAC-SHA256 of its id, and of the epoch of its manage token, with
 * the server's secret. It is derived, so it is the same for every caller and nothing is stored. Hexadecimal, because
 * some services ignore case.
 *
 * With another epoch it is another room: whoever had a ticket that is void now does not know where the visit is. Epoch
 * 0 is not part of the name, so rooms that were named before epochs were keep their names.
 *
 * While the secret is rotated (`new,old`), the old one still names the rooms: patient and doctor must get the same room
 * from any server, and a link saved in a calendar must stay valid.
 */
export function createVisitRooms(secrets: readonly string[]): VisitRooms {
  const oldest = secrets.at(-1)
  if (oldest === undefined) throw new Error('Visit rooms need a secret.')
  const key = createSecretKey(purposeKey(oldest, 'visit-room'))
  return {
    nameOf(bookingId, epoch) {
      const visit = epoch === 0 ? bookingId : `${bookingId} ${epoch}`
      return createHmac('sha256', key).update(visit).digest('hex').slice(0, nameCharacters)
    },
  }
}
