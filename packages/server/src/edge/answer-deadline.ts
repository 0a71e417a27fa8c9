import type { FastifyInstance, FastifyReply } from 'fastify'
import fp from 'fastify-plugin'
import { problem } from './problem-error.ts'

/**
 * Answers 503 in place of an answer that takes longer than `seconds`. What was begun goes on: nothing is cancelled, least
 * of all a commit. (Fastify's own `handlerTimeout` is called off as soon as the request's body has been read.)
 */
export const answerDeadline = fp(async (app: FastifyInstance, { seconds }: { seconds: number }) => {
  const startTimer = (reply: FastifyReply) => {
    const timer = setTimeout(() => {
      if (reply.sent) return
      const detail =
        'The answer took too long. What was begun goes on: repeat a write with the same Idempotency-Key to learn its outcome.'
      void reply.send(problem('unavailable', detail, { retryAfterSeconds: 1 }))
    }, seconds * 1000)
    reply.raw.once('close', () => clearTimeout(timer))
  }
  // What is answered from memory is answered by then, and needs no timer.
  let arrived: FastifyReply[] = []
  const startTimers = () => {
    const waiting = arrived
    arrived = []
    for (const reply of waiting) if (!reply.raw.writableEnded && !reply.raw.destroyed) startTimer(reply)
  }
  app.addHook('onRequest', (_request, reply, done) => {
    if (arrived.push(reply) === 1) setImmediate(startTimers)
    done()
  })
})
