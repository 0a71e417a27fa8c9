import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text as textOf } from 'node:stream/consumers'
import { createSmsSender } from '@holdfast/adapters/sms'
import { clinicNoOf, defaultMessageChoices, newId } from '@holdfast/engine'
import { aBooking, aClinic, aDoctor, aSlot, someMessageSettings, type TestDatabase } from '@holdfast/testkit'
import { test } from '@holdfast/testkit/database-test'
import type { Sql } from 'sql-template-tag'
import sql from 'sql-template-tag'
import { expect, onTestFinished } from 'vitest'
import { createLogger } from '../../observe/logger.ts'
import { createKeyedDigests } from '../../secrets/keyed-digests.ts'
import { sampleSettings } from '../previews/sample-messages.ts'
import { createRecipientDigests } from '../recipient-digests.ts'
import type { MessageSender } from './message-sender.ts'
import { sendDueMessages } from './send-due-messages.ts'

/** A provider that responds with this status; null: it closes the connection. */
async function aProvider(status: number | null) {
  const received: { to: string; text: string }[] = []
  const server = createServer((request, response) => {
    void textOf(request).then((body) => {
      received.push(JSON.parse(body))
      if (status === null) response.destroy()
      else response.writeHead(status).end('secret words of the provider')
    })
  })
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return { received, sms: createSmsSender({ url, headers: {}, body: '{"to":"{to}","text":"{text}"}', from: '' }) }
}

type Hold = { status?: 'PENDING'; holdExpiresAt?: Date }

/** A message that is due, of a clinic that sends all by SMS. */
async function aDueSms(
  database: TestDatabase,
  { phone = '07400 123456', kind = 'confirmed', columns = {}, hold = {} as Hold } = {},
) {
  const clinic = await aClinic(database)
  const slot = await aSlot(database, await aDoctor(database, clinic))
  await someMessageSettings(database, slot.clinicNo, {
    sms_kinds: ['confirmed', 'offered', 'reminder'],
    phone_country: 'GB',
  })
  const booking = await aBooking(database, slot, { patient: { name: 'Ada', phone }, ...hold })
  const id = newId(slot.clinicNo)
  const given: Record<string, string> = { due_at: 'now()', ...columns }
  await database.ownerPool.query(
    `insert into holdfast.message (clinic_no, id, booking_id, version, slot_id, kind, channel, ${Object.keys(given)})
     values ($1, $2, $3, 2, $4, $5, 'sms', ${Object.values(given)})`,
    [slot.clinicNo, id, booking.id, slot.id, kind],
  )
  return id
}

const digestOf = createKeyedDigests(['a secret of this test'], 'message-recipient')
const recipientDigests = createRecipientDigests(['a secret of this test'])

async function send(database: TestDatabase, sms: MessageSender['sms'], id: string, pool = database.appPool) {
  const accounts = {
    accountOf: async () => null,
    choices: async () => defaultMessageChoices,
    currentEmail: async () => '',
  }
  const sender = { ...sampleSettings, mailer: null, sms, digestOf, recipientDigests, ...accounts }
  await sendDueMessages({ pool, sender, log: createLogger('silent') })
  const { rows } = await database.ownerPool.query(sql`
    select state, result, reason, failure, masked_address as masked, content, due_at > now() as "isLater"
     from holdfast.message where id = ${id}`)
  return rows[0]
}

test('an SMS is sent once, to the number in its international form; the list has it masked', async ({ database }) => {
  const { received, sms } = await aProvider(200)
  const id = await aDueSms(database)
  const row = await send(database, sms, id)
  expect(row).toMatchObject({ state: 'sent', result: 'HTTP 200 (SMS parts: 2)', masked: '+44…56', content: null })
  await send(database, sms, id)
  expect(received).toEqual([{ to: '+447400123456', text: expect.stringMatching(/https:\S+ticket#\S+$/) }])
})

test.for([
  [429, 'due', null, 'HTTP 429'],
  [500, 'failed', 'unknown', 'HTTP 500'],
  [400, 'failed', 'refused', 'HTTP 400'],
  [null, 'failed', 'unknown', 'The SMS provider did not respond; it may have been sent.'],
] as const)('the response %s leaves the message %s', async ([status, state, failure, result], { database }) => {
  const { received, sms } = await aProvider(status)
  const id = await aDueSms(database)
  const row = await send(database, sms, id)
  expect(row).toMatchObject({ state, failure, result, isLater: state === 'due' })
  expect(received).toHaveLength(1)
  // Only where nothing was sent there is another attempt.
  await database.ownerPool.query('update holdfast.message set due_at = now() where id = $1', [id])
  await send(database, sms, id)
  expect(received).toHaveLength(state === 'due' ? 2 : 1)
})

test('after a process that ended while it was sending, an SMS is not sent again', async ({ database }) => {
  const { received, sms } = await aProvider(200)
  const lost = { attempts: '1', attempt_until: `now() - interval '1 minute'` }
  const row = await send(database, sms, await aDueSms(database, { columns: lost }))
  expect(row).toMatchObject({ state: 'failed', failure: 'unknown', result: null, reason: null })
  expect(received).toEqual([])
})

test('an SMS is sent if the database noted its beginning, and the connection was lost then', async ({ database }) => {
  const { received, sms } = await aProvider(200)
  const id = await aDueSms(database)
  let lost = 0
  const pool = new Proxy(database.appPool, {
    get(target, name) {
      if (name !== 'query') return Reflect.get(target, name)
      return async (query: Sql) => {
        const result = await target.query(query)
        if (lost > 0 || !query.text.includes('set before_sending = false')) return result
        lost += 1
        expect(result.rowCount).toBe(1)
        throw new Error('Connection terminated unexpectedly')
      }
    },
  })
  expect(await send(database, sms, id, pool)).toMatchObject({ state: 'sent' })
  expect(received).toHaveLength(1)
  expect(lost).toBe(1)
})

test('a number that is none gets no SMS, and the list says why', async ({ database }) => {
  const { received, sms } = await aProvider(200)
  const row = await send(database, sms, await aDueSms(database, { phone: 'ask my son' }))
  expect(row).toMatchObject({ state: 'failed', failure: 'number_unusable', reason: 'number_invalid', masked: null })
  expect(received).toEqual([])
})

test('a clinic sends so many SMS in a day that patients cause, to whatever numbers', async ({ database }) => {
  const { received, sms } = await aProvider(200)
  const first = await aDueSms(database)
  await send(database, sms, first)
  const clinicOf = '(select clinic_no from holdfast.message where id = $1)'
  const fill = `update holdfast.message_budget set sent = 2000 where clinic_no = ${clinicOf} and recipient = $2`
  await database.ownerPool.query(fill, [first, digestOf('all sms')])
  const next = `insert into holdfast.message (clinic_no, id, booking_id, version, slot_id, kind, channel, due_at)
                select clinic_no, $2, booking_id, 3, slot_id, kind, channel, now() from holdfast.message where id = $1
                returning id`
  const { rows } = await database.ownerPool.query<{ id: string }>(next, [first, newId(clinicNoOf(first))])
  const row = await send(database, sms, rows[0]?.id ?? '')
  expect(row).toMatchObject({ state: 'skipped', reason: 'sms_limit' })
  expect(received).toHaveLength(1)
})

test('an SMS about an offer waits for the end of quiet hours, unless the offer ends first', async ({ database }) => {
  const { received, sms } = await aProvider(200)
  const offerUntil = async (hours: number) => {
    const hold: Hold = { status: 'PENDING', holdExpiresAt: new Date(Date.now() + hours * 3_600_000) }
    const id = await aDueSms(database, { kind: 'offered', hold })
    await database.ownerPool.query(sql`update holdfast.message_settings s
          set quiet_from = l.at::time(0) - interval '4 hours', quiet_until = l.at::time(0) + interval '4 hours'
         from holdfast.clinic c, lateral (select date_trunc('minute', now()) at time zone c.timezone as at) l
        where s.clinic_no = ${clinicNoOf(id)} and c.no = s.clinic_no`)
    return await send(database, sms, id)
  }
  expect(await offerUntil(12)).toMatchObject({ state: 'due', reason: 'quiet_hours', isLater: true })
  expect(received).toEqual([])
  expect(await offerUntil(1)).toMatchObject({ state: 'sent', reason: null })
  expect(received).toHaveLength(1)
})

test('what the clinic does not send by SMS any more is skipped', async ({ database }) => {
  const { received, sms } = await aProvider(200)
  const row = await send(database, sms, await aDueSms(database, { kind: 'cancelled' }))
  expect(row).toMatchObject({ state: 'skipped', reason: 'sms_off' })
  expect(received).toEqual([])
})

test('without a provider the SMS is kept, without the secret of its link', async ({ database }) => {
  const row = await send(database, null, await aDueSms(database))
  expect(row).toMatchObject({ state: 'kept', result: null, masked: '+44…56' })
  expect(row.content.text).toMatch(/\/ticket$/)
})
