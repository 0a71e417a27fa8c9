import type { Mail, Mailer } from '@holdfast/adapters/smtp'
import { beginSending, type DueMessage, type MessageOutcome, readLogo, timesInstead } from '@holdfast/engine'
import type pg from 'pg'
import { attemptSeconds } from '../attempt-seconds.ts'
import { maskAddress } from '../mask-address.ts'
import { withoutSecrets } from '../rendering/mail-links.ts'
import { type MailFacts, messageMail } from './message-mail.ts'
import type { MessageSender } from './message-sender.ts'
import { lostToAnotherProcess, postpone, retryLater } from './next-attempt.ts'
import type { Prepared, SentFacts } from './prepared.ts'
import { quietEnd } from './quiet-end.ts'
import { limitOfMail } from './recipient-limits.ts'

const attemptsLostMax = 2
const alternativesMax = 3

export async function prepareMail(
  pool: pg.Pool,
  sender: MessageSender,
  message: DueMessage,
  facts: SentFacts,
): Promise<Prepared> {
  const maskedAddress = maskAddress(facts.sendTo)
  const quietUntil = quietEnd(message, facts)
  if (quietUntil !== null) return postpone(maskedAddress, quietUntil)
  if (message.attemptsLost >= attemptsLostMax) {
    return { kind: 'failed', maskedAddress, failure: 'unknown', result: null }
  }
  const mailFacts = await mailFactsOf(pool, message, facts)
  const { mailer } = sender
  if (mailer === null) {
    // The logo would be stored with each message.
    const kept = { ...mailFacts, logo: null }
    const { content } = messageMail(message, kept, { ...sender, links: withoutSecrets(sender.links) })
    return { kind: 'kept', maskedAddress, content }
  }
  const { mail } = messageMail(message, mailFacts, sender)
  const limit = await limitOfMail(pool, sender, message, facts, mail.to.address)
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
  if (kind === 'not_begun') return lostToAnotherProcess(message, maskedAddress)
  const result = response.replaceAll(mail.to.address, maskAddress(mail.to.address))
  if (kind === 'accepted') return { kind: 'sent', maskedAddress, result }
  return kind === 'failed' || kind === 'unknown'
    ? retryLater(message, maskedAddress, result, kind === 'unknown' || message.mayHaveArrived)
    : { kind: 'failed', maskedAddress, failure: kind, result }
}

async function mailFactsOf(pool: pg.Pool, { kind, clinicNo }: DueMessage, facts: SentFacts): Promise<MailFacts> {
  const hasAlternatives = kind === 'withdrawn' && facts.offerAnnounced === null
  const alternatives = hasAlternatives ? await timesInstead(pool, facts, alternativesMax) : []
  return { ...facts, alternatives, logo: await readLogo(pool, clinicNo) }
}
