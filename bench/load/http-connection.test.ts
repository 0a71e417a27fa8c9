import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { type HttpAnswer, HttpConnection } from './http-connection.ts'

const servers: Server[] = []

afterEach(() => {
  for (const server of servers.splice(0)) server.close()
})

/** A server that says what it is told to, to whoever asks. */
async function connected(answer: (socket: Socket) => void): Promise<HttpConnection> {
  const server = createServer((socket) => socket.on('data', () => answer(socket)).on('error', () => undefined))
  servers.push(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return HttpConnection.open({ host: '127.0.0.1', port: (server.address() as AddressInfo).port })
}

function asked(connection: HttpConnection): Promise<HttpAnswer | null> {
  return new Promise((resolve) => connection.ask('GET / HTTP/1.1\r\n\r\n', resolve))
}

test('an answer that comes byte by byte is read whole, and the connection is asked again', async () => {
  const text = 'HTTP/1.1 201 Created\r\nContent-Length: 5\r\n\r\nhello'
  const connection = await connected(async (socket) => {
    for (const byte of text) await new Promise((resolve) => socket.write(byte, resolve))
  })
  for (let times = 0; times < 2; times += 1)
    expect(await asked(connection)).toMatchObject({ status: 201, body: 'hello' })
  connection.close()
})

test('304 has no body, whatever its length says', async () => {
  const connection = await connected((socket) => socket.write('HTTP/1.1 304 Not Modified\r\n\r\n'))
  expect(await asked(connection)).toMatchObject({ status: 304, body: '' })
  connection.close()
})

test.each([
  ['a connection that is closed on us', ''],
  ['an answer without a length', 'HTTP/1.1 200 OK\r\n\r\nhello'],
  ['more than was asked for', 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhello'],
])('%s is a lost answer, and the connection is gone', async (_what, text) => {
  const connection = await connected((socket) => socket.end(text))
  expect(await asked(connection)).toBeNull()
  await expect.poll(() => connection.isOpen, { timeout: 20_000 }).toBe(false)
  expect(await asked(connection)).toBeNull()
})
