/**
 * An e-mail that is not about a booking, or a request that a server turns into e-mails. Its content is encrypted by the
 * caller: a copy of the database must not reveal the links.
 */
export type NewAccountMail = {
  /** Names the template in the log. */
  kind: string
  isRequest: boolean
  sealed: string
  /** With whose patient's data it is deleted; null: with nobody's. */
  bookingId: string | null
  /** For so long it is attempted. Then it is deleted. */
  validHours: number
}

/** One whose time has come. */
export type DueAccountMail = {
  id: string
  kind: string
  sealed: string
  isExpired: boolean
  /** Including this one. */
  attempts: number
  /** That ended without a record after the e-mail was handed over: it may have been sent so often. */
  attemptsLost: number
  /** As the database writes it. */
  attemptUntil: string
}
