import type { Mail, MailOutcome } from '@holdfast/adapters/smtp'
import { messageChoices, newId } from '@holdfast/engine'
import { aBooking, aClinic, aDoctor, aSlot, type TestDatabase } from '@holdfast/testkit'
import sql from 'sql-template-tag'
import type { MessageSender } from '../src/messages/patient-messages/message-sender.ts'
import { sendDueMessages } from '../src/messages/patient-messages/send-due-messages.ts'
import { sampleSettings } from '../src/messages/previews/sample-messages.ts'
import { createRecipientDigests } from '../src/messages/recipient-digests.ts'
import { createLogger } from '../src/observe/logger.ts'
import { createKeyedDigests } from '../src/secrets/keyed-digests.ts'

/** Confirmations that are due, each of another booking. */
export async function dueMessages(
  database: TestDatabase,
  count: number,
  columns: Record<string, string> = {},
  emailOf = (index: number) => `ada-${index}@example.org`,
) {
  const slot = await aSlot(database, await aDoctor(database, await aClinic(database)), { capacity: count })
  const ids: string[] = []
  for (let index = 0; index < count; index += 1) {
    const patient = { name: 'Ada', email: emailOf(index) }
    const booking = await aBooking(database, slot, { patient })
    const id = newId(slot.clinicNo)
    const given = { due_at: 'now()', ...columns }
    const names = ['clinic_no, id, booking_id, version, slot_id, kind, channel', ...Object.keys(given)]
    const values = ["$1, $2, $3, 2, $4, 'confirmed', 'email'", ...Object.values(given)]
    await database.ownerPool.query(`insert into holdfast.message (${names}) values (${values})`, [
      slot.clinicNo,
      id,
      booking.id,
      slot.id,
    ])
    ids.push(id)
  }
  return ids
}

const digestOf = createKeyedDigests(['a secret of this test'], 'message-recipient')
const recipientDigests = createRecipientDigests(['a secret of this test'])

/** Sends to a mail server that responds like this, after `during`. `before`: until a connection to it is free. */
export async function sendMessages(
  database: TestDatabase,
  kind: MailOutcome['kind'],
  accountOf: () => Promise<string | null> = async () => null,
  during: (mail: Mail) => Promise<void> = async () => undefined,
  before: () => Promise<void> = async () => undefined,
  replaced: Partial<MessageSender> = {},
) {
  const mails: Mail[] = []
  const mailer = {
    async send(mail: Mail, begin: () => Promise<boolean>) {
      await before()
      if (!(await begin())) return { kind: 'not_begun' as const, response: '' }
      mails.push(mail)
      await during(mail)
      return { kind, response: kind }
    },
    close: () => undefined,
  }
  const currentEmail = async (_accountId: string, email: string) => email
  const sender = {
    ...sampleSettings,
    mailer,
    sms: null,
    digestOf,
    recipientDigests,
    accountOf,
    choices: (accountId: string) => messageChoices(database.appPool, accountId),
    currentEmail,
    ...replaced,
  }
  const done = await sendDueMessages({ pool: database.appPool, sender, log: createLogger('silent') })
  return { done, mails }
}

export const messagesWithIds = async (database: TestDatabase, ids: string[]) =>
  (
    await database.ownerPool.query(sql`
      select state, result, reason, failure, attempts, attempts_lost as lost, due_at > now() as "isLater"
        from holdfast.message
       where id = any (${ids})`)
  ).rows
