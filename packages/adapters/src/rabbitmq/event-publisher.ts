import pTimeout from 'p-timeout'
import type { Channel } from 'rabbitmq-client'
import { type BrokerConnection, BrokerError, brokerError, connectBroker } from './connect-broker.ts'
import { declareTopology, eventExchange, retryDelaysMs, type Topology } from './topology.ts'

export type EventMessage = {
  /** The same for each repetition. */
  id: string
  routingKey: string
  type: string
  at: Date
  contentType: string
  body: string
  /** Such as `traceparent`. */
  headers?: Readonly<Record<string, string>> | undefined
}

export type EventPublisher = {
  /**
   * Resolves when the broker has confirmed all of them, in any order. After a failure, some of them may have been
   * published.
   *
   * @throws BrokerError
   */
  publish(messages: readonly EventMessage[]): Promise<void>
  /** What is being published fails. */
  close(): Promise<void>
}

/** A broker that accepts nothing because it has no memory or disk left does not respond until it has. */
const confirmMsMax = 15_000

type Session = BrokerConnection & { channel: Channel }

/**
 * Publishes events, persistent and confirmed. It connects at the first one, and at the next one after a failure.
 *
 * @param options.queues the consumers whose queues it declares
 */
export function createEventPublisher(
  url: string,
  { queues = [], delaysMs = retryDelaysMs }: Partial<Topology> = {},
): EventPublisher {
  let session: Promise<Session> | null = null
  let isClosed = false
  const drop = async () => {
    const dropped = session
    session = null
    await dropped?.then(({ close }) => close()).catch(() => undefined)
  }
  return {
    async publish(messages) {
      if (isClosed) throw new BrokerError('The connection to RabbitMQ is closed.')
      session ??= openSession(url, { queues, delaysMs })
      let at = ''
      try {
        const { channel, ...opened } = await session
        at = opened.at
        await pTimeout(Promise.all(messages.map((message) => publishOne(channel, message))), {
          milliseconds: confirmMsMax,
          message: `no confirmation within ${confirmMsMax / 1000} s`,
        })
      } catch (error) {
        await drop()
        throw brokerError(at, error)
      }
    },
    async close() {
      isClosed = true
      await drop()
    },
  }
}

async function openSession(url: string, topology: Topology): Promise<Session> {
  const opened = await connectBroker(url)
  try {
    const channel = await opened.acquire()
    await declareTopology(channel, topology)
    await channel.confirmSelect()
    return { ...opened, channel }
  } catch (error) {
    await opened.close()
    throw brokerError(opened.at, error)
  }
}

function publishOne(channel: Channel, message: EventMessage): Promise<void> {
  const { id, routingKey, type, at, contentType, body, headers } = message
  return channel.basicPublish(
    {
      exchange: eventExchange,
      routingKey,
      messageId: id,
      type,
      timestamp: Math.floor(at.getTime() / 1000),
      contentType,
      appId: 'holdfast',
      durable: true,
      ...(headers === undefined ? {} : { headers }),
    },
    Buffer.from(body),
  )
}
