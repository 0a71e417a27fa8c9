import { createSocket } from 'node:dgram'
import { lookup } from 'node:dns/promises'
import { once } from 'node:events'
import { connect as connectTcp, isIP } from 'node:net'
import { hostname } from 'node:os'
import { connect as connectTls } from 'node:tls'
import { promisify } from 'node:util'
import pTimeout from 'p-timeout'
import type { SyslogServer } from './syslog-url.ts'

export type SyslogMessage = {
  /** The type of the message: at most 32 characters of printable ASCII. */
  id: string
  /** In ASCII, of one line. */
  text: string
}

type SendOptions = {
  now?: Date
  /** Certificates that sign the receiver's, PEM. Default: those of Node, with NODE_EXTRA_CA_CERTS. */
  ca?: string
  timeoutMs?: number
}

/** Facility 13 (log audit), severity 5 (notice). */
const priority = 13 * 8 + 5

/**
 * Sends messages as RFC 5424 has them: by TLS or TCP with their length before each (RFC 5425, RFC 6587), by UDP in a
 * datagram each (RFC 5426). By TLS and TCP it ends when the receiver has closed the connection; syslog has no
 * acknowledgement of what was stored. By UDP it ends when the datagrams are sent, and nobody knows whether they arrive.
 *
 * @throws the error of the socket or of the certificate, or a TimeoutError
 */
export async function sendSyslog(
  server: SyslogServer,
  messages: readonly SyslogMessage[],
  { now = new Date(), ca, timeoutMs = 10_000 }: SendOptions = {},
): Promise<void> {
  const lines = messages.map((message) => Buffer.from(lineOf(message, now)))
  await (server.protocol === 'udp' ? sendDatagrams(server, lines) : sendStream(server, lines, { ca, timeoutMs }))
}

function lineOf({ id, text }: SyslogMessage, now: Date): string {
  const host =
    hostname()
      .replaceAll(/[^!-~]/g, '-')
      .slice(0, 255) || '-'
  return `<${priority}>1 ${now.toISOString()} ${host} holdfast ${process.pid} ${id} - ${text}`
}

async function sendStream(
  { protocol, host, port }: SyslogServer,
  lines: readonly Buffer[],
  { ca, timeoutMs }: { ca: string | undefined; timeoutMs: number },
): Promise<void> {
  const servername = isIP(host) === 0 ? host : ''
  const socket = protocol === 'tls' ? connectTls({ host, port, servername, ca }) : connectTcp({ host, port })
  try {
    const sent = once(socket, 'close')
    // It is awaited after the connection, whose failure it reports, too.
    sent.catch(() => undefined)
    // What it sends is read, and means nothing: otherwise its end would not be seen.
    socket.resume()
    await once(socket, protocol === 'tls' ? 'secureConnect' : 'connect', { signal: AbortSignal.timeout(timeoutMs) })
    socket.end(Buffer.concat(lines.flatMap((line) => [Buffer.from(`${line.length} `), line])))
    await pTimeout(sent, { milliseconds: timeoutMs, message: 'the syslog receiver did not take the messages in time' })
  } finally {
    socket.destroy()
  }
}

async function sendDatagrams({ host, port }: SyslogServer, lines: readonly Buffer[]): Promise<void> {
  const { address, family } = await lookup(host)
  const socket = createSocket(family === 6 ? 'udp6' : 'udp4')
  try {
    const send = promisify(
      socket.send.bind(socket) as (
        line: Buffer,
        port: number,
        address: string,
        done: (error: Error | null) => void,
      ) => void,
    )
    for (const line of lines) await send(line, port, address)
  } finally {
    socket.close()
  }
}
