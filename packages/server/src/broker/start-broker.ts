import { createEventPublisher, retryFailed } from '@holdfast/adapters/rabbitmq'
import { retryUntilStopped } from '../lifecycle/retry-until-stopped.ts'
import type { Logger } from '../observe/logger.ts'
import type { Metrics } from '../observe/metrics.ts'
import { type RelayMetrics, startRelay } from '../relay/start-relay.ts'
import { type BrokerReceiverDeps, brokerReceiver } from './broker-receiver.ts'
import { createFailureWatch } from './failure-watch.ts'

type PublisherDeps = {
  url: string
  /** The consumers whose queues are declared. */
  queues: readonly string[]
  /** The pauses before further attempts of a consumer; for tests. */
  delaysMs?: readonly number[]
  log: Logger
  metrics?: (RelayMetrics & Pick<Metrics, 'queuesKnown' | 'eventFailed'>) | undefined
}

export type BrokerDeps = Omit<BrokerReceiverDeps, 'publisher'> & PublisherDeps

export type RunningBroker = { stop(): Promise<void> }

/** The connections of this process to RabbitMQ. */
export type OpenBroker = RunningBroker & {
  /**
   * Publishes the events of a log as bookings change. While the broker is away, they wait in the log. With several
   * logs, each has its own receiver.
   */
  publish(log: Omit<BrokerReceiverDeps, 'publisher'> & Pick<PublisherDeps, 'log' | 'metrics'>): RunningBroker
}

const connectAgainMs = 5_000

/**
 * Publishes events to RabbitMQ as bookings change, and gives what consumers of `queues` rejected back to them later.
 * While the broker is away, events wait in the log.
 */
export function startBroker(deps: BrokerDeps): RunningBroker {
  const broker = openBroker(deps)
  const published = broker.publish(deps)
  return {
    async stop() {
      await Promise.all([broker.stop(), published.stop()])
    },
  }
}

/** Redelivers rejected events to the consumers of `queues` after a delay. What is being published fails at its end. */
export function openBroker(deps: PublisherDeps): OpenBroker {
  const { url, queues, delaysMs, log, metrics } = deps
  const topology = { queues, ...(delaysMs === undefined ? {} : { delaysMs }) }
  const publisher = createEventPublisher(url, topology)
  const stopping = new AbortController()
  const { signal } = stopping
  const onFailed = createFailureWatch({ queues, log, metrics })
  // The relay logs a broker that is away every minute: one line about this is enough.
  let isAway = false
  const retry = async () => {
    if (queues.length === 0) return
    const onReady = () => {
      isAway = false
    }
    await retryFailed(url, { ...topology, signal, onFailed, onReady })
  }
  const onFailure = (error: unknown) => {
    if (!isAway) log.warn({ err: error }, 'failed events could not be retried')
    isAway = true
  }
  const retries = retryUntilStopped(retry, { delayMs: connectAgainMs, signal, onFailure })
  return {
    publish({ pool, source, tracing, log, metrics }) {
      return startRelay({ pool, receiver: brokerReceiver({ pool, publisher, source, tracing }), log, metrics })
    },
    async stop() {
      stopping.abort()
      // Relays must not wait for a broker that does not respond.
      await Promise.all([publisher.close(), retries])
    },
  }
}
