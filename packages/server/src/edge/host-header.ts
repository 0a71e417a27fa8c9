import type { FastifyRequest } from 'fastify'
import { problem } from './problem-error.ts'

const hostPattern = /^(\[[0-9A-Fa-f:.]{2,45}\]|[A-Za-z0-9._-]{1,253})(:\d{1,5})?$/

/** Refuses a Host that is no host: addresses are built from it (redirects, origins), and nothing good is sent so. */
export async function refuseStrangeHost(request: FastifyRequest): Promise<void> {
  if (!hostPattern.test(request.host)) throw problem('invalid_request', 'The Host header is not a host.')
}
