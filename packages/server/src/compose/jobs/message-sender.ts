import { createSmsSender } from '@holdfast/adapters/sms'
import { createMailer, type Mailer } from '@holdfast/adapters/smtp'
import { type MessageFacts, messageChoices } from '@holdfast/engine'
import type pg from 'pg'
import { accountOfConfirmedEmail, currentEmail } from '../../accounts/emails/confirmed-emails.ts'
import type { Config } from '../../config/config.ts'
import type { MessageSender } from '../../messages/patient-messages/message-sender.ts'
import { createRecipientDigests } from '../../messages/recipient-digests.ts'
import { joinLink, type MailLinks, timeLink, timesLink } from '../../messages/rendering/mail-links.ts'
import { createConfirmationTokens, createUnsubscribeTokens } from '../../secrets/confirmation-tokens.ts'
import { createKeyedDigests } from '../../secrets/keyed-digests.ts'
import { createManageTokens } from '../../secrets/manage-tokens.ts'

type MailSettings = Pick<Config, 'smtpUrl' | 'smtpMayBePlain' | 'mailFrom' | 'publicUrl' | 'port'>
type SmsConfig = Pick<Config, 'smsUrl' | 'smsHeaders' | 'smsBody' | 'smsFrom'>

/** `mailer`: null: no mail server is set. `address`: from which mails are sent. */
export type OpenMailer = { mailer: Mailer | null; address: string }

/** The mail server of this process. Close it when nothing sends mails any more. */
export function openMailer(settings: MailSettings): OpenMailer {
  const { smtpUrl, smtpMayBePlain: mayBePlain, mailFrom } = settings
  return {
    mailer: smtpUrl === null ? null : createMailer(smtpUrl, { mayBePlain }),
    address: mailFrom ?? `no-reply@${new URL(siteOf(settings)).hostname}`,
  }
}

/**
 * The mail server, the SMS provider, what messages link to, and what accounts have chosen.
 *
 * @param accounts of the application role, to the database that has the accounts
 */
export function createMessageSender(
  settings: MailSettings & SmsConfig,
  secrets: readonly string[],
  opened: OpenMailer,
  accounts: pg.Pool,
): MessageSender {
  const { smsUrl: url, smsHeaders: headers, smsBody: body, smsFrom: from } = settings
  const sms = url === null ? null : createSmsSender({ url, headers: headers ?? {}, body, from: from ?? '' })
  const digestOf = createKeyedDigests(secrets, 'message-recipient')
  return {
    ...opened,
    sms,
    digestOf,
    recipientDigests: createRecipientDigests(secrets),
    accountOf: (email) => accountOfConfirmedEmail(accounts, email),
    choices: (accountId) => messageChoices(accounts, accountId),
    currentEmail: (accountId, email) => currentEmail(accounts, accountId, email),
    links: mailLinks(settings, secrets),
  }
}

export function mailLinks(settings: MailSettings, secrets: readonly string[]): MailLinks {
  const site = siteOf(settings)
  const manageTokens = createManageTokens(secrets)
  const confirmationTokens = createConfirmationTokens(secrets)
  const unsubscribeTokens = createUnsubscribeTokens(secrets)
  const unsubscribing = (id: string, { email = '' }: { email?: string }) =>
    `${id}.${unsubscribeTokens.issue(id, email)}`
  const accessTo: MailLinks['ticket'] = ({ bookingId, accountId, manageEpoch }) =>
    `${bookingId}.${manageTokens.issue(bookingId, { accountId, epoch: manageEpoch })}`
  const confirming = ({ bookingId, patient }: Pick<MessageFacts, 'bookingId' | 'patient'>) =>
    confirmationTokens.issue(bookingId, patient.email ?? '')
  return {
    ticket: (facts) => `${site}/ticket#${accessTo(facts)}`,
    attend: (facts) => `${site}/ticket?attend=true#${accessTo(facts)}`,
    cancel: (facts) => `${site}/ticket?cancel=true#${accessTo(facts)}`,
    offer: (facts) => `${site}/offer#${accessTo(facts)}`,
    offerByEmail: (facts) => `${site}/offer#${accessTo(facts)}.${confirming(facts)}`,
    confirm: (facts) => `${site}/confirm#${accessTo(facts)}.${confirming(facts)}`,
    reminders: ({ bookingId, patient }) => `${site}/reminders#${unsubscribing(bookingId, patient)}`,
    leaveWaitlist: ({ waitlistEntryId, patient }) =>
      `${site}/leave-waitlist#${unsubscribing(waitlistEntryId ?? '', patient)}`,
    entry: ({ waitlistEntryId: id, accountId, manageEpoch: epoch }) =>
      `${site}/waitlist-entry#${id}.${manageTokens.issue(id, { accountId, epoch })}`,
    joinWaitlist: (...entry) => joinLink(site, ...entry),
    unsubscribe(kind, { bookingId, waitlistEntryId, patient }) {
      if (kind === 'reminder') return `${site}/api/v1/unsubscribe/${unsubscribing(bookingId, patient)}`
      if (kind !== 'offered' || waitlistEntryId === null) return null
      return `${site}/api/v1/unsubscribe/waitlist/${unsubscribing(waitlistEntryId, patient)}`
    },
    times: (...times) => timesLink(site, ...times),
    time: (slot, insteadOf) => timeLink(site, slot, accessTo(insteadOf)),
  }
}

/** The address of the site. */
export function siteOf({ publicUrl, port }: Pick<MailSettings, 'publicUrl' | 'port'>): string {
  return publicUrl ?? `http://localhost:${port}`
}
