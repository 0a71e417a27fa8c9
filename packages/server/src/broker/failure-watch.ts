import type { FailedEvent } from '@holdfast/adapters/rabbitmq'
import type { Metrics } from '../observe/metrics.ts'

/** The label of queues that are not in HOLDFAST_AMQP_QUEUES: the names of others' queues are no label of a metric. */
const otherQueues = 'other'
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
  metrics?: Pick<Metrics, 'queuesKnown' | 'eventFailed'> | undefined
}): (event: FailedEvent) => void {
  /** When the latest ones became dead. */
  if (queues.length > 0) metrics?.queuesKnown([...queues, otherQueues])
  let deadAtMs: number[] = []
  let warnedAtMs = Number.NEGATIVE_INFINITY
  return ({ queue, reason, isDead }) => {
    metrics?.eventFailed({ queue: queues.includes(queue) ? queue : otherQueues, isDead })
    if (!isDead) return
    const now = performance.now()
    deadAtMs = [...deadAtMs.filter((at) => at > now - minuteMs), now].slice(-deadLettersPerMinute - 1)
    if (deadAtMs.length <= deadLettersPerMinute || warnedAtMs > now - minuteMs) return
    warnedAtMs = now
    log.warn({ queue, reason }, `more than ${deadLettersPerMinute} events in a minute became dead letters`)
  }
}
