import { runWhenWoken } from '../lifecycle/run-when-woken.ts'
import { type RelayMetrics, startRelay } from '../relay/start-relay.ts'
import { sendDueDeliveries, type WebhookDeps } from './send-due-deliveries.ts'
import { webhookConsumer } from './webhook-consumer.ts'

export type RunningWebhooks = { stop(): Promise<void> }

/** Plans deliveries as bookings change, and sends them at once. The job `webhooks` sends what has to wait. */
export function startWebhooks(deps: WebhookDeps, metrics?: RelayMetrics): RunningWebhooks {
  const { pool, log } = deps
  const sending = runWhenWoken(
    // There is no limit of time: while a run waits for slow servers, it has to take what is planned for the others.
    (signal) => sendDueDeliveries(deps, { signal }),
    // The job repeats it within a minute.
    (error) => log.warn({ err: error }, 'deliveries of webhooks could not be sent'),
  )
  const relay = startRelay({ pool, log, metrics, receiver: webhookConsumer(pool, sending.wake) })
  return {
    async stop() {
      await Promise.all([relay.stop(), sending.stop()])
    },
  }
}
