import { setTimeout as delay } from 'node:timers/promises'
import { createPool } from '@holdfast/engine'
import { startBroker } from '@holdfast/server/broker'
import { createLogger } from '@holdfast/server/logger'

/** What was relayed since the last call of `begin`. */
type Relayed = { events: number; perSecond: number; lagsSeconds: readonly number[] }

export type OurRelay = {
  begin(): void
  /** Waits until so many events were relayed. @throws Error if they are not, within two minutes */
  relayed(events: number): Promise<Relayed>
  stop(): Promise<void>
}

const waitMsMax = 120_000

/** The relay to a RabbitMQ server in this process, with one consumer's queue, as a worker runs it. */
export async function ourRelay(databaseUrl: string, url: string): Promise<OurRelay> {
  const pool = createPool({ url: databaseUrl, max: 2, name: 'bench relay' })
  let lagsSeconds: number[] = []
  let [firstMs, lastMs] = [0, 0]
  const running = startBroker({
    pool,
    url,
    source: 'https://bench.example.org',
    queues: ['bench'],
    log: createLogger('error'),
    metrics: {
      relayed({ times }) {
        lastMs = performance.now()
        if (lagsSeconds.length === 0) firstMs = lastMs
        const now = Date.now()
        lagsSeconds.push(...times.map((time) => Math.max(0, (now - time.getTime()) / 1_000)))
      },
      relayWaiting: () => undefined,
      queuesKnown: () => undefined,
      eventFailed: () => undefined,
    },
  })
  const stop = async () => {
    await running.stop()
    await pool.end()
  }
  const isHeld = async () => {
    const { rowCount } = await pool.query(
      `select from holdfast.log_receiver where name = 'broker' and holder is not null`,
    )
    return rowCount === 1
  }
  try {
    await untilTrue(isHeld, 'The relay did not start')
  } catch (error) {
    await stop()
    throw error
  }
  return {
    begin() {
      lagsSeconds = []
    },
    async relayed(events) {
      await untilTrue(async () => lagsSeconds.length >= events, `Of ${events} events not all were relayed`)
      const seconds = Math.max(lastMs - firstMs, 1) / 1_000
      return { events: lagsSeconds.length, perSecond: lagsSeconds.length / seconds, lagsSeconds }
    },
    stop,
  }
}

async function untilTrue(isTrue: () => Promise<boolean>, otherwise: string): Promise<void> {
  const endMs = performance.now() + waitMsMax
  while (!(await isTrue())) {
    if (performance.now() > endMs) throw new Error(`${otherwise} within ${waitMsMax / 1_000} s.`)
    await delay(20)
  }
}
