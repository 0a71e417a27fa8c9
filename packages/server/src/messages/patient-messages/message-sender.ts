import type { SmsSender } from '@holdfast/adapters/sms'
import type { Mailer } from '@holdfast/adapters/smtp'
import type { MessageChoices } from '@holdfast/engine'
import type { RecipientDigests } from '../recipient-digests.ts'
import type { MailSettings } from './message-mail.ts'

export type MessageSender = MailSettings & {
  /** null: there is no mail server. Messages are kept, and shown to the clinic. */
  mailer: Mailer | null
  /** null: there is no SMS provider. Messages are kept, as e-mails are. */
  sms: SmsSender | null
  /** The digest of an address in lower case, or of a telephone number, about which it reveals nothing. */
  digestOf(address: string): string
  recipientDigests: RecipientDigests
  /** The account that has proven this e-mail address; null: none has. */
  accountOf(email: string): Promise<string | null>
  /** What an account has chosen. */
  choices(accountId: string): Promise<MessageChoices>
  /** `email`, or the confirmed address of the account if it had `email` before. */
  currentEmail(accountId: string, email: string): Promise<string>
}
