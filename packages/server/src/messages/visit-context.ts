import type { AppointmentType, MessageFacts, MessageKind, MessageLanguage } from '@holdfast/engine'
import type { VisitContext } from './mail-content.ts'
import { shownName } from './shown-name.ts'

/** The links of mails. */
export type MailLinks = {
  ticket(facts: Pick<MessageFacts, 'bookingId' | 'accountId' | 'manageEpoch'>): string
  /** The same, with the dialog that cancels the booking by one press. */
  cancel(facts: Pick<MessageFacts, 'bookingId' | 'accountId' | 'manageEpoch'>): string
  /** Where an offer of the waitlist is accepted or declined. */
  offer(facts: Pick<MessageFacts, 'bookingId' | 'accountId' | 'manageEpoch'>): string
  /** The page on which the patient confirms the hold. */
  confirm(facts: Pick<MessageFacts, 'bookingId' | 'accountId' | 'manageEpoch' | 'patient'>): string
  /** The page on which the patient chooses whether to get reminders. */
  reminders(facts: Pick<MessageFacts, 'bookingId' | 'patient'>): string
  /** The page on which whoever waits leaves the waitlist. */
  leaveWaitlist(facts: Pick<MessageFacts, 'waitlistEntryId' | 'patient'>): string
  /**
   * Where mail programs post their user's wish to get no such mails (RFC 8058): no reminders, no offers. null: the mail
   * is needed for the visit.
   */
  unsubscribe(kind: MessageKind, facts: Pick<MessageFacts, 'bookingId' | 'waitlistEntryId' | 'patient'>): string | null
  /** The doctor's free times, from a local day `YYYY-MM-DD` on. */
  times(doctorId: string, from: string): string
  /** The same, with a button that books a time of that day. */
  time(slot: { slotId: string; doctorId: string; day: string; type: AppointmentType }): string
}

export function visitContext(facts: MessageFacts, language: MessageLanguage, links: MailLinks): VisitContext {
  const { patient, clinicName, address, phone, doctorName, appointmentType, startsAt, timezone, settings } = facts
  return {
    patientName: shownName(patient.name),
    clinicName,
    clinicAddress: address,
    clinicPhone: phone,
    doctorName,
    isVideo: appointmentType === 'video',
    when: whenText(startsAt, timezone, language),
    reference: referenceOf(facts.bookingId),
    ticketUrl: links.ticket(facts),
    textBefore: settings.textBefore,
    textAfter: settings.textAfter,
  }
}

/** `Monday, 23 November 2026 at 10:00 CET` */
export function whenText(at: Date, timeZone: string, language: MessageLanguage): string {
  const locale = language === 'en' ? 'en-GB' : language
  const { format } = new Intl.DateTimeFormat(locale, {
    weekday: 'long',
    day: 'numeric',
    month: 'long',
    year: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
    timeZone,
    timeZoneName: 'short',
  })
  return format(at)
}

export function localDay(at: Date, timeZone: string): string {
  return Temporal.Instant.fromEpochMilliseconds(at.getTime()).toZonedDateTimeISO(timeZone).toPlainDate().toString()
}

/** As on the site: the last eight characters of the id, in two groups. */
export function referenceOf(bookingId: string): string {
  const last = bookingId.slice(-8).toUpperCase()
  return `${last.slice(0, 4)}-${last.slice(4)}`
}
