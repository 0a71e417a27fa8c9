import { type DueDelivery, type PauseReason, recordDelivery, takeDueDeliveries } from '@holdfast/engine'
import type pg from 'pg'
import { workInWindow } from '../lifecycle/work-in-window.ts'
import type { Logger } from '../observe/logger.ts'
import { type Tracing, traced } from '../observe/tracing.ts'
import { attemptDelivery, attemptSeconds, type WebhookSender } from './attempt-delivery.ts'

export type WebhookDeps = {
  pool: pg.Pool
  sender: WebhookSender
  log: Logger
  /** Absent or null: nothing is traced. */
  tracing?: Tracing | null | undefined
  /** Called in the transaction in which a webhook is paused because of failures. */
  onPaused(transaction: pg.PoolClient, webhook: { clinicNo: number; url: string; reason: PauseReason }): Promise<void>
}

const atOnceMax = 20

/**
 * Sends the deliveries whose time has come. Any number of processes may do so at once. If a process ends between
 * sending one and recording that, it is sent once more, with the same id.
 *
 * @param run.runMsMax after this, no more deliveries are begun. Default: there is no limit
 * @returns how many attempts were made
 */
export async function sendDueDeliveries(
  deps: WebhookDeps,
  run: { signal?: AbortSignal | undefined; runMsMax?: number } = {},
): Promise<number> {
  let attempts = 0
  await workInWindow({
    ...run,
    atOnceMax,
    take: (limit) => takeDueDeliveries(deps.pool, { limit, seconds: attemptSeconds }),
    // What could not be recorded is sent again after its time.
    work(delivery: DueDelivery) {
      attempts += 1
      return send(deps, delivery)
    },
  })
  return attempts
}

async function send({ pool, sender, log, tracing, onPaused }: WebhookDeps, delivery: DueDelivery): Promise<void> {
  const outcome = await traced(tracing, 'deliver event', { kind: 'client' }, (span) =>
    attemptDelivery(sender, delivery, { headers: span?.headers() }),
  )
  const { clinicNo, webhookId, url } = delivery
  const reason = await recordDelivery(pool, delivery, outcome, (transaction, reason) =>
    onPaused(transaction, { clinicNo, url, reason }),
  )
  if (reason !== null) log.warn({ webhookId, reason }, 'a webhook was paused')
}
