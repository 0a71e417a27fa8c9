import { randomUUID } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import {
  acknowledgeLog,
  addLogReceiver,
  type BookingLine,
  EventTail,
  hasLogReceiver,
  holdLogReceiver,
  type LogEntry,
  type LogPosition,
  loggedEvents,
  ReceiverLost,
  releaseLogReceiver,
} from '@holdfast/engine'
import type pg from 'pg'
import { retryUntilStopped } from '../lifecycle/retry-until-stopped.ts'
import type { Logger } from '../observe/logger.ts'
import type { Metrics } from '../observe/metrics.ts'
import type { EventReceiver } from './event-receiver.ts'

export type RelaySettings = {
  /** The pool of the application role; the relay uses at most two connections at a time. */
  pool: pg.Pool
  receiver: EventReceiver
  log: Logger
  metrics?: RelayMetrics | undefined
  /** How long a process that was killed still counts as the one that delivers. Default 10 s. */
  holdSeconds?: number
}

export type RelayMetrics = Pick<Metrics, 'relayed' | 'relayWaiting'>

export type RunningRelay = { stop(): Promise<void> }

const holdSecondsDefault = 10
const retryMs = 1_000
/** A receiver that is away for an hour is attempted every two seconds, and logged every minute. */
const logAgainMs = 60_000
/** How many events a receiver gets at once. */
const eventsMax = 100

/**
 * Forwards the log to a receiver, from where it was left. With several processes, one of them delivers, and another
 * takes over within `holdSeconds` of its end.
 */
export function startRelay(settings: RelaySettings): RunningRelay {
  const stopping = new AbortController()
  const { signal } = stopping
  const failures = failureLog(settings)
  const work = async () => {
    await addLogReceiver(settings.pool, settings.receiver.name)
    while (!signal.aborted) await deliverWhileHolder(settings, failures, signal)
  }
  const onFailure = failures.failed
  const running = retryUntilStopped(work, { delayMs: retryMs, signal, onFailure })
  return {
    async stop() {
      stopping.abort()
      await running
    },
  }
}

/** Returns when this process is not the holder, after a moment, or when it is to stop. */
async function deliverWhileHolder(settings: RelaySettings, failures: FailureLog, signal: AbortSignal): Promise<void> {
  const { pool, receiver, metrics, holdSeconds: seconds = holdSecondsDefault } = settings
  const { name } = receiver
  const holder = randomUUID()
  const hold = () => holdLogReceiver(pool, { name, holder, seconds })
  const renewMs = (seconds * 1000) / 3
  const from = await hold()
  if (from === null) {
    // A shard that goes on without own rows may have none.
    if (!(await hasLogReceiver(pool, name))) return addLogReceiver(pool, name)
    return pause(renewMs, signal)
  }
  const ending = new AbortController()
  const tail = await EventTail.start({
    pool,
    // It reads a few times a second. Woken by each commit, it would cost bookings more than messages gain.
    listenUrl: null,
    from,
    deliver: (entries, position) => deliver({ pool, receiver, metrics, holder, entries, position }),
    onRead(result) {
      if (result.kind === 'read') failures.succeeded()
      else if (result.error instanceof ReceiverLost) ending.abort()
      else failures.failed(result.error)
    },
  })
  // From the beginning, so that an alert has a value before the first event.
  metrics?.relayWaiting({ receiver: name, since: null })
  try {
    const ended = AbortSignal.any([signal, ending.signal])
    // A failed renewal is repeated: until then nothing tells whether another process has taken over.
    const renew = () => hold().catch(() => undefined)
    for (let held: unknown = from; held !== null && !ended.aborted; held = await renew()) await pause(renewMs, ended)
  } finally {
    await tail.stop()
    metrics?.relayWaiting({ receiver: name, since: null })
    await releaseLogReceiver(pool, name, holder).catch(() => undefined)
  }
}

type Delivery = {
  pool: pg.Pool
  receiver: EventReceiver
  metrics: RelayMetrics | undefined
  holder: string
  entries: readonly LogEntry[]
  position: LogPosition
}

async function deliver({ pool, receiver, metrics, holder, entries, position }: Delivery): Promise<void> {
  const all = entries.filter((entry): entry is BookingLine => entry.kind === 'booking')
  if (all.length === 0) return
  const lines = (await receiver.select?.(all)) ?? all
  const { name } = receiver
  // Once without any, if none is wanted: the position moves.
  for (let start = 0; start === 0 || start < lines.length; start += eventsMax) {
    const events = await loggedEvents(pool, lines.slice(start, start + eventsMax))
    const isLast = start + eventsMax >= lines.length
    metrics?.relayWaiting({ receiver: name, since: events[0]?.at ?? null })
    // What comes before the last part is delivered again if that fails.
    await receiver.deliver(events, async (transaction) => {
      if (isLast) await acknowledgeLog(transaction, { name, holder, position })
    })
    metrics?.relayed({ receiver: name, times: events.map(({ at }) => at) })
  }
  metrics?.relayWaiting({ receiver: name, since: null })
}

type FailureLog = { failed(error: unknown): void; succeeded(): void }

/** Logs the first failure, then one in a minute, and that it works again. */
function failureLog({ log, receiver: { name } }: RelaySettings): FailureLog {
  let [failures, loggedAtMs] = [0, 0]
  return {
    failed(error) {
      failures += 1
      if (failures > 1 && performance.now() - loggedAtMs < logAgainMs) return
      loggedAtMs = performance.now()
      log.warn({ err: error, receiver: name, failures }, 'the log could not be forwarded')
    },
    succeeded() {
      if (failures > 0) log.info({ receiver: name, failures }, 'the log is forwarded again')
      failures = 0
    },
  }
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await delay(ms, undefined, { signal }).catch(() => undefined)
}
