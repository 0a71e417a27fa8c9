import type { MessageFacts } from '@holdfast/engine'
import type { AppointmentType, MessageKind } from '@holdfast/vocabulary'

/** The links of mails and SMS. A secret in a link to a page follows `#`. */
export type MailLinks = {
  ticket(facts: Pick<MessageFacts, 'bookingId' | 'accountId' | 'manageEpoch'>): string
  /** The same, with the question whether the patient comes, which one press answers. */
  attend(facts: Pick<MessageFacts, 'bookingId' | 'accountId' | 'manageEpoch'>): string
  /** The same, with the dialog that cancels the booking by one press. */
  cancel(facts: Pick<MessageFacts, 'bookingId' | 'accountId' | 'manageEpoch'>): string
  /** Where an offer of the waitlist is accepted or declined. */
  offer(facts: Pick<MessageFacts, 'bookingId' | 'accountId' | 'manageEpoch'>): string
  /** The same for its e-mail: the link proves that who accepts reads the mails to the patient's address. */
  offerByEmail(facts: Pick<MessageFacts, 'bookingId' | 'accountId' | 'manageEpoch' | 'patient'>): string
  /** The page on which the patient confirms the hold. */
  confirm(facts: Pick<MessageFacts, 'bookingId' | 'accountId' | 'manageEpoch' | 'patient'>): string
  /** The page on which the patient chooses whether to get reminders. */
  reminders(facts: Pick<MessageFacts, 'bookingId' | 'patient'>): string
  /** The page on which a patient leaves the waitlist. */
  leaveWaitlist(facts: Pick<MessageFacts, 'waitlistEntryId' | 'patient'>): string
  /** The page of an entry of a waitlist. */
  entry(entry: { waitlistEntryId: string; accountId: string | null; manageEpoch: number }): string
  /**
   * The form by which a patient joins the waitlist of a doctor, or of all with the doctor's specialization: for a visit
   * type, unless it is null.
   */
  joinWaitlist(doctorId: string, visitTypeId: string | null): string
  /**
   * Where mail programs post their user's wish to get no such mails (RFC 8058): no reminders, no offers. null: the mail
   * is needed for the visit.
   */
  unsubscribe(kind: MessageKind, facts: Pick<MessageFacts, 'bookingId' | 'waitlistEntryId' | 'patient'>): string | null
  /** The doctor's free times, from a local day `YYYY-MM-DD` on; those of a visit type, unless it is null. */
  times(doctorId: string, from: string, visitTypeId: string | null): string
  /**
   * The same, with a button that books a time of that day. The page reads the patient's details from the booking that
   * the time is instead of, by its manage token.
   */
  time(
    slot: { slotId: string; doctorId: string; day: string; type: AppointmentType; units: number },
    insteadOf: Pick<MessageFacts, 'bookingId' | 'accountId' | 'manageEpoch'>,
  ): string
}

/** The page of a doctor's times. */
export function timesLink(site: string, ...[doctorId, from, visitTypeId]: Parameters<MailLinks['times']>): string {
  return `${site}/doctors/${doctorId}?from=${from}${visitTypeId === null ? '' : `&visitType=${visitTypeId}`}`
}

/** The page with the form by which a patient joins a waitlist. */
export function joinLink(site: string, ...[doctorId, visitTypeId]: Parameters<MailLinks['joinWaitlist']>): string {
  return `${site}/join-waitlist?doctorId=${doctorId}${visitTypeId === null ? '' : `&visitType=${visitTypeId}`}`
}

/** The page of a doctor's times with the button that books one of them. @param access to the booking before */
export function timeLink(
  site: string,
  { slotId, doctorId, day, type, units }: Parameters<MailLinks['time']>[0],
  access: string,
): string {
  const places = units === 1 ? '' : `&units=${units}`
  return `${site}/doctors/${doctorId}?from=${day}&slot=${slotId}&type=${type}${places}#${access}`
}

/**
 * For a message that is stored: its links have no secrets, which a reader of it, or of a backup, must not get. Each
 * link is named, so that the compiler asks about a new one.
 */
export function withoutSecrets(links: MailLinks): MailLinks {
  return {
    ticket: withoutFragment(links.ticket),
    attend: withoutFragment(links.attend),
    cancel: withoutFragment(links.cancel),
    offer: withoutFragment(links.offer),
    offerByEmail: withoutFragment(links.offerByEmail),
    confirm: withoutFragment(links.confirm),
    reminders: withoutFragment(links.reminders),
    leaveWaitlist: withoutFragment(links.leaveWaitlist),
    entry: withoutFragment(links.entry),
    time: withoutFragment(links.time),
    // They have no secret.
    joinWaitlist: links.joinWaitlist,
    times: links.times,
    // It is a header of the mail, which is not stored.
    unsubscribe: links.unsubscribe,
  }
}

function withoutFragment<Facts extends unknown[]>(link: (...facts: Facts) => string): (...facts: Facts) => string {
  return (...facts) => link(...facts).replace(/#.*$/, '')
}
