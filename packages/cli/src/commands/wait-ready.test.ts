import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { runCaptured } from '../../test/captured-context.ts'

/** A server whose /readyz returns what `status` returns. */
async function aServer(status: () => number) {
  const askedAt: number[] = []
  const server = createServer((request, response) => {
    askedAt.push(performance.now())
    response.writeHead(request.url === '/readyz' ? status() : 404).end()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return { port: (server.address() as AddressInfo).port, askedAt }
}

test('it waits until a server has been ready for so long in a row, and begins again after a failure', async () => {
  const statuses = [503, 200, 503, 200]
  const { port, askedAt } = await aServer(() => statuses.shift() ?? 200)
  const env = { PORT: String(port), HOST: '0.0.0.0' }
  const { code, out } = await runCaptured(['wait-ready', '--proxy-seconds', '1'], env)
  expect(code).toBe(0)
  expect(out).toEqual([`http://127.0.0.1:${port} has been ready for 1 s.`])
  const readySince = askedAt[3] ?? Number.NaN
  expect((askedAt.at(-1) ?? 0) - readySince).toBeGreaterThanOrEqual(990)
})

test('a server that is not ready, or not there, is named with what it said', async () => {
  const { port } = await aServer(() => 503)
  const ofServer = (url: string) => runCaptured(['wait-ready', '--url', url, '--at-most', '1'])
  const unready = await ofServer(`http://127.0.0.1:${port}`)
  expect([unready.code, unready.err.at(-1)]).toEqual([
    1,
    `error: after 1 s, http://127.0.0.1:${port} is not ready (503); the log of the server says more`,
  ])
  const absent = await ofServer('http://127.0.0.1:1')
  expect([absent.code, absent.err.at(-1)]).toEqual([
    1,
    'error: after 1 s, http://127.0.0.1:1 does not respond; the log of the server says more',
  ])
})

test('a server that flaps is not taken for ready', async () => {
  let asked = 0
  const { port } = await aServer(() => (++asked % 2 === 0 ? 200 : 503))
  const { code } = await runCaptured([
    'wait-ready',
    '--url',
    `http://127.0.0.1:${port}`,
    '--proxy-seconds',
    '1',
    '--at-most',
    '3',
  ])
  expect(code).toBe(1)
})
