import {
  countMail,
  countMessage,
  furtherTicketsPerDay,
  lostEntriesPerDay,
  lostTicketPerDayMax,
  lostTicketsPerDay,
  networkOfBooking,
  normalizedEmail,
  ownLostEntriesPerDayMax,
} from '@holdfast/engine'
import type { PoolClient } from 'pg'
import { createKeyedDigests } from '../secrets/keyed-digests.ts'

/** `network`: of who asks, /24 of IPv4 and /48 of IPv6. */
type Counted = { clinicNo: number; email: string; network: string }

/**
 * Count the mails with lost links, and say whether a mail may be sent: in the database, so for all servers together.
 */
export type LostLinkLimits = {
  /** `isProven`: an account asks that has proven the address. */
  ofEntries(transaction: PoolClient, counted: Counted & { isProven: boolean }): Promise<boolean>
  /** `isHold`: nobody has confirmed it. Strangers can make any number of these, so they are counted apart. */
  ofTicket(transaction: PoolClient, counted: Counted & { bookingId: string; isHold: boolean }): Promise<boolean>
}

export function createLostLinkLimits(secrets: readonly string[]): LostLinkLimits {
  const digestOf = createKeyedDigests(secrets, 'message-recipient')
  return {
    async ofEntries(transaction, { clinicNo, email, network, isProven }) {
      const counted = `lost entries of ${normalizedEmail(email)}`
      if (isProven) {
        const own = { clinicNo, recipient: digestOf(`own ${counted}`), perDayMax: ownLostEntriesPerDayMax }
        return countMessage(transaction, own)
      }
      const origin = digestOf(`${counted} by ${network}`)
      const recipient = digestOf(counted)
      return (await countMail(transaction, { clinicNo, recipient, origin, perDay: lostEntriesPerDay })) === null
    },

    async ofTicket(transaction, { clinicNo, email, network, bookingId, isHold }) {
      const counted = `lost ${isHold ? 'holds' : 'tickets'} of ${normalizedEmail(email)}`
      const ofTicket = digestOf(`${counted} for ${bookingId} by ${network}`)
      if (!(await countMessage(transaction, { clinicNo, recipient: ofTicket, perDayMax: lostTicketPerDayMax })))
        return false
      // For a booking that the clinic has made, or while limits are off, only the network of the request is known.
      const from = (await networkOfBooking(transaction, { clinicNo, bookingId })) ?? network
      const origin = digestOf(`${counted} from ${from}`)
      const recipient = digestOf(counted)
      const refusal = await countMail(transaction, { clinicNo, recipient, origin, perDay: lostTicketsPerDay })
      if (refusal !== 'address_limit') return refusal === null
      const further = {
        clinicNo,
        recipient: digestOf(`further ${counted}`),
        origin: digestOf(`${counted} by ${network}`),
        perDay: furtherTicketsPerDay,
      }
      return (await countMail(transaction, further)) === null
    },
  }
}
