import { createEgress } from '@holdfast/adapters/egress'
import type { DueDelivery } from '@holdfast/engine'
import { webhookReceiver } from '@holdfast/testkit'
import { Webhook } from 'standardwebhooks'
import { expect, test } from 'vitest'
import { createSealedTexts } from '../secrets/sealed-texts.ts'
import { attemptDelivery, eventIdOf, pausesSeconds } from './attempt-delivery.ts'
import { newWebhookSecret, signatureHeaders } from './webhook-secrets.ts'

const sealed = createSealedTexts(['s'.repeat(32)], 'webhook')
const sender = { egress: createEgress({ allowPrivate: true }), sealed }
const bookingId = '0199a3b2-7c00-8000-8004-1234567890ab'

async function aDelivery(url: string, options: Partial<DueDelivery> & { plain?: string } = {}): Promise<DueDelivery> {
  const { plain = newWebhookSecret(), ...overrides } = options
  const common = { clinicNo: 1, id: bookingId, webhookId: bookingId, bookingId, version: 3, attempts: 1 }
  return {
    ...common,
    url,
    payload: '{"type":"ü"}',
    secret: await sealed.seal(plain),
    previousSecret: null,
    ...overrides,
  }
}

test('a delivery is signed as Standard Webhooks says: the reference library accepts it, and nothing else', async () => {
  const receiver = await webhookReceiver()
  const plain = newWebhookSecret()
  expect(await attemptDelivery(sender, await aDelivery(receiver.url, { plain }))).toMatchObject({
    kind: 'delivered',
    status: 204,
  })
  const [{ headers, body }] = receiver.received as [{ headers: Record<string, string>; body: string }]
  expect(headers).toMatchObject({
    'content-type': 'application/json',
    'webhook-id': expect.stringMatching(new RegExp(`^evt_${bookingId.replaceAll('-', '')}_3_[0-9a-f]{16}$`)),
  })
  expect(new Webhook(plain).verify(body, headers)).toEqual({ type: 'ü' })
  // Controls: another secret, body, id or time.
  expect(() => new Webhook(newWebhookSecret()).verify(body, headers)).toThrow()
  expect(() => new Webhook(plain).verify(`${body} `, headers)).toThrow()
  expect(() => new Webhook(plain).verify(body, { ...headers, 'webhook-id': 'evt_1' })).toThrow()
  const earlier = String(Number(headers['webhook-timestamp']) - 1)
  expect(() => new Webhook(plain).verify(body, { ...headers, 'webhook-timestamp': earlier })).toThrow()
  await receiver.end()
})

test('a delivery that is replayed an hour later by somebody else is refused by the reference library', () => {
  const plain = newWebhookSecret()
  const at = new Date(Date.now() - 3_600_000)
  const headers = signatureHeaders({ id: 'evt_1', at, payload: '{}' }, [plain])
  expect(() => new Webhook(plain).verify('{}', headers)).toThrow('too old')
  const now = signatureHeaders({ id: 'evt_1', at: new Date(), payload: '{}' }, [plain])
  expect(new Webhook(plain).verify('{}', now)).toEqual({})
})

test('while a secret is rotated, a receiver with either secret accepts the delivery', async () => {
  const receiver = await webhookReceiver()
  const [plain, older] = [newWebhookSecret(), newWebhookSecret()]
  await attemptDelivery(sender, await aDelivery(receiver.url, { plain, previousSecret: await sealed.seal(older) }))
  const [{ headers, body }] = receiver.received as [{ headers: Record<string, string>; body: string }]
  for (const secret of [plain, older]) expect(new Webhook(secret).verify(body, headers)).toEqual({ type: 'ü' })
  expect(() => new Webhook(newWebhookSecret()).verify(body, headers)).toThrow()
  await receiver.end()
})

test.each([500, 404, 302])('a response %i is repeated, with pauses of three days in total', async (status) => {
  const receiver = await webhookReceiver()
  receiver.respondWith(status)
  const of = async (attempts: number, random: number) =>
    attemptDelivery(sender, await aDelivery(receiver.url, { attempts }), { random })
  for (const [index, pause] of pausesSeconds.entries()) {
    expect(await of(index + 1, 0)).toMatchObject({ kind: 'again', status, againInSeconds: pause })
    expect((await of(index + 1, 1)).againInSeconds).toBeCloseTo(pause * 1.2)
  }
  const reason = status === 302 ? 'redirect' : 'status'
  expect(await of(pausesSeconds.length + 1, 0)).toMatchObject({ kind: 'failed', status, reason })
  const threeDays = 3 * 86_400
  expect(pausesSeconds.reduce((sum, pause) => sum + pause, 0)).toBeGreaterThan(threeDays)
  // A redirect is not followed: nothing but the hook was requested.
  expect(receiver.received).toHaveLength(2 * pausesSeconds.length + 1)
  await receiver.end()
})

test('410 is final, and so is a test that fails', async () => {
  const receiver = await webhookReceiver()
  receiver.respondWith(410)
  const last = await attemptDelivery(sender, await aDelivery(receiver.url))
  expect(last).toMatchObject({ kind: 'failed', status: 410, reason: 'gone' })
  receiver.respondWith(500)
  const test = await aDelivery(receiver.url, { bookingId: null, version: null })
  expect(await attemptDelivery(sender, test)).toMatchObject({ kind: 'failed', status: 500 })
  await receiver.end()
})

test('a private address gets no request, and a secret that cannot be opened sends nothing', async () => {
  const receiver = await webhookReceiver()
  const guarded = { sealed, egress: createEgress({ allowPrivate: false }) }
  const outcome = await attemptDelivery(guarded, await aDelivery(receiver.url.replace('http:', 'https:')))
  expect(outcome).toMatchObject({ kind: 'again', status: null, reason: 'refused' })
  expect(outcome.result).toContain('public internet')
  const otherSecret = { ...sender, sealed: createSealedTexts(['t'.repeat(32)], 'webhook') }
  const unopened = await attemptDelivery(otherSecret, await aDelivery(receiver.url))
  expect(unopened).toMatchObject({ status: null, reason: 'secret_lost', result: expect.stringContaining('rotate') })
  expect(receiver.received).toEqual([])
  await receiver.end()
})

test('a server that does not respond is unreachable', async () => {
  const receiver = await webhookReceiver()
  await receiver.end()
  const outcome = await attemptDelivery(sender, await aDelivery(receiver.url))
  expect(outcome).toMatchObject({ kind: 'again', status: null, reason: 'unreachable' })
})

test('the id of an event is the same for each attempt, not for another event with its version, and has no dot', () => {
  const one = { id: bookingId, bookingId, version: 3, payload: '{"timestamp":"2026-11-23T09:00:00.000Z"}' }
  expect(eventIdOf(one)).toBe(eventIdOf({ ...one, id: '0199a3b2-7c00-8000-8004-1234567890ac' }))
  expect(eventIdOf(one)).not.toBe(eventIdOf({ ...one, version: 4 }))
  // This happens after the restore of an older copy.
  expect(eventIdOf(one)).not.toBe(eventIdOf({ ...one, payload: one.payload.replace('09:00:00.000', '09:00:00.001') }))
  expect(eventIdOf(one)).toMatch(/^[\w]+$/)
  expect(eventIdOf({ ...one, bookingId: null, version: null })).toMatch(/^test_\w+$/)
})
