import type { FastifyReply, FastifyRequest, HookHandlerDoneFunction } from 'fastify'
import { problem } from './problem-error.ts'

const hostPattern = /^(\[[0-9A-Fa-f:.]{2,45}\]|[A-Za-z0-9._-]{1,253})(:\d{1,5})?$/

/**
 * Refuses a malformed Host header, because URLs are built from it (redirects, origins), and a second one: a proxy may
 * have read the other.
 */
export function refuseInvalidHost(request: FastifyRequest, _reply: FastifyReply, done: HookHandlerDoneFunction): void {
  if (!hostPattern.test(request.host)) done(problem('invalid_request', 'The Host header is not a valid host.'))
  else if (hostHeaders(request.raw.rawHeaders) > 1) done(problem('invalid_request', 'There are several Host headers.'))
  else done()
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
