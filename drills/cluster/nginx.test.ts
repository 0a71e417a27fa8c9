import { once } from 'node:events'
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { type ClientHttp2Session, connect as connectHttp2 } from 'node:http2'
import { type RequestOptions, request } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { connect as connectTls } from 'node:tls'
import { portToKeep } from '@holdfast/testkit'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { WebSocket, WebSocketServer } from 'ws'
import { whyNoCluster } from './programs.ts'
import { startNginx } from './start-nginx.ts'

const reason = whyNoCluster(['nginx', 'openssl', 'setpriv'])
if (reason !== null) console.warn(`nginx is not tested here: ${reason}`)

/** A stand-in for a server of Holdfast. */
type Upstream = { server: Server; url: string; seen: { method: string; url: string; headers: object }[] }

/** The upstreams in the order in which nginx asks them. */
const upstreams: Upstream[] = []
let respond: (upstream: number, request: IncomingMessage, response: ServerResponse) => void
let site: Awaited<ReturnType<typeof startNginx>>
let directory: string
let https: number

async function anUpstream(index: number): Promise<Upstream> {
  const seen: Upstream['seen'] = []
  const server = createServer((incoming, response) => {
    seen.push({ method: incoming.method ?? '', url: incoming.url ?? '', headers: incoming.headers })
    respond(index, incoming, response)
  })
  const sockets = new WebSocketServer({ server, path: '/api/v1/live' })
  sockets.on('connection', (socket) => socket.on('message', (data) => socket.send(`echo ${data}`)))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return { server, seen, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` }
}

type Received = { status: number; headers: IncomingMessage['headers']; body: string }

async function send(path: string, options: RequestOptions = {}): Promise<Received> {
  const sent = request({ host: '127.0.0.1', port: https, path, ca: site.certificate, agent: false, ...options })
  sent.end(options.method === 'POST' ? '{}' : undefined)
  const [response] = (await once(sent, 'response')) as [IncomingMessage]
  return { status: response.statusCode ?? 0, headers: response.headers, body: await text(response) }
}

const seenOf = (path: string) => upstreams.map(({ seen }) => seen.filter(({ url }) => url === path))

/** The first server that gets this request loses its connection in the middle of it; the other one answers. */
function failFirst(): void {
  let hasFailed = false
  respond = (_, incoming, response) => {
    if (hasFailed) response.end('{}')
    else incoming.socket.destroy()
    hasFailed = true
  }
}

describe.runIf(reason === null)('nginx in front of two servers', () => {
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'hf-nginx-'))
    await chmod(directory, 0o711)
    upstreams.push(await anUpstream(0), await anUpstream(1))
    https = await portToKeep()
    const ports = { http: await portToKeep(), https }
    site = await startNginx(
      directory,
      ports,
      upstreams.map(({ url }) => url),
    )
  })

  afterAll(async () => {
    await site?.nginx.process.end()
    for (const { server } of upstreams) server.close().closeAllConnections()
    await rm(directory, { recursive: true, force: true })
  })

  test('a client’s own X-Forwarded-For is not passed on', async () => {
    respond = (_, __, response) => response.end()
    await send('/forwarded', { headers: { 'x-forwarded-for': '203.0.113.9', 'x-forwarded-proto': 'http' } })
    const [headers] = seenOf('/forwarded').flatMap((requests) => requests.map((one) => one.headers))
    expect(headers).toMatchObject({ 'x-forwarded-for': '127.0.0.1', 'x-forwarded-proto': 'https' })
  })

  test('the servers get the id that nginx logs', async () => {
    respond = (_, __, response) => response.end()
    await send('/with-id', { headers: { 'x-request-id': 'chosen-by-the-client' } })
    const [headers] = seenOf('/with-id').flatMap((requests) => requests.map((one) => one.headers))
    expect(headers).toMatchObject({ 'x-request-id': expect.stringMatching(/^[0-9a-f]{32}$/) })
  })

  test('lists are compressed, and responses to writes with a key are not', async () => {
    const list = JSON.stringify({ items: Array(200).fill('a doctor') })
    respond = (_, __, response) => response.setHeader('content-type', 'application/json').end(list)
    const headers = { 'accept-encoding': 'gzip' }
    expect((await send('/api/v1/doctors', { headers })).headers['content-encoding']).toBe('gzip')
    const keyed = { ...headers, 'idempotency-key': 'one' }
    const written = await send('/api/v1/bookings', { method: 'POST', headers: keyed })
    expect(written.headers['content-encoding']).toBeUndefined()
    expect(written.body).toBe(list)
  })

  test('HTTP/2 is spoken, and TLS before 1.2 is not', async () => {
    respond = (_, __, response) => response.end('by HTTP/1.1')
    const session: ClientHttp2Session = connectHttp2(`https://localhost:${https}`, { ca: site.certificate })
    const stream = session.request({ ':path': '/two' })
    expect(await text(stream)).toBe('by HTTP/1.1')
    session.close()
    const old = connectTls({ port: https, host: '127.0.0.1', ca: site.certificate, maxVersion: 'TLSv1.1' })
    await expect(once(old, 'secureConnect')).rejects.toThrow()
  })

  test('files with immutable names keep their header, and the other server is asked if one lacks them', async () => {
    respond = (index, _, response) => {
      if (index === 0) response.writeHead(404).end()
      else response.writeHead(200, { 'cache-control': 'public, max-age=31536000, immutable' }).end('file')
    }
    for (const name of ['a', 'b', 'c', 'd']) {
      const file = await send(`/assets/${name}.js`)
      expect(file).toMatchObject({ status: 200, body: 'file' })
      expect(file.headers['cache-control']).toBe('public, max-age=31536000, immutable')
    }
  })

  test('live connections are passed on: WebSockets, and events as they are sent', async () => {
    const socket = new WebSocket(`wss://localhost:${https}/api/v1/live`, { ca: site.certificate })
    await once(socket, 'open')
    socket.send('hello')
    const [data] = (await once(socket, 'message')) as [Buffer]
    expect(data.toString()).toBe('echo hello')
    socket.close()
    // It is not ended: only what is not buffered arrives.
    respond = (_, __, response) =>
      void response.writeHead(200, { 'content-type': 'text/event-stream' }).write('data: 1')
    const sent = request({ host: '127.0.0.1', port: https, path: '/api/v1/live/events', ca: site.certificate })
    sent.end()
    const [response] = (await once(sent, 'response')) as [IncomingMessage]
    const [event] = (await once(response, 'data')) as [Buffer]
    expect(event.toString()).toBe('data: 1')
    sent.destroy()
  })

  test('a write with a key whose server is lost is made by the other one', async () => {
    failFirst()
    const headers = { 'idempotency-key': 'two' }
    expect(await send('/keyed', { method: 'POST', headers })).toMatchObject({ status: 200 })
    expect(seenOf('/keyed').map((requests) => requests.length)).toEqual([1, 1])
  })

  test('a write without a key is not sent again, and its client gets a problem of the API', async () => {
    failFirst()
    const { status, headers, body } = await send('/keyless', { method: 'POST' })
    expect(status).toBe(503)
    expect(headers).toMatchObject({ 'retry-after': '1', 'content-type': 'application/problem+json' })
    expect(JSON.parse(body)).toMatchObject({ code: 'unavailable', status: 503 })
    expect(seenOf('/keyless').flat()).toHaveLength(1)
  })

  test('a read whose server is lost is answered by the other one', async () => {
    failFirst()
    expect(await send('/read')).toMatchObject({ status: 200, body: '{}' })
  })

  // The last one: nginx leaves servers out that failed.
  test('while no server responds, people read a page in their language, and programs get a problem', async () => {
    respond = (_, incoming) => incoming.socket.destroy()
    const accept = 'text/html,application/xhtml+xml'
    const page = await send('/doctors/1?day=today', { headers: { accept, 'accept-language': 'de-DE,de;q=0.9' } })
    expect(page).toMatchObject({ status: 503, body: expect.stringContaining('Ihre Termine sind sicher') })
    expect(page.headers['content-type']).toBe('text/html; charset=utf-8')
    expect(page.body).toContain('lang="de"')
    expect((await send('/', { headers: { accept } })).body).toContain('Your appointments are safe')
    for (const [path, headers] of [
      ['/api/v1/doctors', { accept }],
      ['/', {}],
      ['/readyz', { accept }],
    ] as const) {
      const refused = await send(path, { headers })
      expect(refused, path).toMatchObject({ status: 503 })
      expect(JSON.parse(refused.body), path).toMatchObject({ code: 'unavailable' })
    }
  })
})
