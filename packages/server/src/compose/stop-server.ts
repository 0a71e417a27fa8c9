import type { Engine } from '@holdfast/engine'
import type { FastifyInstance } from 'fastify'
import type pg from 'pg'
import type { RunningJobs } from '../jobs/run-jobs.ts'
import type { Logger } from '../logger.ts'

export type Stopping = {
  app: FastifyInstance
  metricsApp: FastifyInstance | null
  jobs: RunningJobs | null
  engine: Engine
  freshness: { stop(): Promise<void> }
  pools: pg.Pool[]
}

const closeIdleMs = 50

/**
 * Stops in the order in which nothing accepted is lost: no new connections; what is in flight is answered (the claims
 * in the queues with it); then jobs, queues, pools. What is not done in time is logged, and its connections are cut:
 * a commit under way is then an unknown outcome, to be told by its key.
 */
export async function stopServer(parts: Stopping, msMax: number, log: Logger): Promise<void> {
  const deadline = performance.now() + msMax
  const within = (what: string, work: Promise<unknown>) => orDeadline(what, work, deadline, log)

  // A connection whose answer was under way when the stop began idles afterwards: nothing else would end it.
  const closingIdle = setInterval(() => parts.app.server.closeIdleConnections(), closeIdleMs)
  const inFlightDone = await within('requests in flight', parts.app.close())
  clearInterval(closingIdle)
  if (!inFlightDone) parts.app.server.closeAllConnections()
  await within('metrics', Promise.resolve(parts.metricsApp?.close()))
  await within('jobs', Promise.resolve(parts.jobs?.stop()))
  await within('queues', parts.engine.stop())
  await within('the tail of the log', parts.freshness.stop())
  await within('database connections', Promise.all(parts.pools.map((pool) => pool.end())))
}

/** false: it was not over in time. A failure to stop one part does not keep the others running. */
async function orDeadline(what: string, work: Promise<unknown>, deadline: number, log: Logger): Promise<boolean> {
  const waiting = Promise.withResolvers<'late'>()
  const timer = setTimeout(() => waiting.resolve('late'), Math.max(0, deadline - performance.now()))
  try {
    const ended = await Promise.race([work, waiting.promise])
    if (ended === 'late') log.error({ what }, 'not stopped in time')
    return ended !== 'late'
  } catch (error) {
    log.error({ err: error, what }, 'failed to stop')
    return true
  } finally {
    clearTimeout(timer)
  }
}
