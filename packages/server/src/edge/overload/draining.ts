import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import { problem } from '../errors/problem-error.ts'

/**
 * While the server stops: completes requests in flight and closes their connections, and refuses new requests on open
 * connections with 503. Without this, the connection of a busy client would never be closed.
 */
export const draining = fp(async (app: FastifyInstance, { isStopping }: { isStopping: () => boolean }) => {
  app.addHook('onRequest', (request, _reply, done) => {
    const isRefused = isStopping() && request.routeOptions.config?.authentication !== 'none'
    const detail = 'This server is stopping. The request was not processed.'
    done(isRefused ? problem('unavailable', detail, { retryAfterSeconds: 1 }) : undefined)
  })
  app.addHook('onSend', (_request, reply, payload, done) => {
    if (isStopping()) void reply.header('connection', 'close')
    done(null, payload)
  })
})
