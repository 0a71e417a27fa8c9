import { type DueMessage, defaultMessageSettings, type EntryFacts, type SeriesFacts } from '@holdfast/engine'
import { type MessageKind, type MessageLanguage, messageKinds, referenceOf } from '@holdfast/vocabulary'
import { entryEndedContext, entryLinkContext } from '../account-mails/entry-mail.ts'
import { type MailFacts, type MailSettings, statusFor } from '../patient-messages/message-mail.ts'
import type { MailContent } from '../rendering/mail-content.ts'
import { joinLink, type MailLinks, timeLink, timesLink } from '../rendering/mail-links.ts'
import { mailTexts } from '../rendering/render-mail.ts'
import { whenText } from '../rendering/visit-context.ts'
import { accountChangedMail } from '../templates/account-changed.ts'
import { addressInUseMail } from '../templates/address-in-use.ts'
import { busyCalendarEmptiedMail } from '../templates/busy-calendar-emptied.ts'
import { busyCalendarFailingMail } from '../templates/busy-calendar-failing.ts'
import { confirmEmailMail } from '../templates/confirm-email.ts'
import { emailChangedMail } from '../templates/email-changed.ts'
import { entryEndedMail } from '../templates/entry-ended.ts'
import { entryLinkMail } from '../templates/entry-link.ts'
import { invitationMail } from '../templates/invitation.ts'
import { newSignInMail } from '../templates/new-sign-in.ts'
import { passwordResetMail } from '../templates/password-reset.ts'
import type { TicketLinkContext } from '../templates/ticket-link.ts'
import { webhookPausedMail } from '../templates/webhook-paused.ts'

/** Invented messages of every kind, for previews and tests. */

const id = '01980000-0000-7000-8000-000000abcdef'
const names: Record<MessageLanguage, { patient: string; doctor: string; clinic: string; address: string }> = {
  en: {
    patient: 'Ada Lovelace',
    doctor: 'Dr Grace Hopper',
    clinic: 'Riverside Clinic',
    address: '1 River Street, London',
  },
  de: { patient: 'Jörg Müller', doctor: 'Dr. Änne Groß', clinic: 'Praxis am Fluß', address: 'Uferweg 1, Köln' },
  ar: { patient: 'ليلى حسن', doctor: 'د. سامي خوري', clinic: 'عيادة النهر', address: 'شارع النهر ١، عمّان' },
}

type Variant = { kind: MessageKind; message?: { byPatient: boolean; byClinic: boolean }; facts?: Partial<MailFacts> }

/** Three visits, two weeks apart, of six. */
function sampleSeries(what: 'cancelled' | 'toCome'): SeriesFacts {
  const visits = [0, 1, 2].map((index) => ({
    number: index + 1,
    startsAt: new Date(Date.UTC(2026, 10, 23 + 14 * index, 9)),
  }))
  return { number: 1, total: 6, cancelled: [], toCome: [], [what]: visits }
}

/** Messages of the same kind that say something else. */
const variants = {
  offer_withdrawn: { kind: 'withdrawn', facts: { waitlistEntryId: id, offerAnnounced: true } },
  cancelled_by_patient: {
    kind: 'cancelled',
    message: { byPatient: true, byClinic: false },
    facts: { cancellationReason: null },
  },
  confirm_request: { kind: 'confirm', facts: { needsApproval: true } },
  requested_not_held: { kind: 'requested', facts: { units: 0 } },
  declined_time_taken: { kind: 'declined', facts: { cancellationReason: null, failureReason: 'time_taken', units: 0 } },
  confirmed_series: { kind: 'confirmed', facts: { series: sampleSeries('toCome') } },
  moved_series: { kind: 'moved', facts: { series: sampleSeries('toCome') } },
  cancelled_series: { kind: 'cancelled', facts: { series: sampleSeries('cancelled') } },
  reminder_confirmed: { kind: 'reminder', facts: { isAttendanceConfirmed: true } },
} as const satisfies Record<string, Variant>

export type SampleKind = MessageKind | keyof typeof variants

export const sampleKinds: readonly SampleKind[] = [
  ...messageKinds,
  ...(Object.keys(variants) as (keyof typeof variants)[]),
]

/** A message of a kind, or one that says something else, and what it is written from. */
export function sampleOf(
  kind: SampleKind,
  language: MessageLanguage,
  overrides: Partial<MailFacts> = {},
): { message: DueMessage; facts: MailFacts } {
  const variant: Variant = isVariant(kind) ? variants[kind] : { kind }
  return {
    message: { ...sampleMessage(variant.kind), ...variant.message },
    facts: sampleFacts(variant.kind, language, { ...variant.facts, ...overrides }),
  }
}

function isVariant(kind: SampleKind): kind is keyof typeof variants {
  return Object.hasOwn(variants, kind)
}

export function sampleMessage(kind: MessageKind): DueMessage {
  return {
    clinicNo: 1,
    id,
    bookingId: id,
    version: 2,
    slotId: id,
    kind,
    channel: 'email',
    byPatient: kind === 'cancelled' || kind === 'declined' ? false : null,
    byClinic: kind === 'cancelled' || kind === 'declined',
    minutesBefore: kind === 'reminder' ? 120 : 0,
    attempts: 1,
    attemptsLost: 0,
    mayHaveArrived: false,
    sending: null,
    attemptUntil: '2026-11-20 12:02:00+00',
    now: new Date('2026-11-20T12:00:00Z'),
  }
}

export function sampleFacts(
  kind: MessageKind,
  language: MessageLanguage,
  overrides: Partial<MailFacts> = {},
): MailFacts {
  const { patient, doctor, clinic, address } = names[language]
  const startsAt = overrides.startsAt ?? new Date('2026-11-23T09:00:00Z')
  return {
    bookingId: id,
    slotId: id,
    status: statusFor[kind],
    version: 2,
    patient: { name: patient, email: 'patient@example.org', language },
    sendTo: 'patient@example.org',
    accountId: null,
    waitlistEntryId: kind === 'offered' || kind === 'unanswered' ? id : null,
    offerAnnounced: { offered: false, unanswered: true }[String(kind)] ?? null,
    manageEpoch: 0,
    appointmentType: 'in_person',
    units: 1,
    failureReason: null,
    cancellationReason: kind === 'cancelled' || kind === 'declined' ? `${doctor}: –` : null,
    startsAt,
    endsAt: new Date(startsAt.getTime() + 900_000),
    hasBegun: false,
    isAttendanceConfirmed: false,
    holdExpiresAt: statusFor[kind] === 'PENDING' ? new Date(startsAt.getTime() - 86_400_000) : null,
    doctorId: id,
    doctorName: doctor,
    visitType: null,
    needsApproval: false,
    clinicName: clinic,
    timezone: 'Europe/Berlin',
    address,
    phone: '+44 1632 960 001',
    settings: defaultMessageSettings,
    series: null,
    alternatives:
      kind === 'withdrawn'
        ? [1, 2, 3].map((hours) => ({
            slotId: id,
            doctorId: id,
            doctorName: doctor,
            startsAt: new Date(startsAt.getTime() + hours * 3_600_000),
          }))
        : [],
    logo: null,
    ...overrides,
  }
}

export function sampleTicketLink(language: MessageLanguage): TicketLinkContext {
  const facts = sampleFacts('confirmed', language)
  return {
    patientName: facts.patient.name,
    clinicName: facts.clinicName,
    doctorName: facts.doctorName,
    when: whenText(facts.startsAt, facts.timezone, language),
    reference: referenceOf(facts.bookingId),
    ticketUrl: sampleSettings.links.ticket(facts),
  }
}

function sampleEntryEnd(language: MessageLanguage, endReason: 'removed' | 'expired') {
  return entryEndedContext({ ...sampleEntry(language), endReason }, { language })
}

function sampleEntryLink(language: MessageLanguage, isRequested: boolean, others: EntryFacts[] = []) {
  return entryLinkContext(sampleEntry(language), { others, isRequested, links: sampleSettings.links, language })
}

function sampleEntry(language: MessageLanguage): EntryFacts {
  const { patient, clinicName, phone, doctorName } = sampleFacts('offered', language)
  const entry = { waitlistEntryId: id, clinicNo: 1, patient, accountId: null, joinedBy: null, manageEpoch: 0 }
  const ofClinic = { doctorName, visitType: null, clinicName, clinicPhone: phone, emails: true, language }
  return { ...entry, ...ofClinic, from: '2026-11-23', to: '2026-12-18', endReason: null }
}

/** The mails to accounts, by the names of their files, and who sends them. */
export function sampleAccountMails(
  language: MessageLanguage,
): Record<string, { sender: string; content: MailContent }> {
  const texts = mailTexts[language]
  const site = 'book.example.org'
  const urlOf = (page: string) => `https://${site}/${page}#${'x'.repeat(32)}`
  const confirm = { url: urlOf('confirm-email'), hours: 24, site }
  const undo = { url: urlOf('undo-email'), hours: 72 }
  const { clinicName, startsAt } = sampleFacts('confirmed', language)
  const when = whenText(startsAt, 'UTC', language)
  const signIn = { site, when, browser: 'Firefox, Windows', sessionsUrl: `https://${site}/account` }
  const newPasswordUrl = `https://${site}/forgot-password`
  const changed = { site, when, newPasswordUrl, removableHours: 72, areFactorsRemoved: false }
  const ofSite = (content: MailContent) => ({ sender: site, content })
  const ofClinic = (content: MailContent) => ({ sender: clinicName, content })
  const paused = { clinicName, host: 'hooks.example.org', isGone: false, url: `https://${site}/clinic` }
  const ofCalendar = { clinicName, since: when, url: `https://${site}/my-day/times` }
  return {
    'confirm-email': ofSite(confirmEmailMail({ ...confirm, isChange: false }, texts)),
    'confirm-new-email': ofSite(confirmEmailMail({ ...confirm, isChange: true }, texts)),
    'address-in-use': ofSite(addressInUseMail({ site, signInUrl: `https://${site}/sign-in` }, texts)),
    'email-changed': ofSite(emailChangedMail({ site, undo }, texts)),
    'email-left': ofSite(emailChangedMail({ site, undo: null }, texts)),
    'email-changed-again': ofSite(emailChangedMail({ site, undo: null, isUndoneByEarlierAddress: true }, texts)),
    'password-changed': ofSite(accountChangedMail({ ...changed, change: 'password' }, texts)),
    'password-changed-factors-removed': ofSite(
      accountChangedMail({ ...changed, change: 'password', areFactorsRemoved: true }, texts),
    ),
    'app-added': ofSite(accountChangedMail({ ...changed, change: 'app' }, texts)),
    'passkey-added': ofSite(accountChangedMail({ ...changed, change: 'passkey' }, texts)),
    'app-removed': ofSite(accountChangedMail({ ...changed, change: 'app_removed' }, texts)),
    'passkey-removed': ofSite(accountChangedMail({ ...changed, change: 'passkey_removed' }, texts)),
    'recovery-codes-replaced': ofSite(accountChangedMail({ ...changed, change: 'recovery_codes' }, texts)),
    'new-sign-in': ofSite(newSignInMail(signIn, texts)),
    'password-reset': ofSite(passwordResetMail({ url: urlOf('reset-password'), hours: 24, site }, texts)),
    invitation: ofClinic(invitationMail({ clinicName, role: 'staff', url: urlOf('invitation'), hours: 72 }, texts)),
    'entry-link': ofClinic(entryLinkMail(sampleEntryLink(language, false), texts)),
    'entry-link-requested': ofClinic(entryLinkMail(sampleEntryLink(language, true), texts)),
    'entry-links-requested': ofClinic(entryLinkMail(sampleEntryLink(language, true, [sampleEntry(language)]), texts)),
    'entry-removed': ofClinic(entryEndedMail(sampleEntryEnd(language, 'removed'), texts)),
    'entry-expired': ofClinic(entryEndedMail(sampleEntryEnd(language, 'expired'), texts)),
    'webhook-paused': ofClinic(webhookPausedMail(paused, texts)),
    'busy-calendar-failing': ofClinic(busyCalendarFailingMail({ ...ofCalendar, reason: 'status' }, texts)),
    'busy-calendar-emptied': ofClinic(busyCalendarEmptiedMail(ofCalendar, texts)),
  }
}

/** Links as messages have them; their secrets open nothing. @param site where they lead */
export function sampleLinks(site: string): MailLinks {
  return {
    ticket: ({ bookingId }) => `${site}/ticket#${bookingId}.hfm_${'x'.repeat(43)}`,
    attend: ({ bookingId }) => `${site}/ticket?attend=true#${bookingId}.hfm_${'x'.repeat(43)}`,
    cancel: ({ bookingId }) => `${site}/ticket?cancel=true#${bookingId}.hfm_${'x'.repeat(43)}`,
    offer: ({ bookingId }) => `${site}/offer#${bookingId}.hfm_${'x'.repeat(43)}`,
    offerByEmail: ({ bookingId }) => `${site}/offer#${bookingId}.hfm_${'x'.repeat(43)}.hfc_${'y'.repeat(43)}`,
    confirm: ({ bookingId }) => `${site}/confirm#${bookingId}.hfm_${'x'.repeat(43)}.hfc_${'y'.repeat(43)}`,
    reminders: ({ bookingId }) => `${site}/reminders#${bookingId}.hfu_${'z'.repeat(43)}`,
    leaveWaitlist: ({ waitlistEntryId }) => `${site}/leave-waitlist#${waitlistEntryId}.hfu_${'z'.repeat(43)}`,
    entry: ({ waitlistEntryId }) => `${site}/waitlist-entry#${waitlistEntryId}.hfm_${'x'.repeat(43)}`,
    joinWaitlist: (...entry) => joinLink(site, ...entry),
    unsubscribe: (kind, { bookingId }) =>
      kind === 'reminder' || kind === 'offered'
        ? `${site}/api/v1/unsubscribe/${bookingId}.hfu_${'z'.repeat(43)}`
        : null,
    times: (...times) => timesLink(site, ...times),
    time: (slot, { bookingId }) => timeLink(site, slot, `${bookingId}.hfm_${'x'.repeat(43)}`),
  }
}

export const sampleSettings: MailSettings = {
  address: 'no-reply@example.org',
  links: sampleLinks('https://book.example.org'),
}
