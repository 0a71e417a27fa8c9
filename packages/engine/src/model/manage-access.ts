/** What decides which manage token of a booking or of a waitlist entry is valid. */
export type ManageAccess = {
  /** The account that it belongs to; a token issued before it was linked is void. */
  accountId: string | null
  /** How often the token was renewed. */
  epoch: number
  /** The key of the last renewal; null: there was none in the last ten minutes. */
  renewalKey: string | null
  /**
   * A day has passed since the visit, or since the booking was cancelled or failed, or the entry ended: no token is
   * valid any more.
   */
  isOver: boolean
}

export type ManageTokenEpochs = {
  /** null: there is no such booking. */
  access(bookingId: string): Promise<ManageAccess | null>
  /** The same of an entry of a waitlist. null: there is none, or its patient was erased. */
  accessToEntry(entryId: string): Promise<ManageAccess | null>
  /** The epochs of those of these bookings whose tokens were renewed; the epoch of the others is 0. */
  renewed(bookingIds: readonly string[]): Promise<Map<string, number>>
  /**
   * Voids the token of a booking or an entry. Idempotent by key, for ten minutes.
   *
   * @returns the new epoch; null: what access was checked with is not true any more, or it was erased meanwhile
   */
  renew(renewal: TokenRenewal): Promise<number | null>
}

export type TokenRenewal = {
  /** The id of the booking or the entry. */
  id: string
  /** The account that it belonged to when access was checked. */
  accountId: string | null
  /** The epoch of the caller's token; null: the caller is that account. */
  epoch: number | null
  /** A digest of the caller and the Idempotency-Key, as a UUID. */
  renewalKey: string
}
