import Fastify, { type FastifyInstance, LogController } from 'fastify'
import type { Logger } from '../observe/logger.ts'
import type { Metrics } from '../observe/metrics.ts'
import { errorHandler } from './errors/error-handler.ts'
import { asFastifyLogger } from './fastify-logger.ts'
import { metricsRoutes } from './metrics-routes.ts'
import { type Probes, probeRoutes } from './probes.ts'

export type MetricsAppDeps = {
  log: Logger
  metrics: Metrics
  token: string | null
  /** Set in a process that has no other server for them. */
  probes?: Probes
}

/** A server of /metrics alone, for HOLDFAST_METRICS_PORT; and of the probes, too, in a process that runs only jobs. */
export async function buildMetricsApp({ log, metrics, token, probes }: MetricsAppDeps): Promise<FastifyInstance> {
  const app = Fastify({
    loggerInstance: asFastifyLogger(log),
    logController: new LogController({ disableRequestLogging: true }),
    requestTimeout: 10_000,
  })
  app.decorateReply('problemCode', null)
  app.setErrorHandler(errorHandler)
  await app.register(metricsRoutes, { metrics, token })
  if (probes !== undefined) await app.register(probeRoutes, probes)
  await app.ready()
  return app
}
