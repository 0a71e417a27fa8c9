import type { DatabasePool, Engine } from '@holdfast/engine'
import type { FastifyInstance } from 'fastify'
import pTimeout, { TimeoutError } from 'p-timeout'
import type { Logger } from '../observe/logger.ts'

type Stopping = {
  app: Pick<FastifyInstance, 'close' | 'server' | 'stopAccepting'>
  metricsApp: FastifyInstance | null
  jobs: { stop(): Promise<unknown> }
  audit: { stop(): Promise<void> }
  /** The mailer of `jobs`; null: there is no mail server. */
  mailer: { close(): void } | null
  shards: { all: readonly { engine: Pick<Engine, 'stop'> }[]; stop(): Promise<unknown> }
  /** Redis; null: none. */
  shared: { close(): void } | null
  pools: Pick<DatabasePool, 'close'>[]
  /** Absent or null: nothing is traced. */
  tracing?: { stop(): Promise<void> } | null
}

const closeIdleMs = 50
/** As long as nginx leaves out a server to which it could not connect (`fail_timeout` in deploy/nginx). */
const noticeMsMax = 5_000
/** The time for queries in progress, and a last message to the database, which may hang. */
const closeMs = 5_000

/**
 * Stops the parts in an order that loses no accepted request: first new connections are refused, then idle ones closed
 * and live ones told to connect again, and requests in flight completed (including the claims in the queues), then
 * jobs, queues and pools stop. Whatever exceeds the time limit is logged and its connections are closed. The outcome of
 * a commit in progress is then unknown to its client, who can repeat the request with the same Idempotency-Key.
 */
export async function stopServer(parts: Stopping, msMax: number, log: Logger): Promise<void> {
  const deadline = performance.now() + msMax
  const within = (what: string, work: Promise<unknown>) => finishBy(deadline, what, work, log)

  // At most half of the time: what is in flight has the rest.
  await within('new connections', parts.app.stopAccepting(Math.min(noticeMsMax, msMax / 2)))
  // A connection whose response was being sent when the stop began becomes idle later, and nothing else closes it.
  const closeIdle = () => parts.app.server.closeIdleConnections()
  closeIdle()
  const closingIdle = setInterval(closeIdle, closeIdleMs)
  const inFlightDone = await within('requests in flight', parts.app.close())
  clearInterval(closingIdle)
  if (!inFlightDone) parts.app.server.closeAllConnections()
  await within('metrics', Promise.resolve(parts.metricsApp?.close()))
  await within('security log', parts.audit.stop())
  await within('jobs', parts.jobs.stop())
  parts.mailer?.close()
  await within('queues', Promise.all(parts.shards.all.map(({ engine }) => engine.stop())))
  await within('the tail of the log', parts.shards.stop())
  parts.shared?.close()
  await within('traces', Promise.resolve(parts.tracing?.stop()))
  await within('database connections', Promise.all(parts.pools.map((pool) => pool.close(closeMs))))
}

/** @returns false if it did not finish in time. A failure is logged, so that the other parts are still stopped. */
async function finishBy(deadline: number, what: string, work: Promise<unknown>, log: Logger): Promise<boolean> {
  try {
    await pTimeout(work, { milliseconds: Math.max(1, deadline - performance.now()) })
    return true
  } catch (error) {
    if (error instanceof TimeoutError) {
      log.error({ what }, 'not stopped in time')
      return false
    }
    log.error({ err: error, what }, 'failed to stop')
    return true
  }
}
