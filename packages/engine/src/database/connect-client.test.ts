import { once } from 'node:events'
import { createServer, type Server, type Socket } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { connectClient } from './connect-client.ts'

/** A message of PostgreSQL's login by SCRAM-SHA-256. `kind`: 10, AuthenticationSASL; 11, AuthenticationSASLContinue. */
function loginMessage(kind: number, text: string): Buffer {
  const message = Buffer.alloc(9 + text.length)
  message.write('R')
  message.writeInt32BE(8 + text.length, 1)
  message.writeInt32BE(kind, 5)
  message.write(text, 9)
  return message
}

async function listening(onSocket: (socket: Socket) => void): Promise<{ server: Server; url: string }> {
  const server = createServer(onSocket)
  onTestFinished(() => void server.close())
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  return { server, url: `postgres://nobody@127.0.0.1:${address.port}/none` }
}

test('a login that fails before it is sent closes the connection', async () => {
  const closed = Promise.withResolvers<void>()
  const { url } = await listening((socket) => {
    socket.once('data', () => {
      socket.write(loginMessage(10, 'SCRAM-SHA-256\0\0'))
      socket.once('data', () => socket.write(loginMessage(11, 'r=nonce,s=c2FsdA==,i=4096')))
    })
    socket.once('close', () => closed.resolve())
  })
  await expect(connectClient({ url, name: 'test' })).rejects.toThrow(/password must be a string/)
  await closed.promise
})

test('a server that does not respond is given up after the timeout', async () => {
  const { url } = await listening((socket) => {
    onTestFinished(() => void socket.destroy())
  })
  const began = performance.now()
  await expect(connectClient({ url, name: 'test', connectTimeoutMs: 200 })).rejects.toThrow(/timeout/)
  expect(performance.now() - began).toBeGreaterThan(190)
})
