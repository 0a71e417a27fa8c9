import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import { problem } from './problem-error.ts'

/**
 * While the server stops: what is in flight is answered on connections that then end, and what still arrives on one that
 * was open is told to go elsewhere. Without it a busy client's connection would never be let go.
 */
export const draining = fp(async (app: FastifyInstance, { isStopping }: { isStopping: () => boolean }) => {
  app.addHook('onRequest', async (request) => {
    if (isStopping() && request.routeOptions.config?.admission !== 'open') {
      throw problem('unavailable', 'This server is stopping. It was not tried.', { retryAfterSeconds: 1 })
    }
  })
  app.addHook('onSend', async (_request, reply, payload) => {
    if (isStopping()) void reply.header('connection', 'close')
    return payload
  })
})
