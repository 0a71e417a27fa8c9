import type { FastifyInstance, FastifyReply } from 'fastify'
import fp from 'fastify-plugin'
import { problem } from '../errors/problem-error.ts'

declare module 'fastify' {
  interface FastifyReply {
    /** Runs while the response is being waited for. */
    deadline: NodeJS.Timeout | null
  }
}

/**
 * Responds with 503 to a request that takes longer than `seconds`. The work is not cancelled: a commit may be in
 * progress. (Fastify's `handlerTimeout` stops counting as soon as the request's body has been read.)
 */
export const responseDeadline = fp(async (app: FastifyInstance, { seconds }: { seconds: number }) => {
  let arrived: FastifyReply[] = []
  const startTimer = (reply: FastifyReply) => {
    reply.deadline = setTimeout(refuse, seconds * 1000, reply).unref()
  }
  const refuse = (reply: FastifyReply) => {
    // A file that is being streamed has begun its response; unread-responses.ts closes those that nobody reads.
    if (reply.sent || reply.raw.headersSent || reply.raw.destroyed) return
    // The client is still sending, and Node will disconnect it in time. A response now would be followed by another.
    if (!reply.request.raw.complete) startTimer(reply)
    else void reply.send(problem('unavailable', tooSlow(reply), { retryAfterSeconds: 1 }))
  }
  const startTimers = () => {
    const waiting = arrived.filter(isWaiting)
    arrived = []
    waiting.forEach(startTimer)
  }
  app.decorateReply('deadline', null)
  app.addHook('onRequest', (_request, reply, done) => {
    if (arrived.push(reply) === 1) setImmediate(startTimers)
    done()
  })
  app.addHook('onResponse', (_request, reply, done) => {
    if (reply.deadline !== null) clearTimeout(reply.deadline)
    done()
  })
})

function isWaiting({ raw }: FastifyReply): boolean {
  return !raw.writableEnded && !raw.destroyed
}

function tooSlow({ request }: FastifyReply): string {
  const { ifLost } = request.routeOptions.config
  const then = ifLost ?? 'Repeat a write with the same Idempotency-Key to get its outcome.'
  return `The response took too long. The request is still being processed. ${then}`
}
