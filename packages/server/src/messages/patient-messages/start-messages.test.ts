import type { Mail } from '@holdfast/adapters/smtp'
import { defaultMessageChoices } from '@holdfast/engine'
import { aBooking, aClinic, aDoctor, aSlot, someMessageSettings, type TestDatabase, until } from '@holdfast/testkit'
import { freshDatabaseTest as test } from '@holdfast/testkit/database-test'
import { expect, onTestFinished } from 'vitest'
import { dueMessages, messagesWithIds, sendMessages } from '../../../test/due-messages.ts'
import { createLogger } from '../../observe/logger.ts'
import { createKeyedDigests } from '../../secrets/keyed-digests.ts'
import { sampleSettings } from '../previews/sample-messages.ts'
import { createRecipientDigests } from '../recipient-digests.ts'
import { startMessages } from './start-messages.ts'

// The horizon belongs to the whole server: an open transaction of another test file delays the relay.
const arrivesWithinMs = 45_000
/** Messages are sent from now on, by an SMS provider that responds after `release`. */
async function sendingMessages(database: TestDatabase) {
  const [mails, texts]: [string[], string[]] = [[], []]
  const released = Promise.withResolvers<void>()
  const messages = startMessages({
    pool: database.appPool,
    sender: {
      ...sampleSettings,
      mailer: {
        async send(mail, begin) {
          if (!(await begin())) return { kind: 'not_begun', response: '' }
          mails.push(mail.to.address)
          return { kind: 'accepted', response: '250' }
        },
        close: () => undefined,
      },
      sms: {
        async send({ to }) {
          texts.push(to)
          await released.promise
          return { kind: 'accepted', response: 'HTTP 200' }
        },
      },
      digestOf: createKeyedDigests(['a secret of this test'], 'message-recipient'),
      recipientDigests: createRecipientDigests(['a secret of this test']),
      accountOf: async () => null,
      choices: async () => defaultMessageChoices,
      currentEmail: async (_accountId, email) => email,
    },
    log: createLogger('silent'),
  })
  onTestFinished(async () => {
    released.resolve()
    await messages.stop()
  })
  await until(
    async () => {
      const held = `select from holdfast.log_receiver where name = 'email' and holder is not null`
      return (await database.ownerPool.query(held)).rowCount === 1
    },
    'the relay to start',
    arrivesWithinMs,
  )
  const untilSent = (sent: readonly string[], count: number) =>
    until(
      async () => sent.length >= count,
      () => `${count} messages, not only to ${sent.join()}`,
      arrivesWithinMs,
    )
  return { mails, texts, untilSent, release: released.resolve }
}

const aClinicsSlot = async (database: TestDatabase) =>
  aSlot(database, await aDoctor(database, await aClinic(database)), { capacity: 20 })

test('while the SMS provider does not respond, e-mails are sent', async ({ database }) => {
  const [bySms, byEmail] = [await aClinicsSlot(database), await aClinicsSlot(database)]
  await someMessageSettings(database, bySms.clinicNo, {
    emails: false,
    sms_kinds: ['confirmed'],
    phone_country: 'GB',
  })
  const { mails, texts, untilSent, release } = await sendingMessages(database)
  for (let index = 10; index < 22; index += 1) {
    await aBooking(database, bySms, { patient: { name: 'Ada', phone: `07400 1234${index}` } })
  }
  // All places of SMS are taken.
  await untilSent(texts, 10)
  for (const count of [1, 2]) {
    await aBooking(database, byEmail, { patient: { name: 'Grace', email: `grace-${count}@example.org` } })
    await untilSent(mails, count)
  }
  expect(texts).toHaveLength(10)
  release()
  await untilSent(texts, 12)
})

test('an e-mail that takes long keeps no other waiting', async ({ database }) => {
  const ids = await dueMessages(database, 25)
  const othersArrived = Promise.withResolvers<void>()
  const arrived: Mail[] = []
  const during = async (mail: Mail) => {
    arrived.push(mail)
    if (arrived.length === ids.length) othersArrived.resolve()
    if (mail === arrived[0]) await othersArrived.promise
  }
  const { done } = await sendMessages(database, 'accepted', async () => null, during)
  expect(done).toBe(25)
  const rows = await messagesWithIds(database, ids)
  expect(rows.filter(({ state }) => state === 'sent')).toHaveLength(25)
})
