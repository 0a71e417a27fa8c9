import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { HttpConnection, type HttpResponse } from './http-connection.ts'

const servers: Server[] = []

afterEach(() => {
  for (const server of servers.splice(0)) server.close()
})

/** A connection to a server that calls `respond` for every request. */
async function connected(respond: (socket: Socket) => void): Promise<HttpConnection> {
  const server = createServer((socket) => socket.on('data', () => respond(socket)).on('error', () => undefined))
  servers.push(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return HttpConnection.open({ host: '127.0.0.1', port: (server.address() as AddressInfo).port })
}

function request(connection: HttpConnection): Promise<HttpResponse | null> {
  return new Promise((resolve) => connection.send('GET / HTTP/1.1\r\n\r\n', resolve))
}

test('a response that arrives byte by byte is read completely, and the connection can be reused', async () => {
  const text = 'HTTP/1.1 201 Created\r\nContent-Length: 5\r\n\r\nhello'
  const connection = await connected(async (socket) => {
    for (const byte of text) await new Promise((resolve) => socket.write(byte, resolve))
  })
  for (let times = 0; times < 2; times += 1)
    expect(await request(connection)).toMatchObject({ status: 201, body: 'hello' })
  connection.close()
})

test('304 has no body, whatever its Content-Length', async () => {
  const connection = await connected((socket) => socket.write('HTTP/1.1 304 Not Modified\r\n\r\n'))
  expect(await request(connection)).toMatchObject({ status: 304, body: '' })
  connection.close()
})

test.each([
  ['a connection that the server closes', ''],
  ['a response without a length', 'HTTP/1.1 200 OK\r\n\r\nhello'],
  ['more bytes than announced', 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhello'],
])('%s is a lost response, and the connection is closed', async (_what, text) => {
  const connection = await connected((socket) => socket.end(text))
  expect(await request(connection)).toBeNull()
  await expect.poll(() => connection.isOpen).toBe(false)
  expect(await request(connection)).toBeNull()
})
