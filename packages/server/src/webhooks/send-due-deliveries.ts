import { setTimeout as delay } from 'node:timers/promises'
import { type DueDelivery, type PauseReason, recordDelivery, takeDueDeliveries } from '@holdfast/engine'
import type pg from 'pg'
import type { Logger } from '../observe/logger.ts'
import { attemptDelivery, attemptSeconds, type WebhookSender } from './attempt-delivery.ts'

export type WebhookDeps = {
  pool: pg.Pool
  sender: WebhookSender
  log: Logger
  /** Called in the transaction in which a webhook is paused because of failures. */
  onPaused(transaction: pg.PoolClient, webhook: { clinicNo: number; url: string; reason: PauseReason }): Promise<void>
}

const atOnceMax = 20
/** A run ends after this, and the next run continues: the other jobs wait for it. */
const runMsMax = 5_000
/** While attempts are under way, others are looked for this often. */
const lookAgainMs = 500

/**
 * Sends the deliveries whose time has come. Any number of processes may do so at once. If a process ends between
 * sending one and recording that, it is sent once more, with the same id.
 *
 * @returns how many attempts were made
 */
export async function sendDueDeliveries(deps: WebhookDeps, signal?: AbortSignal): Promise<number> {
  const underway = new Set<Promise<void>>()
  const endsAtMs = performance.now() + runMsMax
  let [attempts, failure]: [number, unknown] = [0, null]
  while (signal?.aborted !== true && failure === null && performance.now() < endsAtMs) {
    const limit = atOnceMax - underway.size
    const taken = await takeDueDeliveries(deps.pool, { limit, seconds: attemptSeconds })
    attempts += taken.length
    for (const delivery of taken) {
      const attempt = send(deps, delivery).catch((error: unknown) => {
        failure = error
      })
      underway.add(attempt)
      void attempt.then(() => underway.delete(attempt))
    }
    if (underway.size === 0) break
    // A server that does not respond must not keep what becomes due meanwhile waiting.
    await Promise.race([...underway, delay(lookAgainMs)])
  }
  await Promise.all(underway)
  // What could not be recorded is sent again after its time.
  if (failure !== null) throw failure
  return attempts
}

async function send({ pool, sender, log, onPaused }: WebhookDeps, delivery: DueDelivery): Promise<void> {
  const outcome = await attemptDelivery(sender, delivery)
  const { clinicNo, webhookId, url } = delivery
  const reason = await recordDelivery(pool, delivery, outcome, (transaction, reason) =>
    onPaused(transaction, { clinicNo, url, reason }),
  )
  if (reason !== null) log.warn({ webhookId, reason }, 'a webhook was paused')
}
