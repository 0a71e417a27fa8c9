import type { FailedEvent } from '@holdfast/adapters/rabbitmq'
import type { Metrics } from '../observe/metrics.ts'

/** More dead letters in a minute than this are a consumer that does not work, not a few odd events. */
const deadLettersPerMinute = 10
const minuteMs = 60_000

/** Counts what consumers could not process, and warns, at most once a minute, when much of it becomes dead letters. */
export function createFailureWatch({
  queues,
  log,
  metrics,
}: {
  queues: readonly string[]
  log: { warn(fields: object, message: string): void }
  metrics?: Pick<Metrics, 'eventFailed'> | undefined
}): (event: FailedEvent) => void {
  /** When the latest ones became dead. */
  let deadAtMs: number[] = []
  let warnedAtMs = Number.NEGATIVE_INFINITY
  return ({ queue, reason, isDead }) => {
    // The names of others' queues are no label of a metric.
    metrics?.eventFailed({ queue: queues.includes(queue) ? queue : 'other', isDead })
    if (!isDead) return
    const now = performance.now()
    deadAtMs = [...deadAtMs.filter((at) => at > now - minuteMs), now].slice(-deadLettersPerMinute - 1)
    if (deadAtMs.length <= deadLettersPerMinute || warnedAtMs > now - minuteMs) return
    warnedAtMs = now
    log.warn({ queue, reason }, `more than ${deadLettersPerMinute} events in a minute became dead letters`)
  }
}
