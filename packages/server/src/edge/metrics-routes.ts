import { createHash, timingSafeEqual } from 'node:crypto'
import type { FastifyInstance } from 'fastify'
import type { Metrics } from '../metrics.ts'
import { problem } from './problem-error.ts'

/** GET /metrics for Prometheus; with a token, only for who sends it as Bearer. */
export async function metricsRoutes(
  app: FastifyInstance,
  { metrics, token }: { metrics: Metrics; token: string | null },
): Promise<void> {
  app.get('/metrics', { config: { admission: 'open' } }, async (request, reply) => {
    if (token !== null && !isBearer(request.headers.authorization, token)) {
      throw problem('unauthenticated', 'Metrics are for who knows HOLDFAST_METRICS_TOKEN.')
    }
    void reply.header('content-type', metrics.registry.contentType).header('cache-control', 'no-store')
    return metrics.registry.metrics()
  })
}

function isBearer(authorization: string | undefined, token: string): boolean {
  const given = /^Bearer (.+)$/i.exec(authorization ?? '')?.[1] ?? ''
  return timingSafeEqual(digest(given), digest(token))
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}
