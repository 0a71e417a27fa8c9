import { randomUUID } from 'node:crypto'
import type { Mailer } from '@holdfast/adapters/smtp'
import type { ClinicLogo, MessageLanguage } from '@holdfast/engine'
import pRetry from 'p-retry'
import pTimeout from 'p-timeout'
import type { Logger } from '../observe/logger.ts'
import type { MailContent } from './mail-content.ts'
import { attachedLogo, shownLogo } from './mail-logo.ts'
import { mailTexts, renderMail } from './render-mail.ts'
import { type BusyCalendarFailingContext, busyCalendarFailingMail } from './templates/busy-calendar-failing.ts'
import { type ConfirmEmailContext, confirmEmailMail } from './templates/confirm-email.ts'
import { type EmailChangedContext, emailChangedMail } from './templates/email-changed.ts'
import { type InvitationContext, invitationMail } from './templates/invitation.ts'
import { type NewSignInContext, newSignInMail } from './templates/new-sign-in.ts'
import { type PasswordResetContext, passwordResetMail } from './templates/password-reset.ts'
import { type TicketLinkContext, ticketLinkMail } from './templates/ticket-link.ts'
import { type WebhookPausedContext, webhookPausedMail } from './templates/webhook-paused.ts'

/** `logo`: of the clinic that sends it. */
type Recipient = { address: string; language: MessageLanguage; logo?: ClinicLogo | null }

/**
 * Mails to people with accounts, most of them with secret links. They are not stored, so they are sent at once, in the
 * background. After four failed attempts the person has to request another. The response never says whether a mail was
 * sent.
 */
export type AccountMails = {
  /** null: there is no mail server. Resolves to whether the mail server has accepted it. */
  passwordReset: ((to: Recipient, context: PasswordResetContext) => Promise<boolean>) | null
  invitation: ((to: Recipient, context: InvitationContext) => Promise<boolean>) | null
  ticketLink: ((to: Recipient, context: TicketLinkContext) => Promise<boolean>) | null
  webhookPaused: ((to: Recipient, context: WebhookPausedContext) => Promise<boolean>) | null
  confirmEmail: ((to: Recipient, context: ConfirmEmailContext) => Promise<boolean>) | null
  emailChanged: ((to: Recipient, context: EmailChangedContext) => Promise<boolean>) | null
  newSignIn: ((to: Recipient, context: NewSignInContext) => Promise<boolean>) | null
  busyCalendarFailing: ((to: Recipient, context: BusyCalendarFailingContext) => Promise<boolean>) | null
  /** Resolves when the mails in the background are sent, or after a moment. */
  stop(): Promise<void>
}

const attemptsAgain = 3
const pauseMs = 5_000
/** A stop waits so long for mails that are being sent. */
const stopMs = 3_000

const noMails: AccountMails = {
  passwordReset: null,
  invitation: null,
  ticketLink: null,
  webhookPaused: null,
  busyCalendarFailing: null,
  confirmEmail: null,
  emailChanged: null,
  newSignIn: null,
  stop: async () => undefined,
}

export function createAccountMails(settings: { mailer: Mailer | null; address: string; log: Logger }): AccountMails {
  const { mailer, address, log } = settings
  if (mailer === null) return noMails
  const stopping = new AbortController()
  const underway = new Set<Promise<boolean>>()

  function send(what: string, { address: to, language, logo = null }: Recipient, sender: string, content: MailContent) {
    const mail = {
      ...renderMail(content, language, sender, logo === null ? null : shownLogo(logo)),
      messageId: `<${randomUUID()}@${address.split('@')[1] ?? 'localhost'}>`,
      from: { name: sender, address },
      to: { name: '', address: to },
      replyTo: null,
      unsubscribeUrl: null,
      logo: logo === null ? null : attachedLogo(logo),
      calendar: null,
    }
    const attempt = async () => {
      const outcome = await mailer?.send(mail)
      if (outcome?.kind === 'failed') throw new Error('The mail server is not available.')
      return outcome?.kind === 'accepted'
    }
    const options = { retries: attemptsAgain, minTimeout: pauseMs, signal: stopping.signal }
    const sent = pRetry(attempt, options).catch(() => false)
    underway.add(sent)
    return sent.then((isSent) => {
      underway.delete(sent)
      if (!isSent) log.warn({ what }, 'mail not sent')
      return isSent
    })
  }

  return {
    passwordReset: (to, context) =>
      send('password reset', to, context.site, passwordResetMail(context, mailTexts[to.language])),
    invitation: (to, context) =>
      send('invitation', to, context.clinicName, invitationMail(context, mailTexts[to.language])),
    ticketLink: (to, context) =>
      send('ticket link', to, context.clinicName, ticketLinkMail(context, mailTexts[to.language])),
    webhookPaused: (to, context) =>
      send('webhook paused', to, context.clinicName, webhookPausedMail(context, mailTexts[to.language])),
    busyCalendarFailing: (to, context) =>
      send('busy calendar failing', to, context.clinicName, busyCalendarFailingMail(context, mailTexts[to.language])),
    confirmEmail: (to, context) =>
      send('confirm e-mail address', to, context.site, confirmEmailMail(context, mailTexts[to.language])),
    emailChanged: (to, context) =>
      send('e-mail address changed', to, context.site, emailChangedMail(context, mailTexts[to.language])),
    newSignIn: (to, context) => send('new sign-in', to, context.site, newSignInMail(context, mailTexts[to.language])),
    async stop() {
      await pTimeout(Promise.all(underway), { milliseconds: stopMs, message: false })
      stopping.abort()
    },
  }
}
