import type { MessageLanguage } from '@holdfast/vocabulary'
import type { MailContent } from '../rendering/mail-content.ts'
import { mailTexts } from '../rendering/render-mail.ts'
import { type AccountChangedContext, accountChangedMail } from '../templates/account-changed.ts'
import { type AddressInUseContext, addressInUseMail } from '../templates/address-in-use.ts'
import { type BusyCalendarEmptiedContext, busyCalendarEmptiedMail } from '../templates/busy-calendar-emptied.ts'
import { type BusyCalendarFailingContext, busyCalendarFailingMail } from '../templates/busy-calendar-failing.ts'
import { type ConfirmEmailContext, confirmEmailMail } from '../templates/confirm-email.ts'
import { type EmailChangedContext, emailChangedMail } from '../templates/email-changed.ts'
import { type EntryEndedContext, entryEndedMail } from '../templates/entry-ended.ts'
import { type EntryLinkContext, entryLinkMail } from '../templates/entry-link.ts'
import { type InvitationContext, invitationMail } from '../templates/invitation.ts'
import { type NewSignInContext, newSignInMail } from '../templates/new-sign-in.ts'
import { type PasswordResetContext, passwordResetMail } from '../templates/password-reset.ts'
import { type TicketLinkContext, ticketLinkMail } from '../templates/ticket-link.ts'
import { type WebhookPausedContext, webhookPausedMail } from '../templates/webhook-paused.ts'
import type { MailTexts } from '../texts/en.ts'
import type { EntryEndedMail, EntryMail } from './entry-mail.ts'
import type { TicketMail } from './ticket-mail.ts'

type Contexts = {
  password_reset: PasswordResetContext
  confirm_email: ConfirmEmailContext
  address_in_use: AddressInUseContext
  email_changed: EmailChangedContext
  account_changed: AccountChangedContext
  new_sign_in: NewSignInContext
  invitation: InvitationContext
  ticket_link: TicketLinkContext
  entry_link: EntryLinkContext
  entry_ended: EntryEndedContext
  webhook_paused: WebhookPausedContext
  busy_calendar_failing: BusyCalendarFailingContext
  busy_calendar_emptied: BusyCalendarEmptiedContext
}

type Kind = keyof Contexts

/** `clinicNo`: the clinic whose logo the mail has; null: none. */
type Recipient = { address: string; language: MessageLanguage; clinicNo: number | null }

type MailOf<Of extends Kind> = { kind: Of; to: Recipient; context: Contexts[Of] }

/** A mail that no message to a patient is, before it is rendered. Everything in it survives JSON. */
export type AccountMail = { [Of in Kind]: MailOf<Of> }[Kind]

/** The mail as it is stored. */
export type StoredAccountMail =
  | Exclude<AccountMail, { kind: 'ticket_link' | 'entry_link' | 'entry_ended' }>
  | TicketMail
  | EntryMail
  | EntryEndedMail

const templates: { [Of in Kind]: (context: Contexts[Of], texts: MailTexts) => MailContent } = {
  password_reset: passwordResetMail,
  confirm_email: confirmEmailMail,
  address_in_use: addressInUseMail,
  email_changed: emailChangedMail,
  account_changed: accountChangedMail,
  new_sign_in: newSignInMail,
  invitation: invitationMail,
  ticket_link: ticketLinkMail,
  entry_link: entryLinkMail,
  entry_ended: entryEndedMail,
  webhook_paused: webhookPausedMail,
  busy_calendar_failing: busyCalendarFailingMail,
  busy_calendar_emptied: busyCalendarEmptiedMail,
}

export function contentOf<Of extends Kind>({ kind, to, context }: MailOf<Of>): MailContent {
  return templates[kind](context, mailTexts[to.language])
}

/** The clinic, or the site's host. */
export function senderOf({ context }: AccountMail): string {
  return 'site' in context ? context.site : context.clinicName
}
