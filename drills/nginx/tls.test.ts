import { once } from 'node:events'
import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type ConnectionOptions, connect, createServer, setDefaultCACertificates } from 'node:tls'
import { call, serverOn } from '@holdfast/server/test/running-server'
import { createTestDatabase, portToKeep } from '@holdfast/testkit'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { whyNoCluster } from '../cluster/programs.ts'
import { startNginx } from '../cluster/start-nginx.ts'

const reason = whyNoCluster(['nginx', 'openssl', 'setpriv'])
if (reason !== null) console.warn(`TLS of nginx is not tested here: ${reason}`)

// The client would refuse the old versions and ciphers itself.
const anything = { minVersion: 'TLSv1', ciphers: 'ALL:@SECLEVEL=0' } as const satisfies ConnectionOptions

describe.runIf(reason === null)('nginx with the configuration of deploy/nginx', () => {
  const ends: (() => Promise<unknown>)[] = []
  let https: number
  let http: number
  let ca: string
  let key: string

  beforeAll(async () => {
    const database = await createTestDatabase()
    ends.push(() => database.drop())
    ;[http, https] = [await portToKeep(), await portToKeep()]
    const server = await serverOn(database, {
      HOLDFAST_URL: `https://127.0.0.1:${https}`,
      HOLDFAST_TRUSTED_PROXIES: '1',
    })
    ends.push(() => server.stop())
    const directory = await mkdtemp(join(tmpdir(), 'hf-tls-'))
    await chmod(directory, 0o711)
    ends.push(() => rm(directory, { recursive: true, force: true }))
    const started = await startNginx(directory, { http, https }, [server.url])
    ends.push(async () => started.nginx.process.end())
    ca = started.certificate
    key = await readFile(join(directory, 'nginx', 'key.pem'), 'utf8')
    setDefaultCACertificates([ca])
  })
  afterAll(async () => {
    for (const end of ends.reverse()) await end()
  })

  /** What is agreed on with a client that has these options, such as `TLSv1.3 TLS_AES_256_GCM_SHA384`. */
  async function agreed(options: ConnectionOptions, port = https): Promise<string> {
    const socket = connect({ host: '127.0.0.1', port, ca, ...anything, ...options })
    try {
      await once(socket, 'secureConnect')
      return `${socket.getProtocol()} ${socket.getCipher().name}`
    } finally {
      socket.destroy()
    }
  }

  test.each(['TLSv1', 'TLSv1.1'] as const)('refuses %s', async (version) => {
    await expect(agreed({ minVersion: version, maxVersion: version })).rejects.toThrow(/alert|version|disconnected/i)
  })

  test.each(['TLSv1.2', 'TLSv1.3'] as const)(
    'speaks %s, with a key that is forgotten and an authenticated cipher',
    async (version) => {
      const found = await agreed({ minVersion: version, maxVersion: version })
      expect(found).toMatch(/^TLSv1\.[23] (ECDHE-|TLS_).*(GCM|CHACHA20)/)
      expect(found.startsWith(`${version} `)).toBe(true)
    },
  )

  test.each([
    ['without forward secrecy', 'AES128-GCM-SHA256:AES256-GCM-SHA384'],
    ['in CBC mode', 'ECDHE-ECDSA-AES128-SHA256:ECDHE-RSA-AES128-SHA256:ECDHE-ECDSA-AES256-SHA:ECDHE-RSA-AES256-SHA'],
    ['without a certificate', 'ADH-AES128-SHA256:AECDH-AES256-SHA'],
  ])('refuses ciphers %s', async (_what, ciphers) => {
    const only = { maxVersion: 'TLSv1.2', ciphers: `${ciphers}:@SECLEVEL=0` } as const
    await expect(agreed(only)).rejects.toThrow(/alert|cipher|disconnected/i)
  })

  test('negative control: a server that accepts anything speaks these with the same client', async () => {
    const server = createServer({ key, cert: ca, ...anything }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    expect(await agreed({ minVersion: 'TLSv1.1', maxVersion: 'TLSv1.1' }, port)).toMatch(/^TLSv1\.1 /)
    const cbc = { maxVersion: 'TLSv1.2', ciphers: 'ECDHE-ECDSA-AES128-SHA256:@SECLEVEL=0' } as const
    expect(await agreed(cbc, port)).toBe('TLSv1.2 ECDHE-ECDSA-AES128-SHA256')
    server.close()
  })

  test('tells browsers to come by https alone, and leads those who come without it there', async () => {
    const { status, headers } = await call(`https://127.0.0.1:${https}/api/v1/clinics`)
    expect([status, headers.get('strict-transport-security')]).toEqual([200, 'max-age=31536000'])
    const plain = await fetch(`http://127.0.0.1:${http}/doctors`, { redirect: 'manual' })
    expect([301, 308]).toContain(plain.status)
    expect(plain.headers.get('location')).toMatch(/^https:\/\//)
  })
})
