import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createEventPublisher, withDeadLetters } from '@holdfast/adapters/rabbitmq'
import { inTransaction, publishedForm } from '@holdfast/engine'
import { startBroker } from '@holdfast/server/broker'
import { cloudEventOf } from '@holdfast/server/cloud-event'
import { createLogger } from '@holdfast/server/logger'
import { startRelay } from '@holdfast/server/relay'
import { type RunningServer, runningServer } from '@holdfast/server/test/running-server'
import {
  aBooking,
  aClinic,
  aDoctor,
  aSlot,
  type BuiltSlot,
  createTestDatabase,
  portToKeep,
  type TestDatabase,
  until,
} from '@holdfast/testkit'
import { type EventConsumer, eventConsumer, rejectingConsumer } from '@holdfast/testkit/event-consumer'
import { type RabbitServer, rabbitServer, whyNoRabbit } from '@holdfast/testkit/rabbit-server'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { bookingVersionOf } from '../messages/message-faults.ts'

// The horizon belongs to the whole server: an open transaction of another test file delays the relay.
const arrivesWithinMs = 300_000
/** The queues of a broker have one delay each for as long as they exist. */
const delaysMs = [50, 60, 70]
vi.setConfig({ testTimeout: 900_000, hookTimeout: 900_000 })

const reason = whyNoRabbit()
if (reason !== null) console.warn(`Publishing to a broker is not tested here: ${reason}`)

/** What is wrong with what arrived: events that did not, and the first arrivals of a booking that are out of order. */
function faultsOf(bookingIds: readonly string[], { received }: EventConsumer): string[] {
  const versions = new Map<string, number[]>()
  for (const { messageId = '' } of received) {
    const [id = '', version] = messageId.split('.')
    const seen = versions.get(id) ?? []
    if (!seen.includes(Number(version))) seen.push(Number(version))
    versions.set(id, seen)
  }
  return bookingIds.flatMap((id) => {
    const seen = versions.get(id) ?? []
    return seen.join() === '1,2' ? [] : [`${id}: ${seen.join() || 'nothing'} arrived, not 1,2`]
  })
}

async function book(database: TestDatabase, slot: BuiltSlot, count: number): Promise<string[]> {
  const ids: string[] = []
  for (let index = 0; index < count; index += 1) ids.push((await aBooking(database, slot)).id)
  return ids
}

const aRoom = async (database: TestDatabase) =>
  aSlot(database, await aDoctor(database, await aClinic(database)), { capacity: 1_000 })

const untilHeld = (database: TestDatabase, receiver: string) =>
  until(
    async () => {
      const { rows } = await database.ownerPool.query(
        'select from holdfast.log_receiver where name = $1 and holder is not null',
        [receiver],
      )
      return rows.length > 0
    },
    `the relay to ${receiver} to start`,
    arrivesWithinMs,
  )

const untilArrived = (ids: readonly string[], consumer: EventConsumer, log: () => string) =>
  until(
    async () => faultsOf(ids, consumer).length === 0,
    () => `${faultsOf(ids, consumer).join('\n')}\n${log()}`,
    arrivesWithinMs,
  )

/** Has to be encoded in a URL. */
const password = 'hunter@2%'

describe.runIf(reason === null)('publishing to RabbitMQ', () => {
  let rabbit: RabbitServer
  let server: RunningServer
  let consumer: EventConsumer
  beforeAll(async () => {
    rabbit = await rabbitServer()
    const page = readFileSync(join(import.meta.dirname, '../../docs/operations/rabbitmq.md'), 'utf8')
    const [, script = ''] = /```sh\n(.*?)```/s.exec(page) ?? []
    const file = '"$HOME"/amqp-password'
    const chosen = script.replace(/openssl .* >/, `printf '%s\\n' '${password}' >`)
    await rabbit.run(chosen.replaceAll('/root/amqp-password', file))
    const url = `amqp://holdfast:${encodeURIComponent(password)}@${rabbit.at}`
    server = await runningServer({ HOLDFAST_WORKER: 'on', AMQP_URL: url, HOLDFAST_URL: 'https://book.example.org' })
    await untilHeld(server.database, 'broker')
    consumer = await eventConsumer(rabbit.url, 'holdfast.events')
  })
  afterAll(async () => {
    await consumer?.end()
    await server?.end()
    await rabbit?.end()
  })

  it('every event arrives, in order for each booking, although the broker is stopped and killed', async () => {
    const { database } = server
    const slot = await aRoom(database)
    const ids = await book(database, slot, 20)
    await untilArrived(ids, consumer, server.logText)
    // The broker stops while these are being published.
    ids.push(...(await book(database, slot, 60)))
    await rabbit.stop('SIGTERM')
    ids.push(...(await book(database, slot, 20)))
    await until(
      async () => server.logText().includes('the log could not be forwarded'),
      () => `a line about the broker: ${server.logText()}`,
      arrivesWithinMs,
    )
    await rabbit.start()
    ids.push(...(await book(database, slot, 60)))
    await rabbit.stop('SIGKILL')
    ids.push(...(await book(database, slot, 20)))
    await rabbit.start()
    ids.push(...(await book(database, slot, 5)))
    await untilArrived(ids, consumer, server.logText)
    expect(faultsOf(ids, consumer)).toEqual([])
    const [first] = consumer.received
    expect(first).toMatchObject({ contentType: 'application/cloudevents+json', isPersistent: true })
    expect(first?.routingKey).toMatch(/^booking\.confirmed\.|^booking\.created\./)
    expect(JSON.parse(first?.body ?? '')).toMatchObject({
      id: first?.messageId,
      source: 'https://book.example.org',
      data: { slotId: slot.id },
    })
    expect(server.logText()).toContain('the log is forwarded again')
    expect(server.logText()).not.toMatch(/hunter/)
  })

  it('negative control: a receiver that does not wait for confirmations loses events, and this is found', async () => {
    const database = await createTestDatabase()
    const slot = await aRoom(database)
    // Nothing listens there, as with a broker that has just ended.
    const publisher = createEventPublisher(`amqp://127.0.0.1:${await portToKeep()}`)
    let attempts = 0
    const relay = startRelay({
      pool: database.appPool,
      log: createLogger('silent'),
      receiver: {
        name: 'planted',
        async deliver(events, acknowledge) {
          const published = await publishedForm(database.appPool, events)
          await inTransaction(database.appPool, acknowledge)
          await publisher.publish(published.map((event) => cloudEventOf(event, 'https://x'))).catch(() => undefined)
          attempts += events.length
        },
      },
    })
    await untilHeld(database, 'planted')
    const ids = await book(database, slot, 1)
    await until(async () => attempts >= 2, 'the planted receiver to move on', arrivesWithinMs)
    await relay.stop()
    await publisher.close()
    expect(faultsOf(ids, consumer)).toEqual([`${ids[0]}: nothing arrived, not 1,2`])
    await database.drop()
  })
  it('what a consumer rejects comes back three times, then is a dead letter to replay or drop', async () => {
    const database = await createTestDatabase()
    const slot = await aRoom(database)
    const counted: { queue: string; isDead: boolean }[] = []
    const running = startBroker({
      pool: database.appPool,
      url: rabbit.url,
      source: 'https://book.example.org',
      queues: ['analytics', 'billing'],
      delaysMs,
      log: createLogger('silent'),
      metrics: {
        relayed: () => undefined,
        relayWaiting: () => undefined,
        queuesKnown: () => undefined,
        eventFailed: (failure) => void counted.push(failure),
      },
    })
    await untilHeld(database, 'broker')
    const [rejected, crashed] = await book(database, slot, 2)
    const good = rejectingConsumer(rabbit.url, 'billing', () => 'accept')
    const bad = rejectingConsumer(rabbit.url, 'analytics', ({ messageId }) => {
      if (bookingVersionOf(messageId) === `${rejected}.1`) return 'reject'
      return bookingVersionOf(messageId) === `${crashed}.1` ? 'requeue' : 'accept'
    })
    const deadNow = () => withDeadLetters(rabbit.url, async ({ letters }) => letters)
    const dead = await until(
      async () => {
        const letters = await deadNow()
        return letters?.length === 2 ? letters : undefined
      },
      async () => `two dead letters, not ${JSON.stringify(await deadNow())} ${JSON.stringify(counted)}`,
      arrivesWithinMs,
    )
    const deadByReason = dead
      ?.map((letter) => ({ ...letter, id: bookingVersionOf(letter.id) }))
      .toSorted((one, other) => one.reason.localeCompare(other.reason))
    expect(deadByReason).toMatchObject([
      { id: `${crashed}.1`, queue: 'analytics', reason: 'delivery_limit', attempts: 3, type: 'booking.created' },
      { id: `${rejected}.1`, queue: 'analytics', reason: 'rejected', attempts: 3, type: 'booking.created' },
    ])
    expect(JSON.parse(dead?.[0]?.body ?? '')).toMatchObject({ specversion: '1.0' })
    // Once, and after each delay.
    expect(bad.received.filter((id) => bookingVersionOf(id) === `${rejected}.1`).length).toBeGreaterThanOrEqual(4)
    expect(counted.filter(({ isDead }) => isDead).length).toBeGreaterThanOrEqual(2)
    // The other consumer got everything, and the second event of the booking did not wait.
    const all = [rejected, crashed].flatMap((id) => [`${id}.1`, `${id}.2`])
    await until(
      async () => all.every((id) => good.received.map(bookingVersionOf).includes(id)),
      () => `everything at the other consumer, not ${good.received.join()}`,
      arrivesWithinMs,
    )
    expect(bad.received.map(bookingVersionOf)).toContain(`${rejected}.2`)
    await bad.end()
    const again = rejectingConsumer(rabbit.url, 'analytics', () => 'accept')
    const handled = await withDeadLetters(rabbit.url, async ({ letters, replay, drop }) => {
      const outcomes: boolean[] = []
      for (const letter of letters) {
        if (bookingVersionOf(letter.id) === `${rejected}.1`) outcomes.push(await replay(letter))
        else await drop(letter)
      }
      return outcomes
    })
    expect(handled).toEqual([true])
    await until(
      async () => again.received.map(bookingVersionOf).includes(`${rejected}.1`),
      () => `the replayed event, not ${again.received.join()}`,
      arrivesWithinMs,
    )
    expect(again.received.map(bookingVersionOf)).not.toContain(`${crashed}.1`)
    await until(async () => (await deadNow())?.length === 0, 'no dead letters', arrivesWithinMs)
    await Promise.all([good.end(), again.end(), running.stop()])
    await database.drop()
  })

  it('what nobody consumes in time is a dead letter without further attempts', async () => {
    const database = await createTestDatabase()
    // The lower of this and the queue's own seven days counts.
    await rabbit.run(`rabbitmqctl --quiet set_policy soon '^holdfast\\.slow$' '{"message-ttl":100}' --apply-to queues`)
    const running = startBroker({
      pool: database.appPool,
      url: rabbit.url,
      source: 'https://book.example.org',
      queues: ['slow'],
      delaysMs,
      log: createLogger('silent'),
    })
    await untilHeld(database, 'broker')
    const [id] = await book(database, await aRoom(database), 1)
    const dead = await until(
      async () => {
        const letters = await withDeadLetters(rabbit.url, async (all) => all.letters)
        const mine = letters?.filter(({ queue }) => queue === 'slow') ?? []
        return mine.length >= 2 ? mine : undefined
      },
      'two dead letters of the slow consumer',
      arrivesWithinMs,
    )
    expect(dead.map(({ reason, attempts }) => ({ reason, attempts }))).toEqual([
      { reason: 'expired', attempts: 0 },
      { reason: 'expired', attempts: 0 },
    ])
    expect(dead.map((one) => bookingVersionOf(one.id)).toSorted()).toEqual([`${id}.1`, `${id}.2`])
    const queues = await rabbit.run('rabbitmqctl --quiet list_queues name type arguments')
    const daysOf = (name: string) => {
      const [line = ''] = queues.split('\n').filter((one) => one.startsWith(`holdfast.${name}\t`))
      return Number(/"x-message-ttl",(?:\w+,)?(\d+)/.exec(line)?.[1]) / 86_400_000
    }
    expect({ slow: daysOf('slow'), dead: daysOf('dead-letters') }, queues).toEqual({ slow: 7, dead: 30 })
    await running.stop()
    await database.drop()
  })
})
