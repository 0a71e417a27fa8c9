import { type DueMessage, defaultMessageChoices, type MessageChoices, type MessageReason } from '@holdfast/engine'
import { isSmsKind } from './message-sms.ts'

type Recipient = { accountId: string | null; email: string | undefined }

type ChoiceReads = {
  /** The account that has proven this e-mail address; null: none has. */
  accountOf(email: string): Promise<string | null>
  choices(accountId: string): Promise<MessageChoices>
}

/**
 * What the patient of a booking has chosen: the account that has proven the booking's e-mail address, or else the
 * account that the booking belongs to.
 *
 * docs/decisions/0027-who-decides-what-a-patient-gets.md
 */
export async function choicesOf({ accountId, email }: Recipient, reads: ChoiceReads): Promise<MessageChoices> {
  const decides = (email === undefined ? null : await reads.accountOf(email)) ?? accountId
  return decides === null ? defaultMessageChoices : reads.choices(decides)
}

/** Why the patient does not get a message; null: they do. E-mails about a visit cannot be turned off. */
export function reasonUnwanted(
  { kind, channel }: Pick<DueMessage, 'kind' | 'channel'>,
  { reminderEmails, smsKindsOff }: MessageChoices,
): MessageReason | null {
  if (channel === 'sms') {
    return isSmsKind(kind) && smsKindsOff.includes(kind) ? 'unwanted' : null
  }
  return kind === 'reminder' && !reminderEmails ? 'unwanted' : null
}
