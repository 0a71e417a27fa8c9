import type { AppointmentType, MessageFacts, MessageKind, MessageLanguage } from '@holdfast/engine'
import type { VisitContext } from './mail-content.ts'
import { shownName } from './shown-name.ts'

/** The links of mails. */
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
  /** The page on which whoever waits leaves the waitlist. */
  leaveWaitlist(facts: Pick<MessageFacts, 'waitlistEntryId' | 'patient'>): string
  /** The page of an entry of a waitlist. */
  entry(entry: { waitlistEntryId: string; accountId: string | null; manageEpoch: number }): string
  /** The form by which a patient joins the waitlist of a doctor, or of all with the doctor's specialization. */
  joinWaitlist(doctorId: string): string
  /**
   * Where mail programs post their user's wish to get no such mails (RFC 8058): no reminders, no offers. null: the mail
   * is needed for the visit.
   */
  unsubscribe(kind: MessageKind, facts: Pick<MessageFacts, 'bookingId' | 'waitlistEntryId' | 'patient'>): string | null
  /** The doctor's free times, from a local day `YYYY-MM-DD` on. */
  times(doctorId: string, from: string): string
  /**
   * The same, with a button that books a time of that day. The page reads the patient's details from the booking that
   * the time is instead of, by its manage token.
   */
  time(
    slot: { slotId: string; doctorId: string; day: string; type: AppointmentType; units: number },
    insteadOf: Pick<MessageFacts, 'bookingId' | 'accountId' | 'manageEpoch'>,
  ): string
}

export function visitContext(facts: MessageFacts, language: MessageLanguage, links: MailLinks): VisitContext {
  const { patient, clinicName, address, phone, doctorName, appointmentType, units, startsAt, timezone, settings } =
    facts
  return {
    patientName: shownName(patient.name),
    clinicName,
    clinicAddress: address,
    clinicPhone: phone,
    doctorName,
    isVideo: appointmentType === 'video',
    units,
    when: whenText(startsAt, timezone, language),
    reference: referenceOf(facts.bookingId),
    ticketUrl: links.ticket(facts),
    textBefore: settings.textBefore,
    textAfter: settings.textAfter,
  }
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

/** How a day, a time and the name of its zone are joined. */
const joined: Record<MessageLanguage, (day: string, time: string, zone: string) => string> = {
  en: (day, time, zone) => `${day} at ${time} (${zone})`,
  // Where a zone has no name, it is called by its place: `Vereinigtes Königreich (Ortszeit)`.
  de: (day, time, zone) => `${day} um ${time} Uhr (${zone.replace(/^(.+) \(Ortszeit\)$/, 'Ortszeit $1')})`,
  ar: (day, time, zone) => `${day} الساعة ${time} ${/^(?:ال)?توقيت/.test(zone) ? `ب${zone}` : `بتوقيت ${zone}`}`,
}

/** `Monday, 23 November 2026 at 10:00 (Central European Time)`, by the names that people use for time zones. */
export function whenText(at: Date, timeZone: string, language: MessageLanguage): string {
  const part = (options: Intl.DateTimeFormatOptions) =>
    new Intl.DateTimeFormat(language === 'en' ? 'en-GB' : language, { ...options, timeZone })
  const day = part({ weekday: 'long', day: 'numeric', month: 'long', year: 'numeric' }).format(at)
  const time = part({ hour: 'numeric', minute: '2-digit' }).format(at)
  const zone = part({ timeZoneName: 'longGeneric' })
  const name = zone.formatToParts(at).find(({ type }) => type === 'timeZoneName')?.value ?? timeZone
  return joined[language](day, time, zone.resolvedOptions().timeZone === 'UTC' ? 'UTC' : name)
}

/** `1–30 November 2026`: from one local day `YYYY-MM-DD` to another. */
export function daysText({ from, to }: { from: string; to: string }, language: MessageLanguage): string {
  const format = new Intl.DateTimeFormat(language === 'en' ? 'en-GB' : language, { dateStyle: 'long', timeZone: 'UTC' })
  return format.formatRange(new Date(from), new Date(to))
}

export function localDay(at: Date, timeZone: string): string {
  return Temporal.Instant.fromEpochMilliseconds(at.getTime()).toZonedDateTimeISO(timeZone).toPlainDate().toString()
}

/** As on the site: the last eight characters of the id, in two groups. */
export function referenceOf(bookingId: string): string {
  const last = bookingId.slice(-8).toUpperCase()
  return `${last.slice(0, 4)}-${last.slice(4)}`
}
