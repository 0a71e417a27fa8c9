import {
  countLink,
  countMessage,
  type DueMessage,
  inTransaction,
  type MessageFacts,
  type MessageReason,
  messagesPerDayMax,
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
  if (message.kind !== 'confirm') {
    return (await mayBeSent(pool, sender, message, countedAs(facts, address))) ? null : 'address_limit'
  }
  if (!isCounted(message)) return null
  const counted = `links to ${address.toLowerCase()}`
  const network = await networkOfBooking(pool, message)
  const fromNetwork = network === null ? null : sender.digestOf(`${counted} from ${network}`)
  const link = { clinicNo: message.clinicNo, recipient: sender.digestOf(counted), fromNetwork }
  return inTransaction(pool, (transaction) => countLink(transaction, link))
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
 * What is counted. Messages about places of the waitlist are counted separately: whoever is not notified of an offer
 * loses it, so bookings that others make with the address must not use up its limit.
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
  perDayMax = messagesPerDayMax,
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
