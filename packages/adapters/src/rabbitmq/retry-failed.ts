import type { AsyncMessage, Channel } from 'rabbitmq-client'
import { brokerError, connectBroker } from './connect-broker.ts'
import { propertiesOf } from './message-properties.ts'
import { declareTopology, failedQueue, queueOf, retryDelaysMs, retryExchange, type Topology } from './topology.ts'

/** What became of an event that a consumer could not process. `attempts`: after the first one. */
export type FailedEvent = { queue: string; reason: string; attempts: number; isDead: boolean }

export type RetryOptions = {
  queues: readonly string[]
  /** The delays before each further attempt; for tests. */
  delaysMs?: readonly number[]
  /** Ends it. */
  signal: AbortSignal
  /** The broker is connected. */
  onReady?(): void
  onFailed(event: FailedEvent): void
}

const prefetch = 20

/**
 * Redelivers what consumers rejected to them after a delay, and makes it a dead letter after the last attempt. Any
 * number of processes may do so. Each step is confirmed before the message is removed from where it was, so it may be
 * repeated, and none is lost. RabbitMQ alone would drop a message that comes back to a queue which it left because it
 * was delivered too often.
 *
 * @throws BrokerError when the broker is away. Resolves when `signal` is aborted
 */
export async function retryFailed(url: string, options: RetryOptions): Promise<void> {
  const { signal, onFailed } = options
  if (signal.aborted) return
  const topology = { queues: options.queues, delaysMs: options.delaysMs ?? retryDelaysMs }
  const { acquire, at, close } = await connectBroker(url)
  try {
    const channel = await acquire()
    await declareTopology(channel, topology)
    await channel.confirmSelect()
    await channel.basicQos({ prefetchCount: prefetch })
    options.onReady?.()
    await new Promise<void>((resolve, reject) => {
      signal.addEventListener('abort', () => resolve(), { once: true })
      channel.once('close', () => reject(new Error('the connection was lost')))
      channel.once('basic.cancel', () => reject(new Error(`the queue ${failedQueue} was deleted`)))
      const onMessage = (message: AsyncMessage) =>
        forward(channel, message, topology).then((event) => {
          channel.basicAck({ deliveryTag: message.deliveryTag })
          onFailed(event)
        })
      channel.basicConsume({ queue: failedQueue }, (message) => void onMessage(message).catch(reject)).catch(reject)
    })
  } catch (error) {
    if (!signal.aborted) throw brokerError(at, error)
  } finally {
    await close()
  }
}

async function forward(channel: Channel, message: AsyncMessage, topology: Topology): Promise<FailedEvent> {
  const { queue, reason } = lastDeathOf(message.headers)
  const before = Number(message.headers?.['holdfast-attempts'] ?? 0) || 0
  const name = topology.queues.find((one) => queueOf(one) === queue) ?? queue.replace(/^holdfast\./, '')
  const isDead = reason === 'expired' || before >= topology.delaysMs.length
  const attempts = isDead ? before : before + 1
  await channel.basicPublish(
    {
      ...propertiesOf(message),
      exchange: retryExchange,
      routingKey: `${isDead ? 'dead' : attempts}.${name}`,
      // The broker's own headers are left out: it recognizes by them what comes back.
      headers: {
        'holdfast-attempts': attempts,
        ...(isDead && {
          'holdfast-queue': name,
          'holdfast-reason': reason,
          'holdfast-dead-at': new Date().toISOString(),
        }),
      },
    },
    message.body,
  )
  return { queue: name, reason, attempts, isDead }
}

/** Which queue a message left last, and why: `rejected`, `delivery_limit` or `expired`. */
function lastDeathOf(headers: AsyncMessage['headers']): { queue: string; reason: string } {
  const deaths: unknown = headers?.['x-death']
  const { queue, reason } = Object(Array.isArray(deaths) ? deaths[0] : {}) as { queue?: unknown; reason?: unknown }
  return { queue: String(queue ?? 'unknown'), reason: String(reason ?? 'unknown') }
}
