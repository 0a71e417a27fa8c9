import {
  countMail,
  countMessage,
  type DueMessage,
  inTransaction,
  linksToConfirmPerDay,
  type MessageFacts,
  type MessageReason,
  messagesPerDay,
  networkOfBooking,
  smsPerDayMax,
} from '@holdfast/engine'
import type pg from 'pg'
import type { MessageSender } from './message-sender.ts'

/** The limit because of which the address does not get this mail today; null: it gets it. */
export async function limitOfMail(
  pool: pg.Pool,
  sender: MessageSender,
  message: DueMessage,
  facts: MessageFacts,
  address: string,
): Promise<MessageReason | null> {
  if (!isCounted(message)) return null
  const isLink = message.kind === 'confirm'
  const counted = isLink ? `links to ${address.toLowerCase()}` : countedAs(facts, address).toLowerCase()
  const network = await networkOfBooking(pool, message)
  const refusing = await inTransaction(pool, (transaction) =>
    countMail(transaction, {
      clinicNo: message.clinicNo,
      recipient: sender.digestOf(counted),
      origin: network === null ? null : sender.digestOf(`${counted} from ${network}`),
      perDay: isLink ? linksToConfirmPerDay : messagesPerDay,
    }),
  )
  if (refusing === null) return null
  // A network may cause as many other mails as the address gets.
  return isLink && refusing === 'origin_limit' ? 'network_limit' : 'address_limit'
}

/** The limit because of which the number does not get this SMS today; null: it gets it. */
export async function limitOfSms(
  pool: pg.Pool,
  sender: MessageSender,
  message: DueMessage,
  facts: MessageFacts,
  number: string,
): Promise<MessageReason | null> {
  if (!(await mayBeSent(pool, sender, message, countedAs(facts, number)))) return 'number_limit'
  return (await mayBeSent(pool, sender, message, 'all SMS', smsPerDayMax)) ? null : 'sms_limit'
}

/**
 * What is counted. Messages about places of the waitlist are counted separately: a patient who is not notified of an
 * offer loses it, so bookings that others make with the address must not use up its limit.
 */
function countedAs({ waitlistEntryId }: MessageFacts, recipient: string): string {
  return waitlistEntryId === null ? recipient : `waitlist ${recipient}`
}

/** Whether the address or the number may get another message of the clinic today. */
async function mayBeSent(
  pool: pg.Pool,
  sender: MessageSender,
  message: DueMessage,
  counted: string,
  perDayMax = messagesPerDay.address,
): Promise<boolean> {
  if (!isCounted(message)) return true
  const recipient = sender.digestOf(counted.toLowerCase())
  return countMessage(pool, { clinicNo: message.clinicNo, recipient, perDayMax })
}

/**
 * Anybody can book with somebody else's address: what they cause is counted, once for all attempts. Reminders are few,
 * and what the clinic's people cause is wanted.
 */
function isCounted({ kind, byClinic, attempts }: DueMessage): boolean {
  return kind !== 'reminder' && !byClinic && attempts === 1
}
