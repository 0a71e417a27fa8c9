import { createHash, timingSafeEqual } from 'node:crypto'
import type { FastifyInstance } from 'fastify'
import type { Metrics } from '../observe/metrics.ts'
import { problem } from './errors/problem-error.ts'

/** GET /metrics for Prometheus. If a token is set, the request needs it as Bearer. */
export async function metricsRoutes(
  app: FastifyInstance,
  { metrics, token }: { metrics: Metrics; token: string | null },
): Promise<void> {
  app.get('/metrics', { config: { authentication: 'none' } }, async (request, reply) => {
    if (token !== null && !isBearer(request.headers.authorization, token)) {
      throw problem('unauthenticated', 'Metrics require HOLDFAST_METRICS_TOKEN as Bearer token.')
    }
    void reply.header('content-type', metrics.registry.contentType).header('cache-control', 'no-store')
    return metrics.text()
  })
}

function isBearer(authorization: string | undefined, token: string): boolean {
  const actual = /^Bearer (.+)$/i.exec(authorization ?? '')?.[1] ?? ''
  return timingSafeEqual(digest(actual), digest(token))
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}
