import { isIP } from 'node:net'
import type { FastifyReply, FastifyRequest, HookHandlerDoneFunction } from 'fastify'

const withPort = /^(?:(?<v4>[\d.]+)|\[(?<v6>[0-9a-f:.]+)\])(?::\d{1,5})?$/i

/**
 * Removes ports and brackets from the addresses in X-Forwarded-For, which some proxies write: otherwise each port would
 * count as another client, and no network of trusted proxies would contain the address. What is no address becomes
 * `unknown`, one client for all. Add this hook before any other that reads `request.ip`.
 */
export function normalizeForwardedFor(
  request: FastifyRequest,
  _reply: FastifyReply,
  done: HookHandlerDoneFunction,
): void {
  const { headers } = request.raw
  const header = headers['x-forwarded-for']
  // Node joins several headers of this name.
  if (typeof header === 'string') headers['x-forwarded-for'] = header.split(',').map(addressIn).join(',')
  done()
}

function addressIn(part: string): string {
  const text = part.trim()
  if (isIP(text) !== 0) return text
  const { v4, v6 } = withPort.exec(text)?.groups ?? {}
  const address = v4 ?? v6 ?? ''
  return isIP(address) === 0 ? 'unknown' : address
}
