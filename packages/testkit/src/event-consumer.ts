import { Connection, ConsumerStatus } from 'rabbitmq-client'
import { until } from './barrier.ts'

export type ReceivedEvent = {
  routingKey: string
  messageId: string | undefined
  contentType: string | undefined
  isPersistent: boolean
  /** The broker has delivered it before, over a connection that was lost before it was acknowledged. */
  isRedelivered: boolean
  body: string
}

export type EventConsumer = {
  /** The events in the order in which they arrived. */
  received: ReceivedEvent[]
  end(): Promise<void>
}

const readyWithinMs = 60_000

/** Consumes what is published to an exchange from a separate durable queue, and connects again after a failure. */
export async function eventConsumer(url: string, exchange: string): Promise<EventConsumer> {
  const connection = new Connection({ url, retryLow: 100, retryHigh: 1_000 })
  const received: ReceivedEvent[] = []
  const consumer = connection.createConsumer(
    {
      queue: 'test.consumer',
      queueOptions: { durable: true, arguments: { 'x-queue-type': 'quorum' } },
      exchanges: [{ exchange, type: 'topic', durable: true }],
      queueBindings: [{ exchange, routingKey: 'booking.#' }],
      qos: { prefetchCount: 10 },
    },
    async ({ routingKey, messageId, contentType, durable, redelivered, body }) => {
      const isPersistent = durable === true
      const isRedelivered = redelivered
      received.push({ routingKey, messageId, contentType, isPersistent, isRedelivered, body: String(body) })
    },
  )
  // The tests stop the broker.
  for (const emitter of [connection, consumer]) emitter.on('error', () => undefined)
  let isReady = false
  consumer.once('ready', () => {
    isReady = true
  })
  await until(async () => isReady, 'the consumer of the events to be ready', readyWithinMs)
  return {
    received,
    // Closing it waits for the broker, which may have been killed.
    async end() {
      connection.unsafeDestroy()
    },
  }
}

const statusOf = { accept: ConsumerStatus.ACK, reject: ConsumerStatus.DROP, requeue: ConsumerStatus.REQUEUE }

/** Consumes a queue `holdfast.<name>` that exists, and accepts, rejects or puts back what `decide` says. */
export function rejectingConsumer(
  url: string,
  name: string,
  decide: (message: { messageId: string }) => keyof typeof statusOf,
): { received: string[]; end(): Promise<void> } {
  const connection = new Connection({ url, retryLow: 100, retryHigh: 1_000 })
  const received: string[] = []
  const options = { queue: `holdfast.${name}`, queueOptions: { passive: true } }
  const consumer = connection.createConsumer(options, async ({ messageId = '' }) => {
    received.push(messageId)
    return statusOf[decide({ messageId })]
  })
  for (const emitter of [connection, consumer]) emitter.on('error', () => undefined)
  return {
    received,
    async end() {
      await consumer.close()
      connection.unsafeDestroy()
    },
  }
}
