import type { SmsSender } from '@holdfast/adapters/sms'
import type { Mailer } from '@holdfast/adapters/smtp'
import type pg from 'pg'
import type { RecipientDigests } from '../recipient-digests.ts'
import type { MailSettings } from './message-mail.ts'

export type MessageSender = MailSettings & {
  /** null: there is no mail server. Messages are kept, and shown to the clinic. */
  mailer: Mailer | null
  /** null: there is no SMS provider. As with e-mails, messages are kept. */
  sms: SmsSender | null
  /** Of an address in lower case, or a telephone number. It reveals nothing about it. */
  digestOf(address: string): string
  recipientDigests: RecipientDigests
  /** The account that has proven this e-mail address; null: none has. */
  accountOf(pool: pg.Pool, email: string): Promise<string | null>
  /** `email`, or the confirmed address of the account if it had `email` before. */
  currentEmail(pool: pg.Pool, accountId: string, email: string): Promise<string>
}
