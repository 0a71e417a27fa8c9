import type { MessageLanguage } from '@holdfast/vocabulary'

/** The owner of a calendar: `id` is that of an account, a doctor or a clinic. */
export type FeedSubject = { kind: 'account' | 'doctor' | 'clinic'; id: string }

/**
 * A feed that may be read now, unless the sessions of its account have ended since it was created: the accounts may be
 * in another database.
 */
export type OpenFeed = FeedSubject & {
  /** Who created it. */
  accountId: string
  language: MessageLanguage
  createdAt: Date
  /** Whether the session that created it was started with a second factor. */
  hasSecondFactor: boolean
}

/** Calendars that other programs read by a secret URL; only the token's hash is stored. */
export type CalendarFeeds = {
  /**
   * Replaces the subject's feed, whose URL no longer works.
   *
   * @param feed.createdAt the time by the clock of the accounts' database, read before
   */
  create(feed: OpenFeed & { tokenHash: Buffer }): Promise<void>
  /** The subject's feed; null: there is none, or it may not be read any more, as in {@link CalendarFeeds.open}. */
  find(subject: FeedSubject): Promise<OpenFeed | null>
  remove(subject: FeedSubject): Promise<void>
  /**
   * The feed of a token; null: there is none, or the account that created it may not see the calendar any more (its
   * role in the clinic ended or changed, or now needs a second factor, which its session had not; or the doctor is
   * inactive).
   */
  open(tokenHash: Buffer): Promise<OpenFeed | null>
  /** Whether the feeds of a clinic and of its doctors name the patients. */
  namesPatients(clinicNo: number): Promise<boolean>
  setNamesPatients(clinicNo: number, namesPatients: boolean): Promise<void>
  /** The names of doctors, by id. */
  doctorNames(doctorIds: readonly string[]): Promise<ReadonlyMap<string, string>>
}
