import { aBooking, aClinic, aDoctor, aSlot, type BuiltSlot, ofKind, type TestDatabase, until } from '@holdfast/testkit'
import { freshDatabaseTest as test } from '@holdfast/testkit/database-test'
import { expect, vi } from 'vitest'
import { inTransaction } from '../database/pools.ts'
import { InvalidCursor } from '../lists/cursor.ts'
import { type DeliveryOutcome, type PublishedEvent, publishedEvents } from '../model/webhook.ts'
import { eventReads } from '../reads/events-of-clinic.ts'
import { type LoggedEvent, loggedEvents } from '../tail/logged-events.ts'
import { createWebhooks } from './create-webhooks.ts'
import { planDeliveries } from './plan-deliveries.ts'
import { recentEvents } from './published-events.ts'
import { planReplays } from './replay-webhooks.ts'
import { recordDelivery, takeDueDeliveries } from './send-deliveries.ts'

const allEvents = Object.values(publishedEvents)
const anHour = { limit: 20, seconds: 3_600 }
const delivered: DeliveryOutcome = {
  kind: 'delivered',
  status: 204,
  reason: null,
  result: 'OK',
  durationMs: 3,
  againInSeconds: 0,
}
const failed: DeliveryOutcome = { ...delivered, kind: 'again', status: 500, againInSeconds: 0 }

async function aScene(database: TestDatabase): Promise<{ slot: BuiltSlot; clinicNo: number }> {
  const slot = await aSlot(database, await aDoctor(database, await aClinic(database)), { capacity: 500 })
  return { slot, clinicNo: slot.clinicNo }
}

async function aWebhook(database: TestDatabase, clinicNo: number, events: readonly PublishedEvent[] = allEvents) {
  const sent = { clinicNo, url: 'https://hooks.example.org/', events, sealedSecret: 'sealed' }
  return ofKind(await createWebhooks(database.appPool).create(sent, null), 'done').webhook.id
}

/** Books as often, and plans what the relay would plan. */
async function bookAndPlan(database: TestDatabase, slot: BuiltSlot, count = 1) {
  const ids: string[] = []
  for (let index = 0; index < count; index += 1) ids.push((await aBooking(database, slot)).id)
  const lines = ids.flatMap((bookingId) => [1, 2].map((version) => ({ bookingId, version })))
  const events = await loggedEvents(database.appPool, lines)
  return { ids, events, planned: await plan(database, events) }
}

const plan = (database: TestDatabase, events: readonly LoggedEvent[]) =>
  inTransaction(database.appPool, (transaction) => planDeliveries(transaction, events))

const list = async (database: TestDatabase, clinicNo: number, webhookId: string) =>
  (await createWebhooks(database.appPool).deliveries({ clinicNo, webhookId, state: null, limit: 1000, cursor: null }))
    .items

test('an event is planned once for each webhook that wants it, without patient data', async ({ database }) => {
  const { slot, clinicNo } = await aScene(database)
  const all = await aWebhook(database, clinicNo)
  const some = await aWebhook(database, clinicNo, ['booking.confirmed'])
  const elsewhere = await aWebhook(database, (await aScene(database)).clinicNo)
  const { ids, events, planned } = await bookAndPlan(database, slot)
  expect(planned).toBe(3)
  expect(await plan(database, events)).toBe(0)
  expect((await list(database, clinicNo, all)).map(({ event }) => event)).toEqual([
    'booking.confirmed',
    'booking.created',
  ])
  expect(await list(database, clinicNo, some)).toMatchObject([
    { event: 'booking.confirmed', bookingId: ids[0], version: 2, state: 'due', attempts: 0, status: null },
  ])
  expect(await list(database, clinicNo, elsewhere)).toEqual([])
  const [first] = await takeDueDeliveries(database.appPool, anHour)
  expect(JSON.parse(first?.payload ?? '')).toMatchObject({
    type: expect.stringMatching(/^booking\.(created|confirmed)$/),
    timestamp: expect.stringMatching(/Z$/),
    data: {
      bookingId: ids[0],
      kind: 'appointment',
      doctorId: slot.doctorId,
      slotId: slot.id,
      startsAt: expect.stringMatching(/Z$/),
    },
  })
  const { rows } = await database.ownerPool.query('select patient->>$1 as name from holdfast.booking', ['name'])
  expect(rows[0].name).toBeTruthy()
  expect(first?.payload).not.toContain(rows[0].name)
})

test('what is older than a week by the database’s clock is not planned', async ({ database }) => {
  const { slot, clinicNo } = await aScene(database)
  await aWebhook(database, clinicNo)
  const { events } = await bookAndPlan(database, slot)
  await database.ownerPool.query('delete from holdfast.webhook_delivery')
  const old = events.map((event) => ({ ...event, at: new Date(event.at.getTime() - 8 * 86_400_000) }))
  expect(await plan(database, old)).toBe(0)
  expect(await plan(database, events)).toBe(2)
  // Nothing else runs with this clock: the ids of a process never go back behind it.
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 14 * 86_400_000 })
  const recent = await recentEvents(database.appPool, events).finally(() => vi.useRealTimers())
  expect(recent).toEqual(events)
})

test('the deliveries about a booking are sent one by one, four of a webhook at a time', async ({ database }) => {
  const { slot, clinicNo } = await aScene(database)
  const id = await aWebhook(database, clinicNo)
  const { ids } = await bookAndPlan(database, slot, 10)
  const first = await takeDueDeliveries(database.appPool, anHour)
  expect(first.map(({ version }) => version)).toEqual([1, 1, 1, 1])
  expect(first[0]).toMatchObject({ webhookId: id, attempts: 1, secret: 'sealed', previousSecret: null })
  expect(await takeDueDeliveries(database.appPool, anHour)).toEqual([])
  // The order of all attempts, with a failure of each first one.
  const order = new Map<string, number[]>(ids.map((one) => [one, []]))
  let waiting = first
  for (let round = 0; waiting.length > 0 && round < 100; round += 1) {
    for (const delivery of waiting) {
      order.get(delivery.bookingId ?? '')?.push(delivery.version ?? 0)
      await recordDelivery(database.appPool, delivery, delivery.attempts === 1 ? failed : delivered)
    }
    await database.ownerPool.query('update holdfast.webhook set blocked_until = null')
    waiting = await takeDueDeliveries(database.appPool, anHour)
  }
  expect([...order.values()]).toEqual(ids.map(() => [1, 1, 2, 2]))
})

test('a result with characters that PostgreSQL refuses is recorded', async ({ database }) => {
  const { slot, clinicNo } = await aScene(database)
  const id = await aWebhook(database, clinicNo)
  await bookAndPlan(database, slot)
  const [delivery] = await takeDueDeliveries(database.appPool, anHour)
  if (delivery === undefined) throw new Error('nothing is due')
  await recordDelivery(database.appPool, delivery, { ...failed, result: 'certificate of \u0000 \ud83d' })
  const results = (await list(database, clinicNo, id)).map(({ result }) => result)
  expect(results).toContain('certificate of \ufffd \ufffd')
})

test('the webhooks of a clinic together send five at once, and leave places to other clinics', async ({ database }) => {
  const { slot, clinicNo } = await aScene(database)
  for (let hooks = 0; hooks < 5; hooks += 1) await aWebhook(database, clinicNo)
  await bookAndPlan(database, slot, 8)
  // Their servers do not respond: nothing of this is recorded yet.
  const slow = await takeDueDeliveries(database.appPool, anHour)
  expect(slow).toHaveLength(5)
  expect(await takeDueDeliveries(database.appPool, anHour)).toEqual([])
  const other = await aScene(database)
  await aWebhook(database, other.clinicNo)
  await bookAndPlan(database, other.slot, 3)
  const taken = await takeDueDeliveries(database.appPool, { ...anHour, limit: anHour.limit - slow.length })
  expect(taken.map((delivery) => delivery.clinicNo)).toEqual([other.clinicNo, other.clinicNo, other.clinicNo])
  // One of them responds, and makes room for one.
  const [first] = slow
  if (first !== undefined) await recordDelivery(database.appPool, first, delivered)
  expect(await takeDueDeliveries(database.appPool, anHour)).toHaveLength(1)
})

test('two processes do not take the same delivery, and one that ended is continued', async ({ database }) => {
  const { slot, clinicNo } = await aScene(database)
  await aWebhook(database, clinicNo)
  await bookAndPlan(database, slot, 4)
  const both = await Promise.all([
    takeDueDeliveries(database.appPool, { limit: 2, seconds: 3_600 }),
    takeDueDeliveries(database.appPool, { limit: 2, seconds: 3_600 }),
  ])
  const taken = both.flat().map(({ id }) => id)
  expect(new Set(taken).size).toBe(taken.length)
  await database.ownerPool.query(`update holdfast.webhook_delivery set attempt_until = now() - interval '1 s'
                                   where attempt_until is not null`)
  const again = await takeDueDeliveries(database.appPool, anHour)
  expect(again.filter(({ attempts }) => attempts === 2).length).toBe(taken.length)
})

test('a webhook rests after a failure, and the others do not wait for it', async ({ database }) => {
  const { slot, clinicNo } = await aScene(database)
  const broken = await aWebhook(database, clinicNo)
  await bookAndPlan(database, slot, 2)
  const [delivery] = await takeDueDeliveries(database.appPool, { limit: 1, seconds: 3_600 })
  if (delivery === undefined) throw new Error('Nothing was due.')
  await recordDelivery(database.appPool, delivery, failed)
  await database.ownerPool.query(`update holdfast.webhook set blocked_until = now() + interval '1 h'`)
  const healthy = await aWebhook(database, clinicNo)
  await bookAndPlan(database, slot, 1)
  const taken = await takeDueDeliveries(database.appPool, anHour)
  expect(taken.map(({ webhookId }) => webhookId)).toEqual([healthy])
  expect(await createWebhooks(database.appPool).find(clinicNo, broken)).toMatchObject({
    failingSince: expect.any(Date),
    due: 6,
  })
  await database.ownerPool.query('update holdfast.webhook set blocked_until = null')
  const [next] = await takeDueDeliveries(database.appPool, anHour)
  if (next === undefined) throw new Error('Nothing was due.')
  await recordDelivery(database.appPool, { ...next, webhookId: broken }, delivered)
  expect(await createWebhooks(database.appPool).find(clinicNo, broken)).toMatchObject({ failingSince: null })
})

test('three failing days pause a webhook once, 410 at once; resuming sends what waits', async ({ database }) => {
  const { slot, clinicNo } = await aScene(database)
  const webhooks = createWebhooks(database.appPool)
  const id = await aWebhook(database, clinicNo)
  const takeOne = async () => {
    await database.ownerPool.query('update holdfast.webhook set blocked_until = null')
    await database.ownerPool.query('update holdfast.webhook_delivery set attempt_until = null')
    const [delivery] = await takeDueDeliveries(database.appPool, { limit: 1, seconds: 3_600 })
    if (delivery === undefined) throw new Error('Nothing was due.')
    return delivery
  }
  await bookAndPlan(database, slot, 2)
  expect(await recordDelivery(database.appPool, await takeOne(), failed)).toBeNull()
  await database.ownerPool.query(`update holdfast.webhook set failing_since = now() - interval '71 h'`)
  expect(await recordDelivery(database.appPool, await takeOne(), failed)).toBeNull()
  await database.ownerPool.query(`update holdfast.webhook set failing_since = now() - interval '73 h'`)
  const last = await takeOne()
  const broken = () => Promise.reject(new Error('The notice could not be stored.'))
  await expect(recordDelivery(database.appPool, last, failed, broken)).rejects.toThrow('could not be stored')
  expect(await webhooks.find(clinicNo, id)).toMatchObject({ pauseReason: null, pausedAt: null })
  expect(await recordDelivery(database.appPool, last, failed)).toBe('failing')
  expect(await recordDelivery(database.appPool, last, failed)).toBeNull()
  expect(await webhooks.find(clinicNo, id)).toMatchObject({ pauseReason: 'failing', pausedAt: expect.any(Date) })
  expect(await takeDueDeliveries(database.appPool, anHour)).toEqual([])
  // Nothing is planned meanwhile.
  expect((await bookAndPlan(database, slot)).planned).toBe(0)
  expect(await webhooks.change(clinicNo, id, { paused: false })).toMatchObject({
    kind: 'done',
    webhook: { pausedAt: null, failingSince: null, due: 4 },
  })
  expect(await recordDelivery(database.appPool, await takeOne(), { ...failed, status: 410 })).toBe('gone')
})

test('an attempt under way while a webhook pauses and resumes is recorded, not repeated', async ({ database }) => {
  const { slot, clinicNo } = await aScene(database)
  const webhooks = createWebhooks(database.appPool)
  const id = await aWebhook(database, clinicNo)
  await bookAndPlan(database, slot)
  const [underway] = await takeDueDeliveries(database.appPool, anHour)
  if (underway === undefined) throw new Error('Nothing was due.')
  await webhooks.change(clinicNo, id, { paused: true })
  await webhooks.change(clinicNo, id, { paused: false })
  await recordDelivery(database.appPool, underway, delivered)
  expect(await webhooks.findDelivery(clinicNo, underway.id)).toMatchObject({ state: 'delivered', attempts: 1 })
})

test('another URL begins anew: it gets what is due, and failures at the former do not count', async ({ database }) => {
  const { slot, clinicNo } = await aScene(database)
  const webhooks = createWebhooks(database.appPool)
  const id = await aWebhook(database, clinicNo)
  await bookAndPlan(database, slot, 2)
  const [first, second] = await takeDueDeliveries(database.appPool, anHour)
  if (first === undefined || second === undefined) throw new Error('Nothing was due.')
  await recordDelivery(database.appPool, first, { ...failed, againInSeconds: 86_400 })
  await database.ownerPool.query(`update holdfast.webhook set failing_since = now() - interval '4 days'`)
  // The same URL changes nothing.
  await webhooks.change(clinicNo, id, { url: 'https://hooks.example.org/' })
  expect(await webhooks.find(clinicNo, id)).toMatchObject({ failingSince: expect.any(Date) })
  await webhooks.change(clinicNo, id, { url: 'https://moved.example.org/' })
  expect(await webhooks.find(clinicNo, id)).toMatchObject({ failingSince: null, pausedAt: null })
  // The other attempt ends at the former URL, whose server is gone.
  expect(await recordDelivery(database.appPool, second, { ...failed, kind: 'failed', status: 410 })).toBeNull()
  expect(await webhooks.find(clinicNo, id)).toMatchObject({ failingSince: null, pausedAt: null })
  const next = await takeDueDeliveries(database.appPool, anHour)
  expect(next.map((delivery) => [delivery.url, delivery.attempts])).toContainEqual(['https://moved.example.org/', 1])
  expect(next.map((delivery) => delivery.id)).toContain(first.id)
})

test('a replay sends the events after a position again, and each of them once', async ({ database }) => {
  const { slot, clinicNo } = await aScene(database)
  const webhooks = createWebhooks(database.appPool)
  const missed = await aBooking(database, slot)
  const id = await aWebhook(database, clinicNo)
  const { ids } = await bookAndPlan(database, slot, 3)
  await database.ownerPool.query(`update holdfast.webhook_delivery set state = 'delivered', done_at = now()`)
  const events = await until(
    async () => {
      const { items } = await eventReads(database.appPool).eventsOfClinic({ clinicNo, after: null, limit: 100 })
      return items.length === 8 ? items : undefined
    },
    'the log to have all events',
    60_000,
  )
  await webhooks.replay(clinicNo, id, events[3]?.position ?? null)
  expect(await webhooks.find(clinicNo, id)).toMatchObject({ isReplaying: true })
  expect(await planReplays(database.appPool)).toBe(4)
  const due = (await list(database, clinicNo, id)).filter(({ state }) => state === 'due')
  expect(new Set(due.map(({ bookingId }) => bookingId))).toEqual(new Set(ids.slice(1)))
  // A replay from the beginning includes what came before the webhook.
  await webhooks.replay(clinicNo, id, null)
  expect(await planReplays(database.appPool)).toBe(4)
  expect((await list(database, clinicNo, id)).filter(({ state }) => state === 'due')).toHaveLength(8)
  expect((await list(database, clinicNo, id)).map(({ bookingId }) => bookingId)).toContain(missed.id)
  expect(await webhooks.find(clinicNo, id)).toMatchObject({ isReplaying: false })
  expect(await planReplays(database.appPool)).toBe(0)
  await expect(webhooks.replay(clinicNo, id, 'x')).rejects.toThrow(InvalidCursor)
})

test('a replay ends where it was asked for: what happens later is sent once, by the relay', async ({ database }) => {
  const { slot, clinicNo } = await aScene(database)
  const webhooks = createWebhooks(database.appPool)
  const before = await aBooking(database, slot)
  const id = await aWebhook(database, clinicNo)
  await webhooks.replay(clinicNo, id, null)
  // The events' own times count; the log has them before the replay is planned.
  const later = await aBooking(database, slot, { createdAt: new Date(Date.now() + 60_000) })
  await until(
    async () => {
      const { items } = await eventReads(database.appPool).eventsOfClinic({ clinicNo, after: null, limit: 100 })
      return items.length === 4 ? items : undefined
    },
    'the log to have all events',
    60_000,
  )
  expect(await planReplays(database.appPool)).toBe(2)
  expect(new Set((await list(database, clinicNo, id)).map(({ bookingId }) => bookingId))).toEqual(new Set([before.id]))
  const lines = [1, 2].map((version) => ({ bookingId: later.id, version }))
  expect(await plan(database, await loggedEvents(database.appPool, lines))).toBe(2)
  expect(await planReplays(database.appPool)).toBe(0)
})

test('the secret before the last rotation signs for a while', async ({ database }) => {
  const { slot, clinicNo } = await aScene(database)
  const webhooks = createWebhooks(database.appPool)
  const id = await aWebhook(database, clinicNo)
  const rotated = await webhooks.rotateSecret(clinicNo, id, { sealedSecret: 'newer', hours: 24 })
  expect(rotated).toMatchObject({ kind: 'done', webhook: { previousSecretUntil: expect.any(Date) } })
  await bookAndPlan(database, slot)
  const test = await webhooks.planTest(clinicNo, id)
  expect(test).toMatchObject({ secret: 'newer', previousSecret: 'sealed' })
  await database.ownerPool.query(`update holdfast.webhook set previous_secret_until = now() - interval '1 s'`)
  const [delivery] = await takeDueDeliveries(database.appPool, anHour)
  expect(delivery).toMatchObject({ secret: 'newer', previousSecret: null })
})

test('a rotation that is repeated at once leaves the secret that the receiver has', async ({ database }) => {
  const { clinicNo } = await aScene(database)
  const webhooks = createWebhooks(database.appPool)
  const id = await aWebhook(database, clinicNo)
  const rotate = (sealedSecret: string) => webhooks.rotateSecret(clinicNo, id, { sealedSecret, hours: 24 })
  await rotate('lost')
  await rotate('again')
  expect(await webhooks.planTest(clinicNo, id)).toMatchObject({ secret: 'again', previousSecret: 'sealed' })
  // Later it is another rotation.
  await database.ownerPool.query(`update holdfast.webhook set rotated_at = rotated_at - interval '6 minutes'`)
  await rotate('newest')
  expect(await webhooks.planTest(clinicNo, id)).toMatchObject({ secret: 'newest', previousSecret: 'again' })
})

test('how long secrets overlap does not decide whether a rotation is repeated', async ({ database }) => {
  const { clinicNo } = await aScene(database)
  const webhooks = createWebhooks(database.appPool)
  const id = await aWebhook(database, clinicNo)
  const rotate = (sealedSecret: string, hours: number) => webhooks.rotateSecret(clinicNo, id, { sealedSecret, hours })
  await rotate('lost', 24)
  await rotate('again', 168)
  expect(await webhooks.planTest(clinicNo, id)).toMatchObject({ secret: 'again', previousSecret: 'sealed' })
  await database.ownerPool.query(`update holdfast.webhook set rotated_at = rotated_at - interval '6 minutes'`)
  await rotate('newest', 24)
  expect(await webhooks.planTest(clinicNo, id)).toMatchObject({ secret: 'newest', previousSecret: 'again' })
  // A secret that has ended does not sign again.
  await rotate('last', 0)
  await rotate('very last', 24)
  expect(await webhooks.planTest(clinicNo, id)).toMatchObject({ secret: 'very last', previousSecret: 'last' })
})

test('a clinic has at most 20 webhooks; one that is removed takes its deliveries with it', async ({ database }) => {
  const { slot, clinicNo } = await aScene(database)
  const webhooks = createWebhooks(database.appPool)
  const url = 'https://hooks.example.org/'
  const sent = { clinicNo, url, events: allEvents, sealedSecret: 'sealed' }
  const outcomes = await Promise.all(Array.from({ length: 22 }, () => webhooks.create(sent, null)))
  expect(outcomes.filter(({ kind }) => kind === 'done')).toHaveLength(20)
  expect(outcomes.filter(({ kind }) => kind === 'too_many_webhooks')).toHaveLength(2)
  expect((await bookAndPlan(database, slot)).planned).toBe(40)
  for (const { id } of await webhooks.list(clinicNo)) await webhooks.remove(clinicNo, id)
  const { rows } = await database.ownerPool.query('select from holdfast.webhook_delivery')
  expect(rows).toEqual([])
})
