import { randomUUID } from 'node:crypto'
import type { Mail } from '@holdfast/adapters/smtp'
import { createEngine, type MessageChoices, messageChoices, newId } from '@holdfast/engine'
import { aBooking, aClinic, aDoctor, aSlot, someMessageSettings, type TestDatabase } from '@holdfast/testkit'
import { test } from '@holdfast/testkit/database-test'
import { messageKinds, smsKinds } from '@holdfast/vocabulary'
import { describe, expect, test as plainTest } from 'vitest'
import { createLogger } from '../../observe/logger.ts'
import { createKeyedDigests } from '../../secrets/keyed-digests.ts'
import { sampleSettings } from '../previews/sample-messages.ts'
import { createRecipientDigests } from '../recipient-digests.ts'
import { reasonUnwanted } from './recipient-choices.ts'
import { sendDueMessages } from './send-due-messages.ts'

const secrets = ['a secret of this test']
const everything: MessageChoices = { reminderEmails: true, smsKindsOff: [], language: null }
const nothing: MessageChoices = {
  reminderEmails: false,
  smsKindsOff: [...smsKinds],
  language: null,
}

plainTest('of e-mails only reminders can be turned off, and of SMS every kind', () => {
  const unwanted = (channel: 'email' | 'sms', choices: MessageChoices) =>
    messageKinds.filter((kind) => reasonUnwanted({ kind, channel }, choices) !== null)
  expect(unwanted('email', nothing)).toEqual(['reminder'])
  expect(unwanted('sms', nothing)).toEqual(smsKinds)
  for (const channel of ['email', 'sms'] as const) expect(unwanted(channel, everything)).toEqual([])
  // One does not turn off the other.
  expect(unwanted('email', { ...everything, smsKindsOff: ['reminder'] })).toEqual([])
  expect(unwanted('sms', { ...everything, reminderEmails: false })).toEqual([])
})

type Case = {
  kind: 'confirmed' | 'reminder' | 'offered'
  channel?: 'email' | 'sms'
  accountId?: string
  email?: string
}

/** A message that is due about a booking in English, of a clinic that sends all by SMS. */
async function aDueMessage(database: TestDatabase, { kind, channel = 'email', accountId, email }: Case) {
  const clinic = await aClinic(database)
  await someMessageSettings(database, clinic.no, {
    sms_kinds: ['confirmed', 'reminder', 'offered'],
    phone_country: 'GB',
  })
  const slot = await aSlot(database, await aDoctor(database, clinic))
  const patient = { name: 'Ada', email: email ?? 'ada@example.org', phone: '07400 123456', language: 'en' as const }
  const booking = await aBooking(database, slot, {
    patient,
    status: kind === 'offered' ? 'PENDING' : 'CONFIRMED',
    ...(accountId === undefined ? {} : { accountId }),
  })
  const id = newId(slot.clinicNo)
  await database.ownerPool.query(
    `insert into holdfast.message (clinic_no, id, booking_id, version, slot_id, kind, channel, minutes_before, due_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8, now())`,
    [slot.clinicNo, id, booking.id, booking.version, slot.id, kind, channel, kind === 'reminder' ? 120 : 0],
  )
  return id
}

/** Sends what is due. `confirmed`: the accounts that have proven an address. */
async function send(database: TestDatabase, id: string, confirmed: Record<string, string> = {}) {
  const sent: string[] = []
  const sender = {
    ...sampleSettings,
    mailer: {
      async send({ subject }: Mail) {
        sent.push(subject)
        return { kind: 'accepted' as const, response: '250' }
      },
      close: () => undefined,
    },
    sms: {
      async send({ text }: { text: string }) {
        sent.push(text)
        return { kind: 'accepted' as const, response: 'HTTP 200' }
      },
    },
    digestOf: createKeyedDigests(secrets, 'message-recipient'),
    recipientDigests: createRecipientDigests(secrets),
    accountOf: async (email: string) => confirmed[email] ?? null,
    choices: (accountId: string) => messageChoices(database.appPool, accountId),
    currentEmail: async (_accountId: string, email: string) => email,
  }
  await sendDueMessages({ pool: database.appPool, sender, log: createLogger('silent') })
  const { rows } = await database.ownerPool.query('select state, reason from holdfast.message where id = $1', [id])
  return { ...rows[0], text: sent.join() }
}

function choose(database: TestDatabase, accountId: string, choices: Partial<MessageChoices>): Promise<void> {
  const { messages } = createEngine({ batchPool: database.appPool, generalPool: database.appPool })
  return messages.setChoices(accountId, { ...everything, ...choices })
}

describe('when a message is sent', () => {
  test('reminders by e-mail turned off after their planning are skipped, others are sent', async ({ database }) => {
    const accountId = randomUUID()
    const reminder = await aDueMessage(database, { kind: 'reminder', accountId })
    await choose(database, accountId, nothing)
    expect(await send(database, reminder)).toMatchObject({
      state: 'skipped',
      reason: 'unwanted',
    })
    const needed = await aDueMessage(database, { kind: 'confirmed', accountId })
    expect((await send(database, needed)).state).toBe('sent')
    // Control: the same reminder for somebody else.
    const other = await aDueMessage(database, { kind: 'reminder', accountId: randomUUID() })
    expect((await send(database, other)).state).toBe('sent')
  })

  test('an SMS about what the patient has turned off is skipped, also a waitlist offer', async ({ database }) => {
    const accountId = randomUUID()
    await choose(database, accountId, { smsKindsOff: ['offered', 'reminder'] })
    for (const kind of ['offered', 'reminder'] as const) {
      const off = await aDueMessage(database, { kind, channel: 'sms', accountId })
      expect(await send(database, off)).toMatchObject({
        state: 'skipped',
        reason: 'unwanted',
      })
      const byMail = await aDueMessage(database, { kind, accountId })
      expect((await send(database, byMail)).state).toBe('sent')
    }
    const on = await aDueMessage(database, { kind: 'confirmed', channel: 'sms', accountId })
    expect((await send(database, on)).state).toBe('sent')
  })

  test('the account’s language is stronger than the one of the booking, by e-mail and by SMS', async ({ database }) => {
    const accountId = randomUUID()
    const byMail = await aDueMessage(database, { kind: 'confirmed', accountId })
    await choose(database, accountId, { language: 'de' })
    expect((await send(database, byMail)).text).toContain('bestätigt')
    const offer = await aDueMessage(database, { kind: 'offered', accountId })
    expect((await send(database, offer)).text).not.toMatch(/\b(the|a|of|for)\b/)
    const bySms = await aDueMessage(database, { kind: 'confirmed', channel: 'sms', accountId })
    const german = (await send(database, bySms)).text
    await choose(database, accountId, {})
    const again = await aDueMessage(database, { kind: 'confirmed', channel: 'sms', accountId })
    expect(german).not.toBe((await send(database, again)).text)
  })

  test('the account with the proven address decides, whoever booked; else the booking’s', async ({ database }) => {
    const [booker, owner] = [randomUUID(), randomUUID()]
    const email = 'grandmother@example.org'
    const state = async (accountId: string | undefined, confirmed: Record<string, string>) => {
      const of = accountId === undefined ? { email } : { email, accountId }
      return (await send(database, await aDueMessage(database, { kind: 'reminder', ...of }), confirmed)).state
    }
    await choose(database, booker, { reminderEmails: false })
    expect(await state(booker, {})).toBe('skipped')
    expect(await state(booker, { [email]: owner })).toBe('sent')
    expect(await state(undefined, {})).toBe('sent')
    await choose(database, owner, { reminderEmails: false })
    // Booked by somebody else, such as the clinic's desk.
    expect(await state(undefined, { [email]: owner })).toBe('skipped')
  })
})
