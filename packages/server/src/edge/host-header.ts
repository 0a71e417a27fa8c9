import type { FastifyReply, FastifyRequest, HookHandlerDoneFunction } from 'fastify'
import { problem } from './problem-error.ts'

const hostPattern = /^(\[[0-9A-Fa-f:.]{2,45}\]|[A-Za-z0-9._-]{1,253})(:\d{1,5})?$/

/** Refuses a malformed Host header, because URLs are built from it (redirects, origins). */
export function refuseInvalidHost(request: FastifyRequest, _reply: FastifyReply, done: HookHandlerDoneFunction): void {
  const isHost = hostPattern.test(request.host)
  done(isHost ? undefined : problem('invalid_request', 'The Host header is not a valid host.'))
}
