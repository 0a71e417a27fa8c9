import { randomUUID } from 'node:crypto'
import type { IncomingMessage } from 'node:http'

const lengthMax = 64

/**
 * The id of a request, in the log and in responses. It is the `X-Request-Id` of a proxy, so that the lines of both logs
 * are found by one id. nginx sends 32 hexadecimal digits, whatever the client sent.
 *
 * @param hasProxy whether proxies are trusted; if not, the header is the client's and is ignored
 */
export function requestIdOf({ headers }: Pick<IncomingMessage, 'headers'>, hasProxy: boolean): string {
  const sent = hasProxy ? headers['x-request-id'] : undefined
  const isUsable = typeof sent === 'string' && sent.length <= lengthMax && /^[\w-]{8,}$/.test(sent)
  return isUsable ? sent : randomUUID()
}
