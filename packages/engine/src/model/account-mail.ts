/**
 * An e-mail that is not about a booking, or a request that a server turns into e-mails. Its content is encrypted by the
 * caller: a copy of the database must not reveal the links.
 */
export type NewAccountMail = {
  /** Names the template in the log. */
  kind: string
  isRequest: boolean
  sealed: string
  /** The booking with whose patient's data it is deleted; null: there is none. */
  bookingId: string | null
  /** For so long it is attempted. Then it is deleted. */
  validHours: number
}

/** An e-mail whose time has come. */
export type DueAccountMail = {
  id: string
  kind: string
  sealed: string
  isExpired: boolean
  /** Including this one. */
  attempts: number
  /** Attempts that ended without a record after the e-mail was handed over: it may have been sent so often. */
  attemptsLost: number
  /** The time as the database writes it. */
  attemptUntil: string
}
