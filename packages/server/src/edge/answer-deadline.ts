import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import { problem } from './problem-error.ts'

/**
 * Responds with 503 to a request that takes longer than `seconds`. The work is not cancelled: a commit may be in
 * progress. (Fastify's `handlerTimeout` stops counting as soon as the request's body has been read.)
 */
export const answerDeadline = fp(async (app: FastifyInstance, { seconds }: { seconds: number }) => {
  app.addHook('onRequest', (_request, reply, done) => {
    const timer = setTimeout(() => {
      if (reply.sent) return
      const detail =
        'The response took too long. The request is still being processed: ' +
        'repeat a write with the same Idempotency-Key to get its outcome.'
      void reply.send(problem('unavailable', detail, { retryAfterSeconds: 1 }))
    }, seconds * 1000)
    reply.raw.once('close', () => clearTimeout(timer))
    done()
  })
})
