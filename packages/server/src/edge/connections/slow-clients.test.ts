// Nightly: each kind of slow client
import { connect, type Socket } from 'node:net'
import { setTimeout as delay, setImmediate as nextTurn } from 'node:timers/promises'
import { until } from '@holdfast/testkit'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { liveClient } from '../../../test/live-client.ts'
import { call, type RunningServer, runningServer, serverOn } from '../../../test/running-server.ts'

let server: RunningServer

const times = { HOLDFAST_REQUEST_SECONDS_MAX: '1', HOLDFAST_ANSWER_SECONDS_MAX: '1' }

beforeAll(async () => {
  server = await runningServer(times)
})
afterAll(() => server.end())

/** A client that never closes its side. */
async function rudeClient(url: string, text: string, localAddress = '127.0.0.1'): Promise<Socket> {
  const socket = connect({ host: '127.0.0.1', port: Number(new URL(url).port), allowHalfOpen: true, localAddress })
  // It is closed by a reset, which is an error.
  socket.on('error', () => undefined)
  await new Promise<void>((resolve) => socket.once('connect', resolve))
  socket.write(text)
  return socket
}

/** Waits until the server has released the socket, which a client notices when it writes (here, empty lines). */
function released(socket: Socket, everyMs = 10): Promise<true> {
  return until(async () => {
    await delay(everyMs)
    if (socket.destroyed) return true
    socket.write('\r\n')
    return undefined
  }, 'the server releases the socket')
}

const get = 'GET /livez HTTP/1.1\r\nHost: x\r\n\r\n'
const isClosed = (socket: Socket) =>
  until(async () => socket.destroyed || socket.readableEnded || undefined, 'the connection is closed')

// The tests run at the same time, because they wait for the server's timeouts.
describe.concurrent('a client that never closes its side is disconnected', () => {
  test.each([
    ['after it sent nothing', '', /^HTTP\/1\.1 408 /],
    ['after it sent its headers slowly', 'GET /livez HTTP/1.1\r\nHost: x\r\nX-Slow: ', /^HTTP\/1\.1 408 /],
    [
      'after it sent its body slowly',
      'POST /api/v1/bookings HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{',
      /^HTTP\/1\.1 408 /,
    ],
    ['after it sent no HTTP', 'hello\r\n\r\n', /^HTTP\/1\.1 400 /],
  ])('%s', async (_what, text, status) => {
    const socket = await rudeClient(server.url, text)
    let got = ''
    socket.on('data', (chunk) => {
      got += String(chunk)
    })
    await until(async () => status.test(got), 'a response')
    await released(socket)
  })

  // Too early for the check a second later, these connections are refused by the one after it. An idle timeout of two
  // seconds, the sum of the two settings, would close some of them just before.
  test('with a response also if it connected at the moment of a check', async () => {
    await responseOf(await rudeClient(server.url, ''))
    const checkedAt = performance.now()
    await delay(990)
    const sockets: Promise<string>[] = []
    while (performance.now() < checkedAt + 1_010 || sockets.length < 20) {
      sockets.push(rudeClient(server.url, '').then(responseOf))
      await nextTurn()
    }
    for (const response of await Promise.all(sockets)) expect(response).toMatch(/^HTTP\/1\.1 408 /)
  })

  test('when it does not read its responses', async () => {
    const socket = await rudeClient(server.url, 'GET /docs/js/scalar.js HTTP/1.1\r\nHost: x\r\n\r\n'.repeat(20))
    socket.pause()
    // Writing is activity: rarer than the server's timeout, which is the sum of the two settings.
    await released(socket, 3_500)
  })
})

test('a client that reads slowly gets its responses', async () => {
  const socket = await rudeClient(server.url, 'GET /docs/js/scalar.js HTTP/1.1\r\nHost: x\r\n\r\n'.repeat(20))
  let bytes = 0
  socket.on('data', (chunk) => {
    bytes += chunk.length
    socket.pause()
  })
  // Longer than the server's timeout, the sum of the two settings, and never as long without reading.
  const beganAt = performance.now()
  while (performance.now() < beganAt + 6_000) {
    const before = bytes
    while (bytes < before + 1_000_000 && !socket.destroyed) {
      socket.resume()
      await nextTurn()
    }
    await delay(300)
  }
  expect(socket.destroyed).toBe(false)
  socket.destroy()
})

describe('plain connections', () => {
  async function limited(env: Record<string, string>, use: (url: string, logText: () => string) => Promise<void>) {
    const other = await serverOn(server.database, { HOLDFAST_RATE_LIMIT: 'on', ...env })
    try {
      await use(other.url, other.logText)
    } finally {
      await other.stop()
    }
  }

  test('are limited per address, and closed at once beyond', async () => {
    await limited({ HOLDFAST_CONNECTIONS_PER_ADDRESS_MAX: '2' }, async (url, logText) => {
      const [first] = [await rudeClient(url, get), await rudeClient(url, get)]
      await isClosed((await rudeClient(url, get)).resume())
      expect(logText()).toContain('HOLDFAST_CONNECTIONS_PER_ADDRESS_MAX')
      const elsewhere = await rudeClient(url, get, '127.0.0.2')
      expect(await responseOf(elsewhere)).toMatch(/^HTTP\/1\.1 200 /)
      first?.destroy()
      await until(async () => (await responseOf(await rudeClient(url, get))) || undefined, 'room after one closed')
    })
  })

  test('are limited in total, and leave the live connections their share', async () => {
    const maxima = { HOLDFAST_CONNECTIONS_MAX: '2', HOLDFAST_LIVE_CONNECTIONS_MAX: '3' }
    await limited(maxima, async (url) => {
      const lives = [await liveClient(url), await liveClient(url), await liveClient(url)]
      const plain = [await rudeClient(url, get), await rudeClient(url, get)]
      for (const socket of plain) expect(await responseOf(socket)).toMatch(/^HTTP\/1\.1 200 /)
      await isClosed((await rudeClient(url, get)).resume())
      await Promise.all(lives.map((live) => live.end()))
      // Nor do plain connections use up the share of live ones.
      await isClosed((await rudeClient(url, get)).resume())
      plain[0]?.destroy()
      const live = await until(() => liveClient(url).catch(() => undefined), 'a live connection')
      await live.end()
    })
  })

  test('are not limited per address for a trusted proxy, nor without rate limits', async () => {
    for (const env of [{ HOLDFAST_TRUSTED_PROXIES: '127.0.0.0/8' }, { HOLDFAST_RATE_LIMIT: 'off' }]) {
      await limited({ HOLDFAST_CONNECTIONS_PER_ADDRESS_MAX: '1', ...env }, async (url) => {
        for (let n = 0; n < 3; n += 1) expect(await responseOf(await rudeClient(url, get))).toMatch(/^HTTP\/1\.1 200 /)
      })
    }
  })
})

/** What came back first; empty if the connection was closed without a response. */
function responseOf(socket: Socket): Promise<string> {
  return new Promise((resolve) => {
    socket.once('data', (chunk) => resolve(String(chunk)))
    socket.once('close', () => resolve(''))
    socket.once('end', () => resolve(''))
  })
}

test('a body that does not arrive until the deadline of the response is refused once', async () => {
  const slow = await serverOn(server.database, { HOLDFAST_REQUEST_SECONDS_MAX: '4', HOLDFAST_ANSWER_SECONDS_MAX: '1' })
  try {
    const head =
      'POST /api/v1/bookings HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{'
    const response = await responseOf(await rudeClient(slow.url, head))
    expect(response).toMatch(/^HTTP\/1\.1 408 /)
    expect((await call(`${slow.url}/livez`)).status).toBe(200)
    expect(slow.logText()).not.toContain('FST_ERR_REP_ALREADY_SENT')
  } finally {
    await slow.stop()
  }
})
