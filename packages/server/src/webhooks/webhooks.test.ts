// Rest: each response of a receiver
import { randomUUID } from 'node:crypto'
import { aClinic, aDoctor, aMember, aSlot, mailServer, until, webhookReceiver } from '@holdfast/testkit'
import { Webhook } from 'standardwebhooks'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { call, type RunningServer, runningServer, signUp } from '../../test/running-server.ts'

// The horizon belongs to the whole server: an open transaction of another test file delays the relay.
const arrivesWithinMs = 90_000
let server: RunningServer
let mails: Awaited<ReturnType<typeof mailServer>>

beforeAll(async () => {
  mails = await mailServer()
  server = await runningServer({ HOLDFAST_WORKER: 'on', HOLDFAST_WEBHOOK_PRIVATE: 'on', SMTP_URL: mails.url })
  await until(
    async () => {
      const { rows } = await server.database.ownerPool.query(`select from holdfast.log_receiver where name = 'webhooks'
          and holder is not null`)
      return rows.length > 0
    },
    'the relay to start',
    arrivesWithinMs,
  )
})
afterAll(async () => {
  await server.end()
  await mails.end()
})

async function aDesk() {
  const clinic = await aClinic(server.database)
  const slot = await aSlot(server.database, await aDoctor(server.database, clinic), { capacity: 50 })
  const admin = await signUp(server.url, `${randomUUID()}@example.org`)
  await aMember(server.database, clinic, { role: 'admin', accountId: admin.id })
  const url = `${server.url}/api/v1/clinics/${clinic.id}/webhooks`
  const add = async (to: string) => {
    const body = { url: to, events: ['booking.created', 'booking.confirmed', 'booking.cancelled'] }
    const created = await call(url, { method: 'POST', body, bearer: admin.token })
    expect(created.status).toBe(201)
    return created.body as { id: string; secret: string }
  }
  const book = async () => {
    const body = { slotId: slot.id, patient: { name: 'Ada Secret', email: 'ada@example.net' } }
    const held = await call(`${server.url}/api/v1/bookings`, { method: 'POST', body })
    expect(held.status).toBe(201)
    const { id, manageToken } = held.body as { id: string; manageToken: string }
    await settle(id, manageToken, 'confirm')
    return { id, token: manageToken }
  }
  const find = async (id: string) => (await call(`${url}/${id}`, { bearer: admin.token })).body
  return { clinic, admin, add, book, find }
}

async function settle(id: string, bearer: string, what: 'confirm' | 'cancel') {
  const url = `${server.url}/api/v1/bookings/${id}/${what}`
  expect((await call(url, { method: 'POST', body: {}, bearer })).status).toBe(200)
}

const received = (receiver: Awaited<ReturnType<typeof webhookReceiver>>, count: number) =>
  until(
    async () => (receiver.received.length >= count ? receiver.received : undefined),
    () => `${count} deliveries, not ${receiver.received.map(({ body }) => body).join()}`,
    arrivesWithinMs,
  )

test('the events of a booking arrive in their order, signed, without the patient', async () => {
  const receiver = await webhookReceiver()
  const { add, book, clinic } = await aDesk()
  const { secret } = await add(receiver.url)
  const { id, token } = await book()
  await settle(id, token, 'cancel')
  const deliveries = await received(receiver, 3)
  const bodies = deliveries.map(({ headers, body }) => {
    expect(body).not.toMatch(/Ada|example\.net/)
    return new Webhook(secret).verify(body, headers as Record<string, string>) as {
      type: string
      data: { bookingId: string; version: number; clinicId: string }
    }
  })
  expect(bodies.map(({ type, data }) => [type, data.version])).toEqual([
    ['booking.created', 1],
    ['booking.confirmed', 2],
    ['booking.cancelled', 3],
  ])
  expect(bodies[0]?.data).toMatchObject({ bookingId: id, clinicId: clinic.id })
  expect(new Set(deliveries.map(({ headers }) => headers['webhook-id'])).size).toBe(3)
  await receiver.end()
})

test('what fails is repeated by the job with the same id, and delays no other webhook', async () => {
  const [broken, healthy] = [await webhookReceiver(), await webhookReceiver()]
  broken.respondWith(503)
  const { add, book, find } = await aDesk()
  const { id } = await add(broken.url)
  await add(healthy.url)
  await book()
  await received(healthy, 2)
  await received(broken, 1)
  await until(
    async () => ((await find(id)).failingSince === null ? undefined : true),
    'the failure to be recorded',
    arrivesWithinMs,
  )
  broken.respondWith(200)
  const { ownerPool, appPool } = server.database
  await until(
    async () => {
      // Again and again, because an attempt that was under way may fail after this.
      await ownerPool.query('update holdfast.webhook_delivery set due_at = now() where webhook_id = $1', [id])
      await ownerPool.query('update holdfast.webhook set blocked_until = null where id = $1', [id])
      await appPool.query(`select graphile_worker.add_job('webhooks', job_key => 'webhooks')`)
      const webhook = await find(id)
      return webhook.due === 0 && webhook.failingSince === null
    },
    'everything to be delivered',
    arrivesWithinMs,
  )
  const ids = broken.received.map(({ headers }) => headers['webhook-id'])
  expect(new Set(ids).size).toBe(2)
  expect(ids.length).toBeGreaterThan(2)
  expect(ids[1]).toBe(ids[0])
  expect(ids.at(-1)).not.toBe(ids[0])
  await broken.end()
  await healthy.end()
})

test('a server that does not respond delays only its own events', async () => {
  const [silent, healthy] = [await webhookReceiver(), await webhookReceiver()]
  silent.respondWith(null)
  const [one, other] = [await aDesk(), await aDesk()]
  const { id } = await one.add(silent.url)
  await other.add(healthy.url)
  await one.book()
  await received(silent, 1)
  await other.book()
  await received(healthy, 2)
  // The second event of the booking waits for the first, whose attempt fails by its timeout.
  await until(
    async () => ((await one.find(id)).failingSince === null ? undefined : true),
    'the attempt to fail',
    arrivesWithinMs,
  )
  expect(new Set(silent.received.map(({ headers }) => headers['webhook-id'])).size).toBe(1)
  await silent.end()
  await healthy.end()
})

test('a server that is gone pauses its webhook, and the administrators get an e-mail', async () => {
  const receiver = await webhookReceiver()
  receiver.respondWith(410)
  const { add, book, find, admin, clinic } = await aDesk()
  const { id } = await add(receiver.url)
  await book()
  await until(async () => (await find(id)).pauseReason === 'gone', 'the webhook to be paused', arrivesWithinMs)
  const { rows } = await server.database.ownerPool.query('select email from auth."user" where id = $1', [admin.id])
  const mail = await until(
    async () =>
      mails.mails.find(
        ({ recipients, text }) => recipients.includes(rows[0].email) && !text?.includes('/confirm-email#'),
      ),
    'the e-mail',
    arrivesWithinMs,
  )
  expect(mail.subject).toContain('webhook')
  expect(mail.text).toContain(`/clinic/${clinic.id}/webhooks`)
  await receiver.end()
})
