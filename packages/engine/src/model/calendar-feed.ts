import type { MessageLanguage } from './message-language.ts'

/** Whose calendar it is: `id` is that of an account, a doctor or a clinic. */
export type FeedSubject = { kind: 'account' | 'doctor' | 'clinic'; id: string }

/** A feed that may be read now. */
export type OpenFeed = FeedSubject & {
  /** Who created it. */
  accountId: string
  language: MessageLanguage
}

/** Calendars that other programs read by a secret URL; only the token's hash is stored. */
export type CalendarFeeds = {
  /** Replaces the subject's feed, whose URL no longer works. */
  create(feed: OpenFeed & { tokenHash: Buffer }): Promise<void>
  /** Since when there is a feed that works; null: there is none. */
  createdAt(subject: FeedSubject): Promise<Date | null>
  remove(subject: FeedSubject): Promise<void>
  /**
   * The feed of a token; null: there is none, or the account that created it may not see the calendar any more (its
   * role in the clinic ended or changed, or the doctor is inactive).
   */
  open(tokenHash: Buffer): Promise<OpenFeed | null>
  /** Whether the feeds of a clinic and of its doctors name the patients. */
  namesPatients(clinicNo: number): Promise<boolean>
  setNamesPatients(clinicNo: number, namesPatients: boolean): Promise<void>
  /** The names of doctors, by id. */
  doctorNames(doctorIds: readonly string[]): Promise<ReadonlyMap<string, string>>
}
