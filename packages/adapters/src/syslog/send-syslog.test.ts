import { execFileSync } from 'node:child_process'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { createServer as createTcpServer, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createServer as createTlsServer } from 'node:tls'
import { expect, onTestFinished, test } from 'vitest'
import { sendSyslog } from './send-syslog.ts'
import { parseSyslogUrl } from './syslog-url.ts'

const messages = [
  { id: 'audit-anchor', text: '{"text":"one"}' },
  { id: 'audit-anchor', text: `{"text":"${'x'.repeat(1_500)}"}` },
]
const now = new Date('2026-11-30T21:00:00.123Z')
/** SYSLOG-MSG of RFC 5424, section 6, without structured data. */
const syslogMessage = /^<(\d{1,3})>1 (\S+) ([!-~]{1,255}) ([!-~]{1,48}) ([!-~]{1,128}) ([!-~]{1,32}) - (.*)$/s

function expectMessages(received: readonly string[]): void {
  expect(received).toHaveLength(messages.length)
  for (const [index, one] of received.entries()) {
    const [, priority, time, , app, , id, text] = syslogMessage.exec(one) ?? []
    expect({ priority, time, app, id, text }).toEqual({
      priority: '109',
      time: now.toISOString(),
      app: 'holdfast',
      ...messages[index],
    })
  }
}

/** The frames of RFC 6587, 3.4.1: the length in bytes, a space, and so many bytes. */
function framesOf(bytes: Buffer): string[] {
  const frames: string[] = []
  for (let at = 0; at < bytes.length; ) {
    const space = bytes.indexOf(' ', at)
    const length = Number(bytes.subarray(at, space).toString())
    frames.push(bytes.subarray(space + 1, space + 1 + length).toString())
    at = space + 1 + length
  }
  return frames
}

async function listen(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  const address = server.address()
  return typeof address === 'object' && address !== null ? address.port : 0
}

async function received(socket: Socket): Promise<string[]> {
  const chunks: Buffer[] = []
  for await (const chunk of socket) chunks.push(chunk)
  return framesOf(Buffer.concat(chunks))
}

test('by TCP a receiver gets each message with its length', async () => {
  const all = Promise.withResolvers<string[]>()
  const port = await listen(createTcpServer((socket) => all.resolve(received(socket))))
  await sendSyslog({ protocol: 'tcp', host: '127.0.0.1', port }, messages, { now })
  expectMessages(await all.promise)
})

test('by TLS the same, if the certificate is signed by one that is known', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'holdfast-syslog-'))
  onTestFinished(() => rm(directory, { recursive: true }))
  const [keyPath, certPath] = [join(directory, 'key.pem'), join(directory, 'cert.pem')]
  const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost', '-days', '2']
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']
  execFileSync('openssl', ['req', '-x509', ...curve, ...subject, '-keyout', keyPath, '-out', certPath], {
    stdio: 'ignore',
  })
  const [key, cert] = [await readFile(keyPath), await readFile(certPath)]
  const all = Promise.withResolvers<string[]>()
  const server = createTlsServer({ key, cert }, (socket) => all.resolve(received(socket)))
  server.on('tlsClientError', () => undefined)
  const port = await listen(server)
  const target = { protocol: 'tls', host: 'localhost', port } as const
  await expect(sendSyslog(target, messages, { now })).rejects.toMatchObject({ code: 'DEPTH_ZERO_SELF_SIGNED_CERT' })
  await sendSyslog(target, messages, { now, ca: cert.toString() })
  expectMessages(await all.promise)
})

test('by UDP each message is a datagram', async () => {
  const socket = createSocket('udp4')
  onTestFinished(() => void socket.close())
  const datagrams: string[] = []
  const all = new Promise<void>((resolve) => {
    socket.on('message', (bytes) => {
      datagrams.push(bytes.toString())
      if (datagrams.length === messages.length) resolve()
    })
  })
  socket.bind(0, '127.0.0.1')
  await once(socket, 'listening')
  await sendSyslog({ protocol: 'udp', host: '127.0.0.1', port: socket.address().port }, messages, { now })
  await all
  expectMessages(datagrams)
})

test('a receiver that is not there, or takes nothing, is an error', async () => {
  const gone = createTcpServer()
  const port = await listen(gone)
  gone.close()
  const target = { protocol: 'tcp', host: '127.0.0.1', port } as const
  await expect(sendSyslog(target, messages)).rejects.toMatchObject({ code: 'ECONNREFUSED' })
  const silent = { ...target, port: await listen(createTcpServer({ allowHalfOpen: true }, (socket) => socket.pause())) }
  await expect(sendSyslog(silent, messages, { timeoutMs: 50 })).rejects.toThrow('did not take the messages in time')
})

test('a server is named with its protocol, and has its usual port', () => {
  expect(parseSyslogUrl('tls://siem.example.org')).toEqual({ protocol: 'tls', host: 'siem.example.org', port: 6514 })
  expect(parseSyslogUrl('tcp://10.0.0.1')).toEqual({ protocol: 'tcp', host: '10.0.0.1', port: 601 })
  expect(parseSyslogUrl('udp://[::1]:5140')).toEqual({ protocol: 'udp', host: '::1', port: 5140 })
  for (const text of ['siem:514', 'http://siem', 'tcp://', 'tcp://siem:0', 'tcp://siem:70000', 'udp://siem/path']) {
    expect(parseSyslogUrl(text), text).toBeUndefined()
  }
})
