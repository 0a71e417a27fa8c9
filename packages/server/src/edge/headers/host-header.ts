import type { FastifyReply, FastifyRequest, HookHandlerDoneFunction } from 'fastify'
import { problem } from '../errors/problem-error.ts'

const hostPattern = /^(\[[0-9A-Fa-f:.]{2,45}\]|[A-Za-z0-9._-]{1,253})(:\d{1,5})?$/

/**
 * Refuses a malformed Host header, because URLs are built from it (redirects, origins), and a second one: a proxy may
 * have read the other. The connection ends, as after every malformed request.
 */
export function refuseInvalidHost(request: FastifyRequest, reply: FastifyReply, done: HookHandlerDoneFunction): void {
  const areSeveral = hostHeaders(request.raw.rawHeaders) > 1
  if (!areSeveral && hostPattern.test(request.host)) done()
  else {
    reply.header('connection', 'close')
    const detail = areSeveral ? 'There are several Host headers.' : 'The Host header is not a valid host.'
    done(problem('invalid_request', detail))
  }
}

/** `request.headers` has only the first. Names and values alternate. */
function hostHeaders(rawHeaders: readonly string[]): number {
  let count = 0
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index] ?? ''
    if (name.length === 4 && name.toLowerCase() === 'host') count += 1
  }
  return count
}
