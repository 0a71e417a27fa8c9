import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import { problem } from './problem-error.ts'

/**
 * While the server stops: what is in flight is answered on connections that then end, and what still arrives on one that
 * was open is told to go elsewhere. Without it a busy client's connection would never be let go.
 */
export const draining = fp(async (app: FastifyInstance, { isStopping }: { isStopping: () => boolean }) => {
  app.addHook('onRequest', (request, _reply, done) => {
    const isRefused = isStopping() && request.routeOptions.config?.admission !== 'open'
    const detail = 'This server is stopping. It was not tried.'
    done(isRefused ? problem('unavailable', detail, { retryAfterSeconds: 1 }) : undefined)
  })
  app.addHook('onSend', (_request, reply, payload, done) => {
    if (isStopping()) void reply.header('connection', 'close')
    done(null, payload)
  })
})
