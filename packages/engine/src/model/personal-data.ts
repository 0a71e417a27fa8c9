import type { AccountSection, PersonalSection, Role } from '@holdfast/vocabulary'
import type { AuditEvent } from './audit-event.ts'
import type { Contact, OtherRecords } from './erasure.ts'
import type { Page } from './page.ts'

/**
 * The person whose data of a clinic is collected: all of this account, or all with these contacts. With a record: what
 * is linked to it, and what has one of these contacts and is linked to no record; `withContactsOfRecord`, also what has
 * one of the record's. Families share contacts, and some records have one of the clinic's.
 */
export type PersonInClinic =
  | { accountId: string }
  | { patientId?: string; withContactsOfRecord?: boolean; contacts: readonly Contact[] }

/** A fact by the name of its field: text, a number, a time in ISO 8601, or what is stored as it is. */
export type PersonalRow = Record<string, unknown>

export type PersonalSectionRows<Name> = { name: Name; rows: PersonalRow[] }

export type PersonalData = {
  sections: PersonalSectionRows<PersonalSection>[]
  /** Months whose bookings are in archive files, and so not in the document, as YYYY-MM. */
  archivedMonths: string[]
  /** The records in it. */
  patientIds: string[]
  /** Records that may be of the same person, and are not in it. */
  otherRecords: OtherRecords
}

export type SeenDataQuery = { accountId: string; limit: number; cursor: string | null }

export type SeenAppointment = { bookingId: string; startsAt: Date; doctorName: string }

/** Somebody has seen or changed what an account has in a clinic. */
export type SeenData = Pick<AuditEvent, 'at' | 'kind' | 'count' | 'details' | 'actorKind'> & {
  clinicId: string
  clinicName: string
  /** In which role they are now; null: in none. */
  role: Role | null
  /** The account's, at most 10. */
  appointments: SeenAppointment[]
  /** The account's, at most 10. */
  waitlistEntryIds: string[]
}

/** Collects what is stored about a person: the access of article 15 GDPR. */
export type PersonalDataOf = {
  /**
   * All that a clinic has, in plain reads of one statement each: what changes meanwhile may be in one section and not
   * in another.
   *
   * @throws MonthsInTransit if some could not be searched
   * @throws TooMuchPersonalData
   */
  ofPerson(request: { clinicNo: number; person: PersonInClinic }): Promise<PersonalData>
  /** The same for the account itself: it is limited as reads of the public are. */
  ofAccountIn(clinicNo: number, accountId: string): Promise<PersonalData>
  /** The clinics in which the account has bookings, or waits for one; at most 100. */
  clinicsOf(accountId: string): Promise<{ clinicNo: number; clinicId: string; clinicName: string }[]>
  /**
   * Who has seen or changed what the account has in all clinics, the latest first: what the security log still has,
   * without what the account or Holdfast itself did. Of more than 1,000 appointments in a database, of the newest.
   *
   * @throws InvalidCursor
   */
  viewsOf(query: SeenDataQuery): Promise<Page<SeenData>>
  /** What is stored about the account itself, beside its sign-ins; of the security log, the newest 1,000 entries. */
  ofAccount(accountId: string): Promise<PersonalSectionRows<AccountSection>[]>
}

/**
 * More than `personalLimits`: a contact that many people share, and not one person.
 *
 * @param by `contacts`: by those beside a record, without which the document can be made
 */
export class TooMuchPersonalData extends Error {
  override name = 'TooMuchPersonalData'
  readonly by: keyof PersonalLimits
  constructor(by: keyof PersonalLimits) {
    super(`More than one person may have: by ${by}.`)
    this.by = by
  }
}

/**
 * How many bookings, waitlist entries and records a document has at most: of one `person`, and of those, beside a
 * record, that are found by `contacts` alone.
 */
export type PersonalLimits = { person: number; contacts: number }
export const personalLimits: PersonalLimits = { person: 5_000, contacts: 500 }
