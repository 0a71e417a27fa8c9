import { createEventPublisher, retryFailed } from '@holdfast/adapters/rabbitmq'
import { retryUntilStopped } from '../lifecycle/retry-until-stopped.ts'
import type { Logger } from '../observe/logger.ts'
import type { Metrics } from '../observe/metrics.ts'
import { type RelayMetrics, startRelay } from '../relay/start-relay.ts'
import { type BrokerReceiverDeps, brokerReceiver } from './broker-receiver.ts'
import { createFailureWatch } from './failure-watch.ts'

export type BrokerDeps = Omit<BrokerReceiverDeps, 'publisher'> & {
  url: string
  /** The consumers whose queues are declared. */
  queues: readonly string[]
  /** Before each further attempt of a consumer; for tests. */
  delaysMs?: readonly number[]
  log: Logger
  metrics?: (RelayMetrics & Pick<Metrics, 'eventFailed'>) | undefined
}

export type RunningBroker = { stop(): Promise<void> }

const connectAgainMs = 5_000

/**
 * Publishes events to RabbitMQ as bookings change, and gives what consumers of `queues` rejected back to them later.
 * While the broker is away, events wait in the log.
 */
export function startBroker(deps: BrokerDeps): RunningBroker {
  const { url, queues, delaysMs, pool, source, log, metrics } = deps
  const topology = { queues, ...(delaysMs === undefined ? {} : { delaysMs }) }
  const publisher = createEventPublisher(url, topology)
  const relay = startRelay({ pool, receiver: brokerReceiver({ pool, publisher, source }), log, metrics })
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
    async stop() {
      stopping.abort()
      // First, so that the relay does not wait for a broker that does not respond.
      await publisher.close()
      await Promise.all([relay.stop(), retries])
    },
  }
}
