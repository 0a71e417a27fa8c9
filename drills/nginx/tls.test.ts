import { once } from 'node:events'
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type ConnectionOptions, connect, setDefaultCACertificates } from 'node:tls'
import { call, serverOn } from '@holdfast/server/test/running-server'
import { createTestDatabase, portToKeep } from '@holdfast/testkit'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { whyNoCluster } from '../cluster/programs.ts'
import { type NginxOptions, startNginx } from '../cluster/start-nginx.ts'

const reason = whyNoCluster(['nginx', 'openssl', 'setpriv'])
if (reason !== null) console.warn(`TLS of nginx is not tested here: ${reason}`)

// The client would refuse the old versions and ciphers itself.
const anything = { minVersion: 'TLSv1', ciphers: 'ALL:@SECLEVEL=0' } as const satisfies ConnectionOptions
// And so would nginx’s OpenSSL, whatever its directives are.
const lenientOpenssl = `
openssl_conf = all
[all]
ssl_conf = ssl
[ssl]
system_default = lenient
[lenient]
MinProtocol = TLSv1
CipherString = ALL:@SECLEVEL=0
`

const oldVersions = ['TLSv1', 'TLSv1.1'] as const
const weakCiphers = {
  'without forward secrecy': 'AES128-GCM-SHA256:AES256-GCM-SHA384',
  'in CBC mode': 'ECDHE-ECDSA-AES128-SHA256:ECDHE-RSA-AES128-SHA256:ECDHE-ECDSA-AES256-SHA:ECDHE-RSA-AES256-SHA',
  'without a certificate': 'ADH-AES128-SHA256:AECDH-AES256-SHA',
}
const onlyVersion = (version: (typeof oldVersions)[number] | 'TLSv1.2' | 'TLSv1.3') =>
  ({ minVersion: version, maxVersion: version }) as const
const onlyCiphers = (ciphers: string) => ({ maxVersion: 'TLSv1.2', ciphers: `${ciphers}:@SECLEVEL=0` }) as const

/** Old versions and weak ciphers are allowed. */
function weaken(configuration: string): string {
  const weak = configuration
    .replace(/ssl_protocols .*;/, 'ssl_protocols TLSv1 TLSv1.1 TLSv1.2;')
    .replace(/ssl_ciphers .*;/, 'ssl_ciphers ALL;')
  expect(weak).not.toBe(configuration)
  return weak
}

// A key exchange by RSA needs a certificate with such a key.
const kinds = {
  ec: { keyType: 'ec' },
  rsa: { keyType: 'rsa' },
  weak: { keyType: 'rsa', change: weaken },
} as const satisfies Record<string, NginxOptions>
type Kind = keyof typeof kinds

describe.runIf(reason === null)('nginx with the configuration of deploy/nginx', () => {
  const ends: (() => Promise<unknown>)[] = []
  const https = { ec: 0, rsa: 0, weak: 0 }
  const ca = { ec: '', rsa: '', weak: '' }
  let http: number

  beforeAll(async () => {
    const database = await createTestDatabase()
    ends.push(() => database.drop())
    for (const kind of Object.keys(kinds) as Kind[]) https[kind] = await portToKeep()
    http = await portToKeep()
    const server = await serverOn(database, {
      HOLDFAST_URL: `https://127.0.0.1:${https.ec}`,
      HOLDFAST_TRUSTED_PROXIES: '1',
    })
    ends.push(() => server.stop())
    const root = await mkdtemp(join(tmpdir(), 'hf-tls-'))
    await chmod(root, 0o711)
    ends.push(() => rm(root, { recursive: true, force: true }))
    await writeFile(join(root, 'openssl.cnf'), lenientOpenssl)
    for (const [kind, options] of Object.entries(kinds) as [Kind, NginxOptions][]) {
      const directory = join(root, kind)
      await mkdir(directory, { mode: 0o711 })
      const ports = { http: kind === 'ec' ? http : await portToKeep(), https: https[kind] }
      const env = { OPENSSL_CONF: join(root, 'openssl.cnf') }
      const started = await startNginx(directory, ports, [server.url], { ...options, env })
      ends.push(async () => started.nginx.process.end())
      ca[kind] = started.certificate
    }
    setDefaultCACertificates([ca.ec])
  })
  afterAll(async () => {
    for (const end of ends.reverse()) await end()
  })

  /** What is agreed on with a client that has these options, such as `TLSv1.3 TLS_AES_256_GCM_SHA384`. */
  async function agreed(kind: Kind, options: ConnectionOptions): Promise<string> {
    const socket = connect({ host: '127.0.0.1', port: https[kind], ca: ca[kind], ...anything, ...options })
    try {
      await once(socket, 'secureConnect')
      return `${socket.getProtocol()} ${socket.getCipher().name}`
    } finally {
      socket.destroy()
    }
  }

  describe.each(['ec', 'rsa'] as const)('with a certificate of %s', (kind) => {
    test.each(oldVersions)('refuses %s', async (version) => {
      await expect(agreed(kind, onlyVersion(version))).rejects.toThrow(/alert|version|disconnected/i)
    })

    test.each(['TLSv1.2', 'TLSv1.3'] as const)(
      'speaks %s, with a key that is forgotten and an authenticated cipher',
      async (version) => {
        const found = await agreed(kind, onlyVersion(version))
        expect(found).toMatch(/^TLSv1\.[23] (ECDHE-|TLS_).*(GCM|CHACHA20)/)
        expect(found.startsWith(`${version} `)).toBe(true)
      },
    )

    test.each(Object.entries(weakCiphers))('refuses ciphers %s', async (_what, ciphers) => {
      await expect(agreed(kind, onlyCiphers(ciphers))).rejects.toThrow(/alert|cipher|disconnected/i)
    })
  })

  test.each(oldVersions)('negative control: with other directives, it speaks %s', async (version) => {
    expect(await agreed('weak', onlyVersion(version))).toMatch(`${version} `)
  })

  test.each(Object.entries(weakCiphers))('negative control: with other directives, ciphers %s', async (_, ciphers) => {
    const options = { ...onlyCiphers(ciphers), rejectUnauthorized: false }
    const [version = '', cipher = ''] = (await agreed('weak', options)).split(' ')
    expect(version).toBe('TLSv1.2')
    expect(ciphers.split(':')).toContain(cipher)
  })

  test('tells browsers to come by https alone, and leads those who come without it there', async () => {
    const { status, headers } = await call(`https://127.0.0.1:${https.ec}/api/v1/clinics`)
    expect([status, headers.get('strict-transport-security')]).toEqual([200, 'max-age=31536000'])
    const plain = await fetch(`http://127.0.0.1:${http}/doctors`, { redirect: 'manual' })
    expect([301, 308]).toContain(plain.status)
    expect(plain.headers.get('location')).toMatch(/^https:\/\//)
  })
})
