import { type RelayMetrics, startRelay } from '../relay/start-relay.ts'
import { sendDueDeliveries, type WebhookDeps } from './send-due-deliveries.ts'
import { webhookConsumer } from './webhook-consumer.ts'

export type RunningWebhooks = { stop(): Promise<void> }

/** Plans deliveries as bookings change, and sends them at once. The job `webhooks` sends what has to wait. */
export function startWebhooks(deps: WebhookDeps, metrics?: RelayMetrics): RunningWebhooks {
  const { pool, log } = deps
  const stopping = new AbortController()
  let sending: Promise<void> | null = null
  let again = false
  const send = async () => {
    do {
      again = false
      // The job repeats it within a minute.
      const onError = (error: unknown) => void log.warn({ err: error }, 'deliveries of webhooks could not be sent')
      await sendDueDeliveries(deps, stopping.signal).catch(onError)
    } while (again && !stopping.signal.aborted)
    sending = null
  }
  const wake = () => {
    again = true
    sending ??= send()
  }
  const relay = startRelay({ pool, log, metrics, receiver: webhookConsumer(pool, wake) })
  return {
    async stop() {
      stopping.abort()
      await relay.stop()
      await sending
    },
  }
}
