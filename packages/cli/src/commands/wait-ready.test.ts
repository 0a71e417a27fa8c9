import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
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

/** A server that is ready, with a certificate that it has signed itself, for `localhost`. */
async function aTlsServer() {
  const directory = mkdtempSync(join(tmpdir(), 'hf-wait-ready-'))
  const [key, certificate] = [join(directory, 'key.pem'), join(directory, 'certificate.pem')]
  const names = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost']
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-keyout', key]
  execFileSync('openssl', ['req', '-x509', ...curve, '-out', certificate, ...names], { stdio: 'ignore' })
  const server = createTlsServer({ key: readFileSync(key), cert: readFileSync(certificate) }, (_request, response) => {
    response.writeHead(200).end()
  })
  await new Promise<void>((resolve) => server.listen(0, 'localhost', () => resolve()))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
    rmSync(directory, { recursive: true })
  })
  return { port: (server.address() as AddressInfo).port, certificate }
}

// Without --at-most, each command would wait for five minutes.
test('a certificate that is not trusted ends it at once, and --ca trusts it', async () => {
  const { port, certificate } = await aTlsServer()
  const url = `https://localhost:${port}`
  const untrusted = await runCaptured(['wait-ready', '--url', url])
  expect([untrusted.code, untrusted.err.at(-1)]).toEqual([
    1,
    `error: the certificate of ${url} is not trusted (DEPTH_ZERO_SELF_SIGNED_CERT). Name the certificate of ` +
      'its authority by --ca, or wait for another address by --url.',
  ])
  const trusted = await runCaptured(['wait-ready', '--url', url, '--ca', certificate, '--proxy-seconds', '1'])
  expect([trusted.code, trusted.out]).toEqual([0, [`${url} has been ready for 1 s.`]])
})

test('so do an address that is none, a file that is missing, and https where there is none', async () => {
  const { port } = await aServer(() => 200)
  const last = async (...args: string[]) => {
    const { code, err } = await runCaptured(['wait-ready', ...args])
    return [code, err.at(-1)]
  }
  expect(await last('--url', 'localhost')).toEqual([
    2,
    'error: expected --url https://HOST or http://HOST:PORT, not localhost',
  ])
  expect(await last('--ca', '/nowhere.pem')).toEqual([2, expect.stringMatching(/^error: --ca: .*nowhere\.pem/)])
  expect(await last('--url', `https://127.0.0.1:${port}`)).toEqual([
    1,
    expect.stringMatching(/^error: https:.* does not speak TLS there: /),
  ])
})
