import { randomUUID } from 'node:crypto'
import { STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'
import type { ProblemCode } from '@holdfast/contract'
import { problem } from './problem-error.ts'

const known: Record<string, [ProblemCode, string]> = {
  ERR_HTTP_REQUEST_TIMEOUT: ['request_timeout', 'The request was not received completely in time.'],
  HPE_HEADER_OVERFLOW: ['headers_too_large', 'The headers are larger than 16 KiB.'],
}

/** How long a refused client has to read its response and to close the connection. */
const lingerMs = 1_000

/** Responds on the raw socket to input that is too slow, too large or not HTTP, and closes the connection. */
export function clientErrorHandler(error: Error & { code?: string }, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy()
    return
  }
  const [code, detail] = known[error.code ?? ''] ?? ['invalid_request', 'This is not a valid HTTP request.']
  const { status, headers, body } = problem(code, detail).render(randomUUID())
  const lines = Object.entries({ ...headers, 'content-length': String(Buffer.byteLength(body)), connection: 'close' })
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}`,
    ...lines.map(([name, value]) => `${name}: ${value}`),
  ]
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`)
  // A client that never closes its side would keep the socket open. Not at once: with unread input, that would discard
  // the response.
  const closing = setTimeout(() => socket.destroy(), lingerMs).unref()
  socket.once('close', () => clearTimeout(closing))
}
