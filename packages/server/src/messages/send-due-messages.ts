import type { SmsSender } from '@holdfast/adapters/sms'
import type { Mail, Mailer } from '@holdfast/adapters/smtp'
import {
  beginSending,
  countLink,
  countMessage,
  type DueMessage,
  hasNoReminders,
  inTransaction,
  isConnectionLost,
  isLaterReminderDue,
  type MessageChannel,
  type MessageFacts,
  type MessageLanguage,
  type MessageOutcome,
  messageChoices,
  messageFacts,
  messagesPerDayMax,
  networkOfBooking,
  quietHoursAround,
  readLogo,
  recordMessage,
  reminderDelay,
  smsPerDayMax,
  takeDueMessages,
  timesInstead,
} from '@holdfast/engine'
import type pg from 'pg'
import { workInWindow } from '../lifecycle/work-in-window.ts'
import type { Logger } from '../observe/logger.ts'
import { attemptSeconds } from './attempt-seconds.ts'
import { maskAddress } from './mask-address.ts'
import { type MailSettings, messageMail, reasonToSkip } from './message-mail.ts'
import { smsNumber, smsParts, smsText } from './message-sms.ts'
import { choicesOf, reasonUnwanted } from './recipient-choices.ts'
import type { RecipientDigests } from './recipient-digests.ts'
import { storedResponse } from './stored-response.ts'
import type { MailLinks } from './visit-context.ts'

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

export const messageChannels: readonly MessageChannel[] = ['email', 'sms']
/** Of each channel: an SMS provider that does not respond takes no place of an e-mail. */
const atOnceMax = 10
const attemptsMax = 12
const attemptsLostMax = 2
const alternativesMax = 3
const minuteMs = 60_000
const pauseMinutesMax = 60
/** Whoever gets an offer needs so long to accept it. */
const offerUsefulMs = 10 * minuteMs

type MessageDeps = { pool: pg.Pool; sender: MessageSender; log: Logger }

type MessageRun = {
  signal?: AbortSignal | undefined
  /** After this, no more messages are begun. Default: there is no limit. */
  runMsMax?: number
}

/**
 * Sends the messages whose time has come. Any number of processes may do so at once. An attempt that fails is repeated
 * after 1, 2, 4 … minutes, at most an hour, for about six hours; so is one at a message that cannot be written. If the
 * process ends between sending a message and recording that, an e-mail is sent once more, and only once; an SMS is not.
 * After a mail server that ends before it answers, another attempt is made, although it may have taken the e-mail.
 *
 * @param run.channels default: all
 * @returns how many messages were sent, kept, skipped or given up
 */
export async function sendDueMessages(
  deps: MessageDeps,
  { channels = messageChannels, ...run }: MessageRun & { channels?: readonly MessageChannel[] } = {},
): Promise<number> {
  const runs = await Promise.allSettled(channels.map((channel) => sendChannel(deps, channel, run)))
  let done = 0
  for (const one of runs) {
    if (one.status === 'rejected') throw one.reason
    done += one.value
  }
  return done
}

async function sendChannel(deps: MessageDeps, channel: MessageChannel, run: MessageRun): Promise<number> {
  let [done, failedInRow] = [0, 0]
  await workInWindow({
    ...run,
    atOnceMax,
    // After as many failures in a row as there are places, the rest is left to the next run.
    async take(places) {
      const limit = places - failedInRow
      return limit > 0 ? takeDueMessages(deps.pool, { channel, limit, seconds: attemptSeconds.all }) : []
    },
    async work(message: DueMessage) {
      const outcome = await attempt(deps, message)
      if (outcome.kind !== 'again') {
        done += 1
        failedInRow = 0
      } else if (!('reason' in outcome)) failedInRow += 1
    },
  })
  return done
}

async function attempt({ pool, sender, log }: MessageDeps, message: DueMessage): Promise<MessageOutcome> {
  const prepared = await prepare(pool, sender, message).catch((error: unknown) => {
    if (isConnectionLost(error)) throw error
    log.error(
      { messageId: message.id, kind: message.kind, channel: message.channel, err: error },
      'message not written',
    )
    return notWritten(message)
  })
  const outcome = typeof prepared === 'function' ? await prepared() : prepared
  await recordMessage(pool, message, outcome)
  const { kind } = outcome
  if (kind === 'failed' || kind === 'again') {
    // Without the result, which may name the address.
    log.warn(
      {
        messageId: message.id,
        kind: message.kind,
        channel: message.channel,
        attempts: message.attempts,
        outcome: kind,
      },
      'message not sent',
    )
  }
  return outcome
}

/** What becomes of a message: an outcome, or how to hand it over. Nothing has been handed over until that is called. */
type Prepared = MessageOutcome | (() => Promise<MessageOutcome>)

async function prepare(pool: pg.Pool, sender: MessageSender, message: DueMessage): Promise<Prepared> {
  const ofBooking = await messageFacts(pool, message)
  if (ofBooking === null) return { kind: 'skipped', reason: 'booking_gone' }
  const { accountId, patient } = ofBooking
  const email = await emailOf(pool, sender, message, ofBooking)
  const choices = await choicesOf(
    { accountId, email },
    { accountOf: (email) => sender.accountOf(pool, email), choices: (id) => messageChoices(pool, id) },
  )
  const facts = inLanguage(ofBooking, choices.language)
  const reason = reasonToSkip(message, facts) ?? reasonUnwanted(message, choices)
  if (reason !== null) return { kind: 'skipped', reason }
  if (message.kind === 'reminder') {
    if (await isLaterReminderDue(pool, message)) return { kind: 'skipped', reason: 'replaced' }
    const recipients = [patient.email, email].flatMap((address) => sender.recipientDigests(address))
    const isUnwanted = await hasNoReminders(pool, { clinicNo: message.clinicNo, recipients })
    if (isUnwanted) return { kind: 'skipped', reason: 'unwanted' }
  }
  return message.channel === 'sms'
    ? prepareSms(pool, sender, message, facts)
    : prepareMail(pool, sender, message, facts, email ?? '')
}

/**
 * Where a booking's e-mails go now; undefined: it has no address. The link that confirms a hold proves the address that
 * was entered, so it goes there.
 */
async function emailOf(
  pool: pg.Pool,
  sender: MessageSender,
  { kind }: DueMessage,
  { accountId, patient: { email } }: MessageFacts,
): Promise<string | undefined> {
  if (email === undefined || accountId === null || kind === 'confirm') return email
  return sender.currentEmail(pool, accountId, email)
}

/** `language` null: as it is. */
function inLanguage(facts: MessageFacts, language: MessageLanguage | null): MessageFacts {
  return language === null ? facts : { ...facts, patient: { ...facts.patient, language } }
}

async function prepareMail(
  pool: pg.Pool,
  sender: MessageSender,
  message: DueMessage,
  facts: MessageFacts,
  sendTo: string,
): Promise<Prepared> {
  const maskedAddress = maskAddress(sendTo)
  const quietUntil = quietEnd(message, facts)
  if (quietUntil !== null) return waits(maskedAddress, quietUntil)
  if (message.attemptsLost >= attemptsLostMax) {
    return { kind: 'failed', maskedAddress, failure: 'unknown', result: null }
  }
  const mailFacts = { ...(await mailFactsOf(pool, message, facts)), sendTo }
  const { mailer } = sender
  if (mailer === null) {
    // The logo would be stored with each message.
    const kept = { ...mailFacts, logo: null }
    const { content } = messageMail(message, kept, { ...sender, links: withoutTokens(sender.links) })
    return { kind: 'kept', maskedAddress, content }
  }
  const { mail } = messageMail(message, mailFacts, sender)
  const limit = await limitReached(pool, sender, message, facts, mail.to.address)
  if (limit !== null) return { kind: 'skipped', reason: limit }
  return () => sendMail(pool, mailer, message, { mail, maskedAddress })
}

async function sendMail(
  pool: pg.Pool,
  mailer: Mailer,
  message: DueMessage,
  { mail, maskedAddress }: { mail: Mail; maskedAddress: string },
): Promise<MessageOutcome> {
  const begin = () => beginSending(pool, message, attemptSeconds.sending)
  const { kind, response } = await mailer.send(mail, begin)
  if (kind === 'not_begun') return tooLate(message, maskedAddress)
  const result = storedResponse(response, mail.to.address)
  if (kind === 'accepted') return { kind: 'sent', maskedAddress, result }
  return kind === 'failed' || kind === 'unknown'
    ? later(message, maskedAddress, result, kind === 'unknown' || message.mayHaveArrived)
    : { kind: 'failed', maskedAddress, failure: kind, result }
}

/** An SMS whose outcome is not known is not sent again: the patient may have it, and the clinic pays for each. */
async function prepareSms(
  pool: pg.Pool,
  sender: MessageSender,
  message: Extract<DueMessage, { channel: 'sms' }>,
  facts: MessageFacts,
): Promise<Prepared> {
  const to = smsNumber(facts.patient.phone ?? '', facts.settings.phoneCountry)
  if (to.kind === 'none') return { kind: 'failed', maskedAddress: null, failure: 'number_unusable', reason: to.reason }
  const { number, masked: maskedAddress } = to
  const quietUntil = quietEnd(message, facts)
  if (quietUntil !== null) return waits(maskedAddress, quietUntil)
  if (message.attemptsLost > 0) return { kind: 'failed', maskedAddress, failure: 'unknown', result: null }
  const { sms } = sender
  if (sms === null) {
    const text = smsText(message.kind, facts, withoutTokens(sender.links))
    const content = { subject: '', html: '', text }
    return { kind: 'kept', maskedAddress, content }
  }
  if (!(await mayBeSent(pool, sender, message, countedAs(facts, number)))) {
    return { kind: 'skipped', reason: 'number_limit' }
  }
  if (!(await mayBeSent(pool, sender, message, 'all SMS', smsPerDayMax))) {
    return { kind: 'skipped', reason: 'sms_limit' }
  }
  const text = smsText(message.kind, facts, sender.links)
  return () => sendSms(pool, sms, message, { number, text, maskedAddress })
}

async function sendSms(
  pool: pg.Pool,
  sms: SmsSender,
  message: DueMessage,
  { number, text, maskedAddress }: { number: string; text: string; maskedAddress: string },
): Promise<MessageOutcome> {
  if (!(await beginSending(pool, message, attemptSeconds.sending))) return tooLate(message, maskedAddress)
  const { kind, response } = await sms.send({ to: number, text })
  if (kind === 'accepted') return { kind: 'sent', maskedAddress, result: `${response} (SMS parts: ${smsParts(text)})` }
  return kind === 'failed'
    ? later(message, maskedAddress, response, false)
    : { kind: 'failed', maskedAddress, failure: kind, result: response }
}

/**
 * Nobody has accepted it: another attempt is made, unless there were enough.
 *
 * @param mayHaveArrived by this attempt or an earlier one
 */
function later(
  { attempts, now }: DueMessage,
  maskedAddress: string,
  result: string,
  mayHaveArrived: boolean,
): MessageOutcome {
  if (attempts >= attemptsMax) {
    return { kind: 'failed', maskedAddress, failure: mayHaveArrived ? 'unknown' : 'unavailable', result }
  }
  return { kind: 'again', maskedAddress, result, mayHaveArrived, dueAt: nextAttempt({ attempts, now }) }
}

function nextAttempt({ attempts, now }: Pick<DueMessage, 'attempts' | 'now'>): Date {
  const pauseMinutes = Math.min(2 ** (attempts - 1), pauseMinutesMax)
  return new Date(now.getTime() + pauseMinutes * minuteMs)
}

/** For a mistake in it, or in this server: a newer release may write it. */
function notWritten(message: DueMessage): MessageOutcome {
  const nothing = { maskedAddress: null, result: null }
  // An SMS that may have arrived is attempted again only when staff send it again: it is an earlier sending then.
  const mayHaveArrived = message.channel === 'email' && message.mayHaveArrived
  if (message.attempts >= attemptsMax) {
    return { kind: 'failed', failure: mayHaveArrived ? 'unknown' : 'internal_error', ...nothing }
  }
  return { kind: 'again', mayHaveArrived, dueAt: nextAttempt(message), ...nothing }
}

/** Another process may have the message by now, which then records what became of it. */
function tooLate({ now }: DueMessage, maskedAddress: string): MessageOutcome {
  return { kind: 'again', maskedAddress, result: null, mayHaveArrived: false, dueAt: now }
}

function waits(maskedAddress: string, dueAt: Date): MessageOutcome {
  return { kind: 'again', maskedAddress, reason: 'quiet_hours', dueAt }
}

/** Until when a message has to wait, because the clinic has quiet hours; null: it need not, or would be too late. */
function quietEnd({ kind, channel, minutesBefore, now }: DueMessage, facts: MessageFacts): Date | null {
  const { timezone, settings, holdExpiresAt } = facts
  if (kind === 'reminder') return reminderDelay({ ...facts, minutesBefore, quiet: settings }, now)
  // A telephone rings at night; an offer that ends before the morning is worth it.
  if (kind !== 'offered' || channel !== 'sms' || holdExpiresAt === null) return null
  const end = quietHoursAround(now, timezone, settings)?.end ?? null
  return end !== null && end.getTime() + offerUsefulMs < holdExpiresAt.getTime() ? end : null
}

/** The limit because of which the address does not get this mail today; null: it gets it. */
async function limitReached(
  pool: pg.Pool,
  sender: MessageSender,
  message: DueMessage,
  facts: MessageFacts,
  address: string,
) {
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

/**
 * What is counted. Messages about places of the waitlist apart: whoever does not hear of an offer loses it, and so
 * bookings that others make with the address must not use up its limit.
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

async function mailFactsOf(pool: pg.Pool, { kind, clinicNo }: DueMessage, facts: MessageFacts) {
  const hasAlternatives = kind === 'withdrawn' && facts.offerAnnounced === null
  const alternatives = hasAlternatives ? await timesInstead(pool, facts, alternativesMax) : []
  return { ...facts, alternatives, logo: await readLogo(pool, clinicNo) }
}

/** For a mail that is stored: whoever reads it, or a backup, must not get the ticket. */
export function withoutTokens(links: MailLinks): MailLinks {
  const { ticket, attend, cancel, offer, offerByEmail, confirm, reminders, leaveWaitlist, entry, time, ...others } =
    links
  const pageOf = (url: string) => url.replace(/#.*$/, '')
  return {
    ticket: (facts) => pageOf(ticket(facts)),
    attend: (facts) => pageOf(attend(facts)),
    cancel: (facts) => pageOf(cancel(facts)),
    offer: (facts) => pageOf(offer(facts)),
    offerByEmail: (facts) => pageOf(offerByEmail(facts)),
    confirm: (facts) => pageOf(confirm(facts)),
    reminders: (facts) => pageOf(reminders(facts)),
    leaveWaitlist: (facts) => pageOf(leaveWaitlist(facts)),
    entry: (facts) => pageOf(entry(facts)),
    time: (slot, insteadOf) => pageOf(time(slot, insteadOf)),
    // Links without a secret, and `unsubscribe`: a header, which is not stored.
    ...others,
  }
}
