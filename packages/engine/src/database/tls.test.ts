import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { type AddressInfo, connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { TLSSocket } from 'node:tls'
import { test as base } from '@holdfast/testkit/database-test'
import { expect } from 'vitest'
import { createPool } from './pools.ts'

const certificates = join(import.meta.dirname, '../../../../deploy/cluster/certificates')

/**
 * `tls`: the port of a server that speaks TLS as PostgreSQL does, for `localhost` alone, and passes what it reads on to
 * the test's database; `ca`: the file of the authority that signed its certificate, and `other`: of another one.
 */
const test = base.extend('tls', async ({ database }, { onCleanup }) => {
  const directory = mkdtempSync(join(tmpdir(), 'hf-tls-'))
  const create = (name: string) => execFileSync(certificates, [join(directory, name), 'database', 'localhost'])
  create('own')
  create('other')
  const [cert, key] = ['pem', 'key'].map((kind) => readFileSync(join(directory, 'own', `database.${kind}`)))
  const socketPath = `${new URL(database.ownerUrl).searchParams.get('host')}/.s.PGSQL.5432`
  const server = createServer((socket) => {
    // SSLRequest, and that it is accepted: https://www.postgresql.org/docs/15/protocol-flow.html
    socket.once('data', () => {
      socket.write('S')
      const secure = new TLSSocket(socket, { isServer: true, ...(cert && key ? { cert, key } : {}) })
      const behind = connect(socketPath)
      secure.on('error', () => behind.destroy())
      behind.on('error', () => secure.destroy())
      secure.pipe(behind).pipe(secure)
    })
    socket.on('error', () => undefined)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()))
  onCleanup(() => {
    server.close()
    rmSync(directory, { recursive: true, force: true })
  })
  const { port } = server.address() as AddressInfo
  return { port, ca: join(directory, 'own', 'ca.pem'), other: join(directory, 'other', 'ca.pem') }
})

test.for([
  ['verify-full', 'localhost', 'ca', null],
  ['verify-full', '127.0.0.1', 'ca', /IP: 127\.0\.0\.1 is not in the cert/],
  ['verify-full', 'localhost', 'other', /unable to verify|self-signed certificate/],
  ['verify-ca', '127.0.0.1', 'ca', null],
  ['verify-ca', '127.0.0.1', 'other', /unable to verify|self-signed certificate/],
] as const)('sslmode=%s for %s with the authority %s', async ([mode, host, authority, refused], { database, tls }) => {
  const url = new URL(database.ownerUrl)
  url.search = ''
  url.host = `${host}:${tls.port}`
  url.searchParams.set('sslmode', mode)
  url.searchParams.set('sslrootcert', tls[authority])
  if (mode === 'verify-ca') url.searchParams.set('uselibpqcompat', 'true')
  const pool = createPool({ url: url.href, max: 1, name: 'test' })
  try {
    const asked = pool.query<{ database: string }>('select current_database() as database')
    if (refused === null) {
      const { rows } = await asked
      expect(rows).toEqual([{ database: url.pathname.slice(1) }])
    } else await expect(asked).rejects.toThrow(refused)
  } finally {
    await pool.end()
  }
})
