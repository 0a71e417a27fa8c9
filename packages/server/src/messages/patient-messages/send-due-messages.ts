import {
  type DueMessage,
  hasNoReminders,
  isConnectionLost,
  isLaterReminderDue,
  type MessageFacts,
  type MessageOutcome,
  messageFacts,
  recordMessage,
  takeDueMessages,
} from '@holdfast/engine'
import type { MessageChannel, MessageLanguage } from '@holdfast/vocabulary'
import { messageChannels } from '@holdfast/vocabulary'
import type pg from 'pg'
import { workInWindow } from '../../lifecycle/work-in-window.ts'
import type { Logger } from '../../observe/logger.ts'
import { attemptSeconds } from '../attempt-seconds.ts'
import { reasonToSkip } from './message-mail.ts'
import type { MessageSender } from './message-sender.ts'
import { notWritten } from './next-attempt.ts'
import { prepareMail } from './prepare-mail.ts'
import { prepareSms } from './prepare-sms.ts'
import type { Prepared } from './prepared.ts'
import { choicesOf, reasonUnwanted } from './recipient-choices.ts'

/** Per channel, so that a slow SMS provider does not delay e-mails. */
const atOnceMax = 10

type MessageDeps = {
  pool: pg.Pool
  sender: MessageSender
  log: Logger
  /** Called after each attempt. */
  onMessage?: ((message: { channel: MessageChannel; outcome: MessageOutcome['kind'] }) => void) | undefined
}

type MessageRun = {
  signal?: AbortSignal | undefined
  /** After this, no more messages are begun. Default: there is no limit. */
  runMsMax?: number
}

/**
 * Sends the messages whose time has come. Any number of processes may do so at once. An attempt that fails is repeated
 * after 1, 2, 4 … minutes, at most an hour, for about six hours; so is one at a message that cannot be written. If the
 * process ends between sending a message and recording that, an e-mail is sent once more, and only once; an SMS is not.
 * After a mail server that ends before it replies, another attempt is made, although it may have taken the e-mail.
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

async function attempt({ pool, sender, log, onMessage }: MessageDeps, message: DueMessage): Promise<MessageOutcome> {
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
  // What was not tried is none.
  if (kind !== 'again' || !('reason' in outcome)) onMessage?.({ channel: message.channel, outcome: kind })
  if (kind === 'failed' || kind === 'again') {
    // The result is left out: it may name the address.
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

async function prepare(pool: pg.Pool, sender: MessageSender, message: DueMessage): Promise<Prepared> {
  const ofBooking = await messageFacts(pool, message)
  if (ofBooking === null) return { kind: 'skipped', reason: 'booking_gone' }
  const { accountId, patient } = ofBooking
  const email = await emailOf(sender, message, ofBooking)
  const choices = await choicesOf({ accountId, email }, sender)
  const facts = { ...inLanguage(ofBooking, choices.language), sendTo: email ?? '' }
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
    : prepareMail(pool, sender, message, facts)
}

/**
 * Where a booking's e-mails go now; undefined: it has no address. The link that confirms a hold proves the address that
 * was entered, so it goes there.
 */
async function emailOf(
  sender: MessageSender,
  { kind }: DueMessage,
  { accountId, patient: { email } }: MessageFacts,
): Promise<string | undefined> {
  if (email === undefined || accountId === null || kind === 'confirm') return email
  return sender.currentEmail(accountId, email)
}

/** `language` null: as it is. */
function inLanguage(facts: MessageFacts, language: MessageLanguage | null): MessageFacts {
  return language === null ? facts : { ...facts, patient: { ...facts.patient, language } }
}
