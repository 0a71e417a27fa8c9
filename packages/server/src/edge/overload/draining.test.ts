import { once } from 'node:events'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { until } from '@holdfast/testkit'
import Fastify, { type FastifyInstance } from 'fastify'
import { expect, onTestFinished, test } from 'vitest'
import { draining } from './draining.ts'

let isStopping = false

async function anApp(trustedProxies: number): Promise<{ app: FastifyInstance; port: number }> {
  const app = Fastify()
  isStopping = false
  await app.register(draining, { isStopping: () => isStopping, config: { trustedProxies } })
  app.get('/', async () => 'served')
  await app.listen({ host: '127.0.0.1', port: 0 })
  onTestFinished(() => app.close())
  return { app, port: (app.server.address() as AddressInfo).port }
}

async function send(socket: Socket): Promise<string> {
  socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n')
  const [data] = (await once(socket, 'data')) as [Buffer]
  return data.toString()
}

/** A connection as a proxy keeps it. */
async function aKeptConnection(port: number): Promise<Socket> {
  const socket = connect(port, '127.0.0.1')
  expect(await send(socket)).toContain('keep-alive')
  return socket
}

async function untilRefused(port: number): Promise<void> {
  await until(async () => {
    const socket = connect(port, '127.0.0.1')
    return once(socket, 'connect').then(
      () => void socket.destroy(),
      () => true,
    )
  }, 'new connections to be refused')
}

test('behind a proxy, requests on kept connections are served until there are none for a second', async () => {
  const { app, port } = await anApp(1)
  const [one, other] = [await aKeptConnection(port), await aKeptConnection(port)]
  isStopping = true
  let hasStopped = false
  const stopping = app.stopAccepting(60_000).then(() => {
    hasStopped = true
  })
  await untilRefused(port)
  for (const socket of [one, other]) {
    const response = await send(socket)
    expect(response).toContain('200 OK')
    expect(response).toContain('connection: close')
  }
  const servedMs = performance.now()
  expect(hasStopped).toBe(false)
  await stopping
  // A timer may fire a little early.
  expect(performance.now() - servedMs).toBeGreaterThan(900)
})

test('a proxy that goes on sending is waited for until the limit', async () => {
  const { app, port } = await anApp(1)
  const socket = await aKeptConnection(port)
  const beganMs = performance.now()
  // `isStopping` stays false, so that its connection stays open.
  const stopping = app.stopAccepting(300)
  await stopping
  expect(performance.now() - beganMs).toBeGreaterThan(250)
  expect(await send(socket)).toContain('200 OK')
  socket.destroy()
})

test('without a proxy, nothing is waited for', async () => {
  const { app, port } = await anApp(0)
  const beganMs = performance.now()
  await app.stopAccepting(60_000)
  expect(performance.now() - beganMs).toBeLessThan(900)
  await untilRefused(port)
})
