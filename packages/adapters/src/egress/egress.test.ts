import { once } from 'node:events'
import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, expect, test, vi } from 'vitest'
import { createEgress } from './egress.ts'
import { isPublicAddress, urlProblem } from './public-addresses.ts'

const servers = new Set<Server>()
afterEach(() => {
  for (const server of servers) {
    server.closeAllConnections()
    server.close()
  }
  servers.clear()
})

/** A server on this machine, and how many requests it got. */
async function aServer(respond: RequestListener) {
  const received: string[] = []
  const server = createServer((request, response) => {
    received.push(request.url ?? '')
    respond(request, response)
  })
  servers.add(server)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return { port: (server.address() as AddressInfo).port, received }
}

const bounds = { method: 'GET', headers: {}, timeoutMs: 60_000, bodyBytesMax: 1_000 } as const
const loopback = async () => [{ address: '127.0.0.1', family: 4 }]

test.each([
  ['93.184.216.34', true],
  ['2606:2800:220:1::1', true],
  ['127.0.0.1', false],
  ['127.255.255.254', false],
  ['0.0.0.0', false],
  ['10.1.2.3', false],
  ['172.16.0.1', false],
  ['172.32.0.1', true],
  ['192.168.1.1', false],
  ['169.254.169.254', false],
  ['100.64.0.1', false],
  ['198.18.0.1', false],
  ['224.0.0.1', false],
  ['255.255.255.255', false],
  ['::', false],
  ['::1', false],
  ['fe80::1', false],
  ['fd00::1', false],
  ['ff02::1', false],
  ['::ffff:127.0.0.1', false],
  ['::ffff:93.184.216.34', true],
  ['::127.0.0.1', false],
  ['64:ff9b::7f00:1', false],
  ['64:ff9b:1::7f00:1', false],
  ['2002:7f00:1::', false],
  ['2001:0:7f00:1::', false],
  ['::7f00:1', false],
  ['::808:808', false],
  ['::ffff:0:7f00:1', false],
  ['fec0::1', false],
  ['1::1', false],
  ['4000::1', false],
  ['fe80::1%eth0', false],
  ['not an address', false],
])('%s is public: %s', (address, isPublic) => {
  expect(isPublicAddress(address)).toBe(isPublic)
})

test.each([
  ['https://hooks.example.org/x?y=1', null],
  ['https://93.184.216.34/', null],
  ['http://hooks.example.org/', 'https'],
  ['ftp://hooks.example.org/', 'https'],
  ['file:///etc/passwd', 'https'],
  ['https://user:secret@hooks.example.org/', 'password'],
  ['https://hooks.example.org/#part', 'fragment'],
  ['https://localhost/', 'public'],
  ['https://api.localhost./', 'public'],
  ['https://printer.local/', 'public'],
  ['https://metadata.google.internal/', 'public'],
  ['https://intranet/', 'public'],
  ['https://127.1/', 'public'],
  ['https://2130706433/', 'public'],
  ['https://0x7f.0.0.1/', 'public'],
  ['https://[::1]/', 'public'],
  ['https://[::ffff:10.0.0.1]/', 'public'],
  ['https://[::127.0.0.1]/', 'public'],
  ['https://[64:ff9b::10.0.0.1]/', 'public'],
  ['https://127.0.0.1./', 'public'],
  ['https://①②⑦.0.0.1/', 'public'],
  ['https://017700000001/', 'public'],
  ['hooks.example.org', 'not a URL'],
])('%s: %s', (url, problem) => {
  const found = urlProblem(url, { allowPrivate: false })
  if (problem === null) expect(found).toBeNull()
  else expect(found).toContain(problem)
})

test('where private networks are allowed, so are their hosts, and plain HTTP', () => {
  expect(urlProblem('http://127.0.0.1:8080/', { allowPrivate: true })).toBeNull()
  expect(urlProblem('ftp://127.0.0.1/', { allowPrivate: true })).toContain('https')
})

test('a name that resolves to this machine is refused when the connection is made, and nothing arrives', async () => {
  const { port, received } = await aServer((_request, response) => void response.end('secret'))
  const url = `https://hooks.example.org:${port}/`
  const guarded = createEgress({ allowPrivate: false, resolve: loopback })
  expect(guarded.problemOf(url)).toBeNull()
  expect(await guarded.request({ ...bounds, url })).toMatchObject({ kind: 'refused' })
  expect(received).toEqual([])
  // The control: without the rule, the same name reaches the same server.
  const open = createEgress({ allowPrivate: true, resolve: loopback })
  const outcome = await open.request({ ...bounds, url: `http://hooks.example.org:${port}/` })
  expect(outcome).toMatchObject({ kind: 'response', status: 200, body: 'secret' })
  expect(received).toHaveLength(1)
})

test('a name that resolves to a public address first and to this machine later is refused', async () => {
  const { port, received } = await aServer((_request, response) => void response.end())
  const results = [[{ address: '93.184.216.34', family: 4 }], await loopback()]
  const resolve = vi.fn(async () => results.shift() ?? (await loopback()))
  // The first look-up is the check of a name before it is used: what counts is the address of the connection.
  expect(isPublicAddress((await resolve())[0]?.address ?? '')).toBe(true)
  const egress = createEgress({ allowPrivate: false, resolve })
  expect(await egress.request({ ...bounds, url: `https://rebind.example.org:${port}/` })).toMatchObject({
    kind: 'refused',
  })
  expect(resolve).toHaveBeenCalledTimes(2)
  expect(received).toEqual([])
})

test('of a name with a public and a private address, only the public one is connected to', async () => {
  const { port, received } = await aServer((_request, response) => void response.end())
  const mixed = async () => [...(await loopback()), { address: '192.0.2.1', family: 4 }]
  const egress = createEgress({ allowPrivate: false, resolve: mixed })
  // 192.0.2.1 is reserved for documentation, so nothing is left.
  expect(await egress.request({ ...bounds, url: `https://mixed.example.org:${port}/` })).toMatchObject({
    kind: 'refused',
  })
  expect(received).toEqual([])
})

test('redirects are returned and not followed', async () => {
  const { port, received } = await aServer((_request, response) => {
    response.writeHead(302, { location: '/elsewhere' }).end()
  })
  const egress = createEgress({ allowPrivate: true })
  const outcome = await egress.request({ ...bounds, url: `http://127.0.0.1:${port}/` })
  expect(outcome).toMatchObject({ kind: 'response', status: 302, headers: { location: '/elsewhere' } })
  expect(received).toEqual(['/'])
})

test('a body that is too long, or never ends, and a response that never comes are failures', async () => {
  const long = await aServer((_request, response) => void response.end('x'.repeat(1_001)))
  const endless = await aServer((_request, response) => {
    const timer = setInterval(() => response.write('x'), 50)
    response.on('close', () => clearInterval(timer))
  })
  const silent = await aServer(() => undefined)
  const egress = createEgress({ allowPrivate: true })
  const get = (port: number, timeoutMs: number) =>
    egress.request({ ...bounds, timeoutMs, url: `http://127.0.0.1:${port}/` })
  const tooLong = await get(long.port, 60_000)
  expect(tooLong).toEqual({ kind: 'failed', reason: 'The response has more than 1000 bytes.', isTooLarge: true })
  const late = { kind: 'failed', reason: 'There was no complete response within 2 seconds.' }
  expect(await get(endless.port, 2_000)).toEqual(late)
  expect(await get(silent.port, 2_000)).toEqual(late)
})

test('a body that is sent arrives whole, and no body of the response is read if none is wanted', async () => {
  const bodies: string[] = []
  const { port } = await aServer((request, response) => {
    request.setEncoding('utf8').on('data', (part: string) => bodies.push(part))
    request.on('end', () => void response.writeHead(204).end())
  })
  const egress = createEgress({ allowPrivate: true })
  const outcome = await egress.request({
    ...bounds,
    method: 'POST',
    body: '{"ü":1}',
    bodyBytesMax: 0,
    url: `http://127.0.0.1:${port}/`,
  })
  expect(outcome).toMatchObject({ kind: 'response', status: 204, body: '' })
  expect(bodies.join('')).toBe('{"ü":1}')
  const closed = await aServer(() => undefined)
  const [server] = [...servers].slice(-1)
  await new Promise((resolve) => server?.close(resolve))
  expect(await egress.request({ ...bounds, url: `http://127.0.0.1:${closed.port}/` })).toEqual({
    kind: 'failed',
    reason: 'The connection was refused.',
  })
})

test.each(['000', '099'])('a response with the status %s, which is none, is a failure', async (status) => {
  const { port } = await aServer(() => undefined)
  const [server] = servers
  server?.removeAllListeners('request').on('request', (request) => {
    request.socket.end(`HTTP/1.1 ${status} x\r\nContent-Length: 0\r\n\r\n`)
  })
  const egress = createEgress({ allowPrivate: true })
  expect(await egress.request({ ...bounds, url: `http://127.0.0.1:${port}/` })).toEqual({
    kind: 'failed',
    reason: 'The response has no valid status.',
  })
})

test('a server that asks for another protocol has not responded', async () => {
  const { port } = await aServer(() => undefined)
  const [server] = servers
  server?.removeAllListeners('request').on('request', (request) => {
    request.socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n')
  })
  const egress = createEgress({ allowPrivate: true })
  expect(await egress.request({ ...bounds, url: `http://127.0.0.1:${port}/` })).toEqual({
    kind: 'failed',
    reason: 'The connection ended without a response.',
  })
})

test('a server without TLS is named as that', async () => {
  const { port } = await aServer((_request, response) => response.end())
  const egress = createEgress({ allowPrivate: true })
  const outcome = await egress.request({ ...bounds, url: `https://127.0.0.1:${port}/` })
  expect(outcome).toMatchObject({ kind: 'failed', reason: expect.stringMatching(/^There is no TLS at this port/) })
})
