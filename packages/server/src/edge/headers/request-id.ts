import { randomUUID } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import type { Socket } from 'node:net'

const lengthMax = 64

/**
 * The id of a request, in the log and in responses. It is the `X-Request-Id` of a proxy, so that the lines of both logs
 * are found by one id. nginx sends 32 hexadecimal digits, whatever the client sent.
 *
 * @param isProxy whether the peer of a connection is a trusted proxy; if not, the header is the client's and is ignored
 */
export function requestIdOf(
  { headers, socket }: { headers: IncomingHttpHeaders; socket: Pick<Socket, 'remoteAddress'> },
  isProxy: (peer: string) => boolean,
): string {
  const sent = isProxy(socket.remoteAddress ?? '') ? headers['x-request-id'] : undefined
  const isUsable = typeof sent === 'string' && sent.length <= lengthMax && /^[\w-]{8,}$/.test(sent)
  return isUsable ? sent : randomUUID()
}
