import { parseSecretLink, secretHash } from '../../lib/secret-links/secret-link.ts'

export type TicketLink = { bookingId: string; manageToken: string | null }

/**
 * Parses the part of a ticket's address after the #: the booking's id and its manage token. Without a token, the
 * booking belongs to the signed-in account. null: the link is incomplete.
 */
export function parseTicketLink(hash: string): TicketLink | null {
  const link = parseSecretLink(hash)
  return link === null ? null : { bookingId: link.id, manageToken: link.manageToken }
}

/** The fragment of a ticket's URL, without the #. */
export function ticketHash({ bookingId, manageToken }: TicketLink): string {
  return secretHash({ id: bookingId, manageToken })
}
