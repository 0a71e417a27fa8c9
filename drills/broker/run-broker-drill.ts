import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { startEmbeddedPostgres } from '@holdfast/adapters/embedded-postgres'
import { createEngine, createPool, migrate } from '@holdfast/engine'
import { startBroker } from '@holdfast/server/broker'
import { createLogger } from '@holdfast/server/logger'
import { fillDataDirectory } from '@holdfast/testkit'
import { type RabbitServer, rabbitServer, whyNoRabbit } from '@holdfast/testkit/rabbit-server'
import { BookingLoad, bookByEngine, createRoom } from '../load/booking-load.ts'

export type BrokerDrillResult = {
  /** Booked while events were published, and while the broker was down. Each is one event. */
  bookings: number
  /** The events in the consumer's queue at the end. */
  arrived: number
  /** `brokerDown`: while events were to be published, and nothing listened. */
  bookingsPerSecond: { without: number; publishing: number; brokerDown: number }
  /** The rate from the first booking until the last event was confirmed. */
  eventsPerSecond: number
  /** The time from when an event was written until it was confirmed. */
  lagSeconds: { p50: number; p99: number; max: number }
}

const waitMsMax = 300_000

/**
 * Books as fast as the engine takes it, publishes the events to RabbitMQ meanwhile, kills that and goes on booking,
 * starts it again, and counts the events that arrived.
 */
export async function runBrokerDrill(options: {
  bookings: number
  /** An empty directory, in which the drill works. */
  directory: string
  say(line: string): void
}): Promise<BrokerDrillResult> {
  const { bookings, directory, say } = options
  const reason = whyNoRabbit()
  if (reason !== null) throw new Error(`This drill can't run here: ${reason}`)
  const dataDirectory = join(directory, 'live')
  await fillDataDirectory(dataDirectory)
  const database = await startEmbeddedPostgres({ dataDirectory })
  const pool = createPool({ url: database.ownerUrl, max: 12, name: 'drill' })
  const rabbit = await rabbitServer()
  try {
    await migrate({ ownerUrl: database.ownerUrl })
    const { clinic, slotIds } = await createRoom(pool, bookings * 4)
    const engine = createEngine({ batchPool: pool, generalPool: pool, ...engineBounds })
    const load = new BookingLoad(bookByEngine(engine, clinic.no), slotIds)
    say(`booking ${bookings} without publishing, after ${Math.ceil(bookings / 10)} to warm up`)
    await load.book(Math.ceil(bookings / 10))
    const without = await load.book(bookings)
    const lags: number[] = []
    let publishedMs = 0
    const running = startBroker({
      pool,
      url: rabbit.url,
      source: 'https://drill.example.org',
      queues: ['analytics'],
      // The absence of the broker is a warning.
      log: createLogger('error'),
      metrics: {
        relayed({ times }) {
          publishedMs = performance.now()
          lags.push(...times.map((time) => (Date.now() - time.getTime()) / 1000))
        },
        relayWaiting: () => undefined,
        queuesKnown: () => undefined,
        eventFailed: () => undefined,
      },
    })
    await untilTrue(
      async () => (await pool.query('select from holdfast.log_receiver where holder is not null')).rowCount,
    )
    say(`booking ${bookings}, and publishing the events`)
    const [beganMs, before] = [performance.now(), load.journal.length]
    const publishing = await load.book(bookings)
    const booked = load.journal.length - before
    await untilTrue(async () => lags.length >= booked)
    const [publishedLags, lastPublishedMs] = [[...lags], publishedMs]
    say(`booking ${bookings} while the broker is down`)
    await rabbit.stop('SIGKILL')
    const brokerDown = await load.book(bookings)
    await rabbit.start()
    const all = load.journal.length - before
    await untilTrue(async () => lags.length >= all)
    await Promise.all([running.stop(), engine.stop()])
    let arrived = 0
    // RabbitMQ counts every five seconds.
    for (let tries = 0; tries < 20 && arrived < all; tries += 1) arrived = await arrivedAt(rabbit)
    const sorted = publishedLags.toSorted((one, other) => one - other)
    const quantile = (share: number) => Math.round((sorted[Math.floor((sorted.length - 1) * share)] ?? 0) * 100) / 100
    return {
      bookings: all,
      arrived,
      bookingsPerSecond: {
        without: Math.round(without),
        publishing: Math.round(publishing),
        brokerDown: Math.round(brokerDown),
      },
      eventsPerSecond: Math.round(booked / ((lastPublishedMs - beganMs) / 1000)),
      lagSeconds: { p50: quantile(0.5), p99: quantile(0.99), max: quantile(1) },
    }
  } finally {
    await pool.end()
    await Promise.all([database.stop(), rabbit.end()])
  }
}

async function arrivedAt(rabbit: RabbitServer): Promise<number> {
  const queues = await rabbit.run('rabbitmqctl --quiet list_queues name messages')
  return Number(/^holdfast\.analytics\s+(\d+)$/m.exec(queues)?.[1] ?? 0)
}

const engineBounds = {
  queuedMax: 4_096,
  waitMsMax: 30_000,
  unknownMsMax: 1_000,
  onBatch: () => undefined,
  onClaims: () => undefined,
}

async function untilTrue(isTrue: () => Promise<unknown>): Promise<void> {
  const deadlineMs = performance.now() + waitMsMax
  while (!(await isTrue())) {
    if (performance.now() > deadlineMs) throw new Error(`The events were not published within ${waitMsMax / 1000} s.`)
    await delay(50)
  }
}
