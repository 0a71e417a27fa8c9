export type TicketLink = { bookingId: string; manageToken: string | null }

const pattern = /^#?([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})(?:\.(hfm_[A-Za-z0-9_-]{16,200}))?$/

/**
 * Parses the part of a ticket's address after the #: the booking's id and its manage token. Without a token, the
 * booking belongs to the signed-in account. null: the link is incomplete.
 */
export function parseTicketLink(hash: string): TicketLink | null {
  const [, bookingId, manageToken] = pattern.exec(hash) ?? []
  return bookingId === undefined ? null : { bookingId, manageToken: manageToken ?? null }
}

/** The fragment of a ticket's URL, without the #. */
export function ticketHash({ bookingId, manageToken }: TicketLink): string {
  return manageToken === null ? bookingId : `${bookingId}.${manageToken}`
}

/** The reference to give at the desk or on the phone: the last eight characters of the id, in two groups. */
export function referenceOf(bookingId: string): string {
  const last = bookingId.slice(-8).toUpperCase()
  return `${last.slice(0, 4)}-${last.slice(4)}`
}
