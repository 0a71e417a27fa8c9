import type { FastifyReply, FastifyRequest } from 'fastify'

/** For an operation whose body may be omitted. */
export function emptyBodyIfNone(request: FastifyRequest, _reply: FastifyReply, done: () => void): void {
  if (request.body === undefined) request.body = {}
  done()
}
