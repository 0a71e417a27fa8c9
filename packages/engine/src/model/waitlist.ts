import type { WaitlistUrgency } from '@holdfast/vocabulary'
import type { PoolClient } from 'pg'
import type { Booking, Patient } from './booking.ts'
import type { BookingAccess, EntryAccess } from './booking-access.ts'
import type { AdmissionOutcome, BookingOrigin } from './booking-limits.ts'
import type { CorrectionRequest } from './correction.ts'
import type { Page } from './page.ts'
import type { OnceResult, WriteKey } from './stored-responses.ts'

/**
 * `waiting`: next when a place that fits becomes free; `offered`: has an open offer; `accepted`: confirmed one;
 * `ended`: see {@link WaitlistEndReason}.
 */
export type WaitlistStatus = 'waiting' | 'offered' | 'accepted' | 'ended'

/**
 * `left`: the patient left; `removed`: the clinic removed it, or the patient was erased; `unanswered`: missed three
 * offers; `expired`: the last day is past.
 */
export type WaitlistEndReason = 'accepted' | 'left' | 'removed' | 'unanswered' | 'expired'

/** For a doctor, or for any doctor of the clinic with a specialization: one of them is null. */
export type WaitlistRequest = {
  doctorId: string | null
  specialization: string | null
  /** For visits of this type in open sessions; null: for places of fixed slots. */
  visitTypeId: string | null
  /** Local days of the clinic, `YYYY-MM-DD`, both included. */
  from: string
  to: string
  /** ISO: 1 is Monday; ascending; null: any. */
  weekdays: number[] | null
  /** When the visit begins, local times `HH:MM`, in [timeFrom, timeTo); null: no bound. */
  timeFrom: string | null
  timeTo: string | null
  units: number
}

export type NewWaitlistEntry = WaitlistRequest & {
  clinicNo: number
  urgency: WaitlistUrgency
  patient: Patient
  accountId: string | null
  /** The member of the clinic who adds it; null: the patient. */
  joinedBy: string | null
  /** The e-mail address that this account has proven to be its own, in lower case. */
  accountEmail: string | null
  /** The account that has proven the patient's e-mail address to be its own. */
  emailAccountId: string | null
  /** What is counted; none if it is not limited. */
  origins: readonly BookingOrigin[]
  /** false: a member of the clinic adds it. */
  isLimited: boolean
}

/** Stores the e-mail with the link to a new entry, in the transaction that adds it. */
export type StoreEntryMail = (transaction: PoolClient, entryId: string) => Promise<void>

/** `access`: that of the caller, which is compared again under the entry's lock. */
export type EntryWriteOptions = { storeMail?: StoreEntryMail | null; access?: EntryAccess | null }

export type JoinOutcome =
  | { kind: 'joined'; id: string }
  | { kind: 'doctor_missing' | 'specialization_missing' | 'range_over' }
  /** No doctor it waits for offers the visit type; or not everybody may book it, and no member of the clinic joins. */
  | { kind: 'visit_type_not_offered' | 'visit_type_of_desk' }
  /** `entryId` is the entry of the same person for the same. */
  | { kind: 'already_waiting'; entryId: string }
  | { kind: 'units_over_limit' | 'too_many_entries'; max: number }
  | Extract<AdmissionOutcome, { kind: 'too_many_bookings' }>

/** `bookingId`: the open or accepted offer. `entryId`: where the same person waits for the same. */
export type EntryCorrectionOutcome =
  | { kind: 'done' | 'unchanged' | 'entry_missing' }
  | { kind: 'offer_open' | 'offer_accepted'; bookingId: string }
  | { kind: 'already_waiting'; entryId: string }

export type WaitlistEntry = WaitlistRequest & {
  id: string
  clinicNo: number
  clinicId: string
  status: WaitlistStatus
  endReason: WaitlistEndReason | null
  endedAt: Date | null
  /** It has not ended, and nobody takes bookings for what it waits for: it goes on when somebody does. */
  isPaused: boolean
  urgency: WaitlistUrgency
  /** The position, from 1, among all who could be offered a place before; null: it is not waiting. */
  position: number | null
  /** Offers that lapsed without a response, although a message about them was sent or may have arrived. */
  missed: number
  patient: Patient
  accountId: string | null
  joinedBy: string | null
  joinedAt: Date
  /** The open offer, or the accepted one. */
  offerBookingId: string | null
  /** When the open offer ends; null: there is none. */
  offeredUntil: Date | null
  /** Whether a message about the open offer was sent, or may have arrived; null: there is none. */
  isOfferNotified: boolean | null
  erasedAt: Date | null
}

/** `removed`: it ended with its entry, which the clinic has removed. */
export type OfferOutcome = 'accepted' | 'declined' | 'lapsed' | 'withdrawn' | 'removed'

/** What an offer is that was not accepted. */
export type OfferState = 'open' | Exclude<OfferOutcome, 'accepted'>

/** `outcome` null: open. */
export type WaitlistOffer = {
  bookingId: string
  slotId: string
  /** null: the slot was archived. */
  startsAt: Date | null
  offeredAt: Date
  endsAt: Date
  /**
   * From 1, among those who then waited for the doctor or the specialization without an open offer: those before did
   * not want this time, wait for more places, could book another time, or were asleep and reached by no message. null:
   * made before this was recorded.
   */
  position: number | null
  outcome: OfferOutcome | null
  closedAt: Date | null
}

export type LaterVisit = { bookingId: string; startsAt: Date }

export type WaitlistQuery = {
  clinicNo: number
  /** `open`: waiting or offered. */
  status: WaitlistStatus | 'open' | null
  doctorId: string | null
  specialization: string | null
  /** Matches entries as bookings in lists of bookings; null: any. Of ended ones, at most `waitlistSearchedMax`. */
  q: string | null
  limit: number
  cursor: string | null
}

/** Who waits for places: docs/decisions/0018. The places are offered by the functions that free them. */
export type Waitlist = {
  /**
   * Adds an entry. What is free within the minimum notice or beyond the booking horizon is offered to those that a
   * member of the clinic adds.
   *
   * @param storeMail null: there is no e-mail
   */
  join(entry: NewWaitlistEntry, writeKey: WriteKey, storeMail?: StoreEntryMail | null): Promise<OnceResult<JoinOutcome>>
  /**
   * Ends an entry, and cancels its open offer.
   *
   * @param options `storeMail` stores the e-mail about its end; null: there is none
   * @returns false: there is no such entry, or the access has ended
   */
  leave(
    entryId: string,
    reason: 'left' | 'removed',
    actorId: string | null,
    options?: EntryWriteOptions,
  ): Promise<boolean>
  /**
   * Corrects what an entry says of its patient: correct_waitlist_entry.
   *
   * @param options `storeMail` stores the e-mail with its link, if there is another e-mail address; null: there is none
   */
  correct(
    entryId: string,
    patient: CorrectionRequest['patient'],
    options?: EntryWriteOptions,
  ): Promise<EntryCorrectionOutcome>
  /** null: there is no such entry, or the access has ended. */
  entry(entryId: string, access?: BookingAccess | null): Promise<WaitlistEntry | null>
  /**
   * Entries with status `waiting`, `offered` or `open` are sorted as places are offered, others as they joined.
   *
   * @throws InvalidCursor
   */
  entriesOfClinic(query: WaitlistQuery): Promise<Page<WaitlistEntry>>
  /** The newest first, at most 100. */
  entriesOfAccount(accountId: string): Promise<WaitlistEntry[]>
  /** The newest 50 entries of a clinic that have not ended, of patients with this e-mail address; the oldest first. */
  openEntriesOfEmail(clinicNo: number, email: string): Promise<{ id: string; patient: Patient }[]>
  /**
   * The entries for which patients can book a time that fits, so that nothing is offered to them: can_book_elsewhere.
   *
   * @param knows whom the response is for: with `account`, where the patient has a place is known by the account alone,
   *   since anybody can give a name and a telephone number; with `desk`, of a time that the clinic's people can book,
   *   also within the minimum notice and beyond the booking horizon
   */
  withFreeTimes(
    clinicNo: number,
    entryIds: readonly string[],
    knows: 'patient' | 'account' | 'desk',
  ): Promise<ReadonlySet<string>>
  /**
   * The first appointments that the patients of waiting entries have got since they joined, within the days of their
   * entries, by the ids of the entries: booked_since.
   */
  bookedSince(clinicNo: number, entryIds: readonly string[]): Promise<ReadonlyMap<string, LaterVisit>>
  /** What was offered to an entry, the first offer first. null: there is no such entry, or the access has ended. */
  offersOf(entryId: string, access?: BookingAccess | null): Promise<WaitlistOffer[] | null>
  /** What became of the offers among these bookings, by their ids, but for accepted ones. */
  offerStates(bookings: readonly Booking[]): Promise<Map<string, OfferState>>
  /** Whom an open offer was made to, as the entry names them; null: the booking is no open offer. */
  patientOfOffer(bookingId: string): Promise<Patient | null>
  /**
   * How many wait for a doctor, or for the doctor's specialization; null: there is no such active doctor.
   * `waitingForSame`: of these, those for visits of a type; for places of fixed slots, if `visitTypeId` is null.
   */
  waitingFor(doctorId: string, visitTypeId: string | null): Promise<{ waiting: number; waitingForSame: number } | null>
}
