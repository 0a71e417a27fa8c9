import type { Mail } from '@holdfast/adapters/smtp'
import type { ClinicLogo, DueMessage, MessageContent, MessageFacts, MessageReason, TimeInstead } from '@holdfast/engine'
import { localDay, type MessageKind, type MessageLanguage } from '@holdfast/vocabulary'
import type { MailContent } from '../rendering/mail-content.ts'
import type { MailLinks } from '../rendering/mail-links.ts'
import { attachedLogo, shownLogo } from '../rendering/mail-logo.ts'
import { mailTexts, renderMail } from '../rendering/render-mail.ts'
import { shownName } from '../rendering/shown-name.ts'
import { visitContext, whenText } from '../rendering/visit-context.ts'
import { cancelledMail } from '../templates/cancelled.ts'
import { confirmMail } from '../templates/confirm.ts'
import { confirmedMail } from '../templates/confirmed.ts'
import { declinedMail, type RequestEnd } from '../templates/declined.ts'
import { movedMail } from '../templates/moved.ts'
import { offerWithdrawnMail } from '../templates/offer-withdrawn.ts'
import { offeredMail } from '../templates/offered.ts'
import { reminderMail } from '../templates/reminder.ts'
import { requestedMail } from '../templates/requested.ts'
import { unansweredMail } from '../templates/unanswered.ts'
import { withdrawnMail } from '../templates/withdrawn.ts'
import { type CalendarVisit, calendarAttachment } from './calendar-attachment.ts'
import { messageIdOf } from './message-id.ts'

/** `address`: the sender's, HOLDFAST_MAIL_FROM. */
export type MailSettings = { address: string; links: MailLinks }

/**
 * What a mail is written from. `sendTo`: the address of the booking, or the one that replaced it. `alternatives`: of a
 * withdrawn time. `logo`: null: it has none.
 */
export type MailFacts = MessageFacts & { sendTo: string; alternatives: TimeInstead[]; logo: ClinicLogo | null }

/** A reminder changes nothing, and a hold is no appointment yet. */
const hasNoCalendar: ReadonlySet<MessageKind> = new Set([
  'reminder',
  'offered',
  'confirm',
  'requested',
  'declined',
  'request_lapsed',
])

/** E-mails about a request that ended without an appointment are sent also after its time. */
const isSentLater: ReadonlySet<MessageKind> = new Set(['unanswered', 'request_lapsed'])

/** The status that a booking must have for a message of each kind to be sent. */
export const statusFor: Record<MessageKind, MessageFacts['status']> = {
  offered: 'PENDING',
  unanswered: 'FAILED',
  confirm: 'PENDING',
  requested: 'PENDING',
  declined: 'CANCELLED',
  request_lapsed: 'FAILED',
  confirmed: 'CONFIRMED',
  moved: 'CONFIRMED',
  reminder: 'CONFIRMED',
  cancelled: 'CANCELLED',
  withdrawn: 'FAILED',
}

/**
 * Why what a message says of its booking is outdated; null: it is not. It is skipped then at its time, and until then
 * listed as not to be sent.
 */
export function reasonOutdated(
  message: Pick<DueMessage, 'kind' | 'version' | 'slotId'>,
  booking: Pick<MessageFacts, 'version' | 'slotId' | 'status'>,
): 'replaced' | 'booking_moved' | 'booking_changed' | null {
  if (booking.version > message.version) return 'replaced'
  if (booking.slotId !== message.slotId) return 'booking_moved'
  return booking.status === statusFor[message.kind] ? null : 'booking_changed'
}

/** Why a message is not sent any more; null: it is. */
export function reasonToSkip(message: DueMessage, facts: MessageFacts): MessageReason | null {
  const noChannel = message.channel === 'sms' ? noSms(message, facts) : noEmail(facts)
  if (noChannel !== null) return noChannel
  const outdated = reasonOutdated(message, facts)
  if (outdated === 'replaced' || outdated === 'booking_moved') return outdated
  // Never accepted, whether or not its end was marked.
  if (message.kind === 'offered' && facts.holdExpiresAt === null && facts.offerAnnounced !== null) return 'offer_ended'
  if (outdated !== null) return outdated
  // Nobody waits for what was never announced.
  if (message.kind === 'withdrawn' && facts.offerAnnounced === false) return 'offer_ended'
  if ((message.kind === 'confirm' || message.kind === 'requested') && facts.holdExpiresAt === null) return 'hold_ended'
  if (facts.hasBegun && !isSentLater.has(message.kind)) return 'visit_begun'
  return isReminderOff(message, facts) ? 'reminder_off' : null
}

/** Whether the clinic sends no such reminder any more. One that its people send again is sent. */
function isReminderOff({ kind, minutesBefore, sending }: DueMessage, { settings }: MessageFacts): boolean {
  return kind === 'reminder' && sending === null && !settings.reminderMinutes.includes(minutesBefore)
}

function noEmail({ patient, settings }: MessageFacts): MessageReason | null {
  if (patient.email === undefined) return 'no_email'
  return settings.emails ? null : 'emails_off'
}

function noSms({ kind }: DueMessage, { patient, settings }: MessageFacts): MessageReason | null {
  if (patient.phone === undefined) return 'no_phone'
  return settings.smsKinds.some((one) => one === kind) ? null : 'sms_off'
}

/** A message as a mail, in the patient's language and the clinic's time zone. */
export function messageMail(
  message: DueMessage,
  facts: MailFacts,
  { address, links }: MailSettings,
): { mail: Mail; content: MessageContent } {
  const language = facts.patient.language ?? facts.settings.language
  const { logo, clinicName } = facts
  const shown = logo === null ? null : shownLogo(logo)
  const content = renderMail(contentOf(message, facts, language, links), language, clinicName, shown)
  const to = { name: shownName(facts.patient.name) ?? '', address: facts.sendTo }
  const [, host = 'localhost'] = address.split('@')
  const mail: Mail = {
    ...content,
    messageId: messageIdOf(message, host),
    from: { name: clinicName, address },
    to,
    replyTo: facts.settings.replyTo,
    // A withdrawn offer has the same link as the offer: its entry goes on waiting.
    unsubscribeUrl: links.unsubscribe(
      message.kind === 'withdrawn' && facts.offerAnnounced !== null ? 'offered' : message.kind,
      facts,
    ),
    logo: logo === null ? null : attachedLogo(logo),
    calendar:
      hasNoCalendar.has(message.kind) || facts.offerAnnounced !== null
        ? null
        : calendarOf(message, facts, address, language),
  }
  return { mail, content }
}

function contentOf(
  { kind, byPatient }: DueMessage,
  facts: MailFacts,
  language: MessageLanguage,
  links: MailLinks,
): MailContent {
  const texts = mailTexts[language]
  const context = visitContext(facts, language, links)
  const timesFrom = (at: Date) => links.times(facts.doctorId, localDay(at, facts.timezone), facts.visitType?.id ?? null)
  const bookUrl = timesFrom(facts.startsAt)
  switch (kind) {
    case 'offered':
      return offeredMail(
        {
          ...context,
          until: untilText(facts, language),
          offerUrl: links.offerByEmail(facts),
          leaveUrl: links.leaveWaitlist(facts),
        },
        texts,
      )
    case 'unanswered':
      return unansweredMail(
        { ...context, joinUrl: links.joinWaitlist(facts.doctorId, facts.visitType?.id ?? null) },
        texts,
      )
    case 'confirm':
      return confirmMail(
        {
          ...context,
          until: untilText(facts, language),
          url: links.confirm(facts),
          isRequest: facts.needsApproval,
        },
        texts,
      )
    case 'requested':
      return requestedMail(
        { ...context, until: untilText(facts, language), ticketUrl: links.ticket(facts), isHeld: facts.units > 0 },
        texts,
      )
    case 'declined':
    case 'request_lapsed': {
      return declinedMail(
        requestEnd(kind, byPatient, facts),
        { ...context, reason: facts.cancellationReason, bookUrl },
        texts,
      )
    }
    case 'confirmed':
      return confirmedMail(context, texts)
    case 'moved':
      return movedMail(context, texts)
    case 'reminder':
      return reminderMail(
        {
          ...context,
          attendUrl: facts.isAttendanceConfirmed ? null : links.attend(facts),
          cancelUrl: links.cancel(facts),
          remindersUrl: links.reminders(facts),
        },
        texts,
      )
    case 'cancelled':
      return cancelledMail(
        { ...context, byPatient: byPatient === true, reason: facts.cancellationReason, bookUrl },
        texts,
      )
    case 'withdrawn': {
      if (facts.offerAnnounced !== null) {
        const urls = { offerUrl: links.offer(facts), leaveUrl: links.leaveWaitlist(facts) }
        return offerWithdrawnMail({ ...context, ...urls }, texts)
      }
      const { timezone, appointmentType: type, units } = facts
      const alternatives = facts.alternatives.map(({ slotId, doctorId, doctorName, startsAt }) => ({
        when: whenText(startsAt, timezone, language),
        doctorName,
        url: links.time({ slotId, doctorId, day: localDay(startsAt, timezone), type, units }, facts),
      }))
      return withdrawnMail({ ...context, alternatives, bookUrl }, texts)
    }
  }
}

function requestEnd(kind: MessageKind, byPatient: boolean | null, { failureReason }: MailFacts): RequestEnd {
  if (kind === 'request_lapsed') return 'requestLapsed'
  if (failureReason === 'time_taken') return 'timeTaken'
  return byPatient ? 'requestWithdrawn' : 'declined'
}

/** When the hold ends. */
function untilText({ holdExpiresAt, startsAt, timezone }: MailFacts, language: MessageLanguage): string {
  return whenText(holdExpiresAt ?? startsAt, timezone, language)
}

function calendarOf({ kind, version, now }: DueMessage, facts: MailFacts, address: string, language: MessageLanguage) {
  const texts = mailTexts[language]
  const isVideo = facts.appointmentType === 'video'
  const place = facts.address === null ? facts.clinicName : `${facts.clinicName}, ${facts.address}`
  const visit: CalendarVisit = {
    bookingId: facts.bookingId,
    version,
    startsAt: facts.startsAt,
    endsAt: facts.endsAt,
    stampedAt: now,
    summary: `${facts.doctorName}, ${facts.clinicName}`,
    location: isVideo ? texts.byVideo : place,
    // Calendars are shared: the link to the ticket is in the mail alone.
    description: texts.onTicket,
    organizer: { name: facts.clinicName, address },
    attendee: { name: shownName(facts.patient.name) ?? facts.sendTo, address: facts.sendTo },
  }
  return calendarAttachment(visit, kind === 'cancelled' || kind === 'withdrawn' ? 'CANCEL' : 'REQUEST')
}
