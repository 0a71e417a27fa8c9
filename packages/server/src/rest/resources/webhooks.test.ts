import { newId } from '@holdfast/engine'
import { aBooking, aClinic, aDoctor, aSlot, type TestDatabase, webhookReceiver } from '@holdfast/testkit'
import sql from 'sql-template-tag'
import { Webhook } from 'standardwebhooks'
import { expect } from 'vitest'
import type { RestApp } from '../../../test/rest-app.ts'
import { test } from '../../../test/rest-test.ts'

async function aDesk(database: TestDatabase, rest: RestApp) {
  const clinic = await aClinic(database)
  const admin = await rest.aMember(clinic.no, 'admin')
  const path = { clinicId: clinic.id }
  const create = (body: object) => rest.call('createWebhook', { path, as: admin, body })
  return { clinic, admin, path, create }
}

const hook = { url: 'https://hooks.example.org/holdfast', events: ['booking.confirmed', 'booking.cancelled'] }

test('an administrator adds, reads, changes, pauses, resumes and removes a webhook', async ({ database, rest }) => {
  const { admin, path, create } = await aDesk(database, rest)
  const created = await create(hook)
  expect(created).toMatchObject({ status: 201, body: { ...hook, pausedAt: null, failingSince: null, due: 0 } })
  const { secret, ...webhook } = created.body as { secret: string; id: string }
  expect(secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/)
  expect((await rest.call('listWebhooks', { path, as: admin })).body).toEqual({ items: [webhook] })
  const one = { path: { ...path, webhookId: webhook.id }, as: admin }
  expect((await rest.call('getWebhook', one)).body).toEqual(webhook)
  const changed = await rest.call('updateWebhook', { ...one, body: { events: ['booking.moved'], paused: true } })
  expect(changed.body).toMatchObject({ url: hook.url, events: ['booking.moved'], pauseReason: 'admin' })
  const resumed = await rest.call('updateWebhook', { ...one, body: { paused: false } })
  expect(resumed.body).toMatchObject({ pausedAt: null, pauseReason: null })
  expect((await rest.call('deleteWebhook', one)).status).toBe(204)
  expect((await rest.call('deleteWebhook', one)).problem.code).toBe('webhook_not_found')
  expect(rest.audited.filter(({ kind, subjectId }) => kind === 'clinic_changed' && subjectId === webhook.id)).toEqual([
    expect.objectContaining({ details: ['webhook added'] }),
    expect.objectContaining({ details: ['webhook changed'] }),
    expect.objectContaining({ details: ['webhook changed'] }),
    expect.objectContaining({ details: ['webhook removed'] }),
  ])
})

test('a repetition of the request that adds one changes nothing, and gets the secret', async ({ database, rest }) => {
  const { path, admin } = await aDesk(database, rest)
  const create = (key: string, body: object = hook) => rest.call('createWebhook', { path, as: admin, body, key })
  const [first, ...others] = await Promise.all(Array.from({ length: 5 }, () => create('the key')))
  if (first === undefined) throw new Error('There is no response.')
  for (const again of others) expect(again).toMatchObject({ status: 201, body: first.body })
  expect(first.body).toMatchObject({ previousSecretUntil: null, secret: expect.stringMatching(/^whsec_/) })
  const added = rest.audited.filter(({ subjectId }) => subjectId === first.body.id)
  expect(added).toMatchObject([{ details: ['webhook added'] }])
  const one = { path: { ...path, webhookId: first.body.id }, as: admin }
  const rotated = (await rest.call('rotateWebhookSecret', one)).body.secret
  expect((await create('the key')).body.secret).toBe(rotated)
  // It looks as if it had been sealed by a secret that the server has no more.
  await database.ownerPool.query(`update holdfast.webhook set secret = 'sealed' where id = $1`, [first.body.id])
  const resealed = (await create('the key')).body.secret
  expect([first.body.secret, rotated]).not.toContain(resealed)
  expect((await create('the key')).body.secret).toBe(resealed)
  expect((await create('another key')).body.id).not.toBe(first.body.id)
  expect((await rest.call('listWebhooks', { path, as: admin })).body.items).toHaveLength(2)
  expect((await create('the key', { ...hook, events: ['booking.moved'] })).problem.code).toBe('idempotency_key_reused')
  await rest.call('deleteWebhook', { path: { ...path, webhookId: first.body.id }, as: admin })
  expect((await create('the key')).problem.code).toBe('webhook_not_found')
})

test('only administrators of the clinic may, and those of another see nothing', async ({ database, rest }) => {
  const { clinic, path, create } = await aDesk(database, rest)
  const { id } = (await create(hook)).body
  const staff = await rest.aMember(clinic.no, 'staff')
  expect((await rest.call('listWebhooks', { path, as: staff })).problem.code).toBe('forbidden')
  const other = await aDesk(database, rest)
  expect((await rest.call('listWebhooks', { path: other.path, as: other.admin })).body).toEqual({ items: [] })
  const calls = ['getWebhook', 'deleteWebhook', 'listWebhookDeliveries', 'testWebhook', 'rotateWebhookSecret'] as const
  for (const operation of calls) {
    const elsewhere = { path: { ...other.path, webhookId: id }, as: other.admin }
    expect((await rest.call(operation, elsewhere)).problem.code).toBe('webhook_not_found')
  }
})

test('the secret is stored encrypted, and nowhere else', async ({ database, rest }) => {
  const { admin, path, create } = await aDesk(database, rest)
  const { id, secret } = (await create(hook)).body as { id: string; secret: string }
  const one = { path: { ...path, webhookId: id }, as: admin, key: 'the same key' }
  const rotated = (await rest.call('rotateWebhookSecret', one)).body as { secret: string }
  expect(rotated.secret).not.toBe(secret)
  expect((await rest.call('getWebhook', { ...one })).body).toMatchObject({
    previousSecretUntil: expect.stringMatching(/Z$/),
  })
  const { rows } = await database.ownerPool.query<{ row: string }>(`select to_jsonb(w)::text as row
      from holdfast.webhook w union all select to_jsonb(a)::text from holdfast.answer a`)
  expect(rows.length).toBeGreaterThan(0)
  for (const { row } of rows) for (const one of [secret, rotated.secret]) expect(row).not.toContain(one.slice(6, 40))
})

test('a URL, events or a position that cannot be used are named', async ({ database, rest }) => {
  const { admin, path, create } = await aDesk(database, rest)
  const pathOf = async (body: object) => (await create(body)).problem.errors?.[0]?.path
  expect(await pathOf({ ...hook, url: 'ftp://hooks.example.org' })).toMatch(/url$/)
  expect(await pathOf({ ...hook, url: 'https://user:secret@hooks.example.org/' })).toMatch(/url$/)
  expect(await pathOf({ ...hook, events: [] })).toMatch(/events$/)
  expect(await pathOf({ ...hook, events: ['booking.unknown'] })).toMatch(/events/)
  const { id } = (await create(hook)).body
  const one = { path: { ...path, webhookId: id }, as: admin }
  const replay = await rest.call('replayWebhook', { ...one, body: { after: '1.2.3.4.5' } })
  expect(replay.problem).toMatchObject({ status: 400, code: 'invalid_request' })
  expect((await rest.call('replayWebhook', { ...one, body: { after: null } })).body).toMatchObject({
    isReplaying: true,
  })
})

test('a test event is sent at once, signed, also when paused, and its response listed', async ({ database, rest }) => {
  const receiver = await webhookReceiver()
  const { admin, path, create } = await aDesk(database, rest)
  const { id, secret } = (await create({ ...hook, url: receiver.url })).body as { id: string; secret: string }
  const one = { path: { ...path, webhookId: id }, as: admin }
  await rest.call('updateWebhook', { ...one, body: { paused: true } })
  const sent = await rest.call('testWebhook', one)
  expect(sent.body).toMatchObject({ event: 'webhook.test', state: 'delivered', status: 204, attempts: 1 })
  const [{ headers, body }] = receiver.received as [{ headers: Record<string, string>; body: string }]
  expect(new Webhook(secret).verify(body, headers)).toMatchObject({
    type: 'webhook.test',
    timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
    data: { clinicId: path.clinicId, webhookId: id },
  })
  receiver.respondWith(500)
  const failed = await rest.call('testWebhook', one)
  expect(failed.body).toMatchObject({ state: 'failed', status: 500 })
  const listed = (await rest.call('listWebhookDeliveries', one)).body
  expect(listed.items).toEqual([failed.body, sent.body])
  const onlyFailed = await rest.call('listWebhookDeliveries', { ...one, query: { state: 'failed', limit: 1 } })
  expect(onlyFailed.body).toEqual({ items: [failed.body], nextCursor: null })
  await receiver.end()
})

test('deliveries are listed page by page, the newest first', async ({ database, rest }) => {
  const { clinic, admin, path, create } = await aDesk(database, rest)
  const { id } = (await create(hook)).body
  const slot = await aSlot(database, await aDoctor(database, clinic), { capacity: 5 })
  const { id: bookingId } = await aBooking(database, slot)
  const ids = Array.from({ length: 5 }, () => newId(clinic.no))
  for (const [index, deliveryId] of ids.entries()) {
    await database.ownerPool.query(sql`insert into holdfast.webhook_delivery
          (clinic_no, id, webhook_id, event, booking_id, version, payload, due_at)
        values (${clinic.no}, ${deliveryId}, ${id}, 'booking.confirmed', ${bookingId}, ${index + 1}, '{}', now())`)
  }
  const one = { path: { ...path, webhookId: id }, as: admin }
  const first = (await rest.call('listWebhookDeliveries', { ...one, query: { limit: 3 } })).body
  const cursor = first.nextCursor ?? ''
  const second = (await rest.call('listWebhookDeliveries', { ...one, query: { limit: 3, cursor } })).body
  expect([...first.items, ...second.items].map((delivery) => delivery.id)).toEqual(ids.toReversed())
  expect(second.nextCursor).toBeNull()
})
