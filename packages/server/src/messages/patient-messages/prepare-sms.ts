import type { SmsSender } from '@holdfast/adapters/sms'
import { beginSending, type DueMessage, type MessageOutcome } from '@holdfast/engine'
import type pg from 'pg'
import { attemptSeconds } from '../attempt-seconds.ts'
import { withoutSecrets } from '../rendering/mail-links.ts'
import type { MessageSender } from './message-sender.ts'
import { smsNumber, smsParts, smsText } from './message-sms.ts'
import { lostToAnotherProcess, postpone, retryLater } from './next-attempt.ts'
import type { Prepared, SentFacts } from './prepared.ts'
import { quietEnd } from './quiet-end.ts'
import { limitOfSms } from './recipient-limits.ts'

/** An SMS whose outcome is not known is not sent again: the patient may have it, and the clinic pays for each. */
export async function prepareSms(
  pool: pg.Pool,
  sender: MessageSender,
  message: Extract<DueMessage, { channel: 'sms' }>,
  facts: SentFacts,
): Promise<Prepared> {
  const to = smsNumber(facts.patient.phone ?? '', facts.settings.phoneCountry)
  if (to.kind === 'none') return { kind: 'failed', maskedAddress: null, failure: 'number_unusable', reason: to.reason }
  const { number, masked: maskedAddress } = to
  const quietUntil = quietEnd(message, facts)
  if (quietUntil !== null) return postpone(maskedAddress, quietUntil)
  if (message.attemptsLost > 0) return { kind: 'failed', maskedAddress, failure: 'unknown', result: null }
  const { sms } = sender
  if (sms === null) {
    const text = smsText(message.kind, facts, withoutSecrets(sender.links), message.byPatient === true)
    const content = { subject: '', html: '', text }
    return { kind: 'kept', maskedAddress, content }
  }
  const limit = await limitOfSms(pool, sender, message, facts, number)
  if (limit !== null) return { kind: 'skipped', reason: limit }
  const text = smsText(message.kind, facts, sender.links, message.byPatient === true)
  return () => sendSms(pool, sms, message, { number, text, maskedAddress })
}

async function sendSms(
  pool: pg.Pool,
  sms: SmsSender,
  message: DueMessage,
  { number, text, maskedAddress }: { number: string; text: string; maskedAddress: string },
): Promise<MessageOutcome> {
  if (!(await beginSending(pool, message, attemptSeconds.sending))) return lostToAnotherProcess(message, maskedAddress)
  const { kind, response } = await sms.send({ to: number, text })
  if (kind === 'accepted') return { kind: 'sent', maskedAddress, result: `${response} (SMS parts: ${smsParts(text)})` }
  return kind === 'failed'
    ? retryLater(message, maskedAddress, response, false)
    : { kind: 'failed', maskedAddress, failure: kind, result: response }
}
