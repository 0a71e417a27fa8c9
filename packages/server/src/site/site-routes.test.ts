import { createHash } from 'node:crypto'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { brotliCompressSync, brotliDecompressSync, gzipSync } from 'node:zlib'
import Fastify, { type FastifyInstance } from 'fastify'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { errorHandler } from '../edge/errors/error-handler.ts'
import { notFound } from '../edge/errors/not-found.ts'
import { refuseInvalidHost } from '../edge/headers/host-header.ts'
import { siteRoutes } from './site-routes.ts'

const script = 'console.log("a script of some length, so that it pays to compress it")'.repeat(20)
let directory: string
let app: FastifyInstance

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'holdfast-site-'))
  await mkdir(join(directory, 'assets'))
  await writeFile(join(directory, 'index.html'), '<!doctype html><script>let a = 1</script><div id="root"></div>')
  await writeFile(join(directory, 'assets/index-abc123.js'), script)
  await writeFile(join(directory, 'assets/index-abc123.js.br'), brotliCompressSync(script))
  await writeFile(join(directory, 'assets/index-abc123.js.gz'), gzipSync(script))
  await writeFile(join(directory, 'sw.js'), 'self')
  await writeFile(join(directory, 'sw.js.br'), brotliCompressSync('self'))
  await writeFile(join(directory, 'build-manifest.json'), '{}')
  await mkdir(join(directory, 'help'))
  await writeFile(join(directory, 'help/index.html'), '<!doctype html><title>Help</title>')
  await writeFile(join(directory, 'help/first-day.html'), '<!doctype html><title>First day</title>')
  await writeFile(join(directory, 'help/help.js'), script)
  app = Fastify()
  app.addHook('onRequest', refuseInvalidHost)
  app.setErrorHandler(errorHandler)
  await app.register(notFound)
  app.post('/api/v1/bookings', async () => ({}))
  app.get('/api/v1/clinics', async () => ({ items: [] }))
  await app.register(siteRoutes, { directory })
})

afterEach(async () => {
  await app.close()
  await rm(directory, { recursive: true, force: true })
})

const person = { accept: 'text/html,application/xhtml+xml,*/*;q=0.8' }

test.each(['/', '/doctors/some-id?from=2026-11-23', '/my-bookings', '/ticket'])(
  'a browser at %s gets the page, which is not cacheable',
  async (url) => {
    const response = await app.inject({ url, headers: person })
    expect(response.statusCode).toBe(200)
    expect(response.body).toContain('id="root"')
    expect(response.headers['cache-control']).toBe('no-store')
    expect(response.headers['content-type']).toMatch(/^text\/html/)
  },
)

test.each(['/', '/help', '/sw.js'])('%s with an invalid Host header is not a missing file', async (url) => {
  const response = await app.inject({ url, headers: { ...person, host: 'not a host' } })
  expect(response.statusCode).toBe(400)
  // A person reads a page, a program a problem.
  expect(response.headers['content-type']).toMatch(url === '/sw.js' ? 'application/problem+json' : 'text/html')
  expect(response.headers.connection).toBe('close')
})

test('the page may run only the scripts of the build and its inline script', async () => {
  const { headers } = await app.inject({ url: '/', headers: person })
  const policy = String(headers['content-security-policy'])
  const scripts = policy.split('; ').find((part) => part.startsWith('script-src'))
  expect(scripts).toBe(`script-src 'self' 'sha256-${createHash('sha256').update('let a = 1').digest('base64')}'`)
  expect(policy).toContain("default-src 'none'")
})

test('a file with a hash in its name is cacheable forever, and is sent as compressed by the build', async () => {
  const response = await app.inject({ url: '/assets/index-abc123.js', headers: { 'accept-encoding': 'gzip, br' } })
  expect(response.headers['cache-control']).toBe('public, max-age=31536000, immutable')
  expect(response.headers['content-encoding']).toBe('br')
  expect(response.headers.vary).toMatch(/accept-encoding/i)
  expect(brotliDecompressSync(response.rawPayload).toString()).toBe(script)
  const plain = await app.inject({ url: '/assets/index-abc123.js', headers: { 'accept-encoding': 'identity' } })
  expect(plain.headers['content-encoding']).toBeUndefined()
  expect(plain.body).toBe(script)
})

test.each([
  ['gzip;q=0, *', 'br'],
  ['*, br;q=0', 'gzip'],
  ['gzip;q=0, br;q=0, *', undefined],
  ['br;q=0', undefined],
])('a file is not sent in an encoding that is refused: %s', async (accepted, encoding) => {
  const { headers } = await app.inject({ url: '/assets/index-abc123.js', headers: { 'accept-encoding': accepted } })
  expect(headers['content-encoding']).toBe(encoding)
  expect(headers.vary).toMatch(/accept-encoding/i)
})

test('the service worker is revalidated each time, and may fetch from this server', async () => {
  for (const encoding of ['identity', 'br']) {
    const { headers } = await app.inject({ url: '/sw.js', headers: { 'accept-encoding': encoding } })
    expect(headers['content-encoding'] ?? 'identity').toBe(encoding)
    expect(headers['cache-control']).toBe('no-cache')
    expect(headers['content-security-policy']).toBe("default-src 'none'; connect-src 'self'")
  }
})

test.each([
  '/api/v1/unknown',
  '/api',
  '/assets/gone-123.js',
  '/favicon.ico',
  '/build-manifest.json',
  '/assets/index-abc123.js.br',
])('%s is not served, to any client', async (url) => {
  const response = await app.inject({ url, headers: person })
  expect([response.statusCode, response.json().code]).toEqual([404, 'not_found'])
})

test('a program that requests a page’s URL gets 404', async () => {
  const response = await app.inject({ url: '/my-bookings', headers: { accept: 'application/json' } })
  expect(response.statusCode).toBe(404)
})

test('an API path with another method still gets 405, and its GET routes are served', async () => {
  const wrong = await app.inject({ url: '/api/v1/bookings', headers: person })
  expect([wrong.statusCode, wrong.headers.allow]).toEqual([405, 'POST'])
  const posted = await app.inject({ method: 'POST', url: '/my-bookings', headers: person })
  expect(posted.statusCode).toBe(404)
  expect((await app.inject('/api/v1/clinics')).json()).toEqual({ items: [] })
})

test('without a build only the API is served', async () => {
  const bare = Fastify()
  bare.setErrorHandler(errorHandler)
  await bare.register(notFound)
  await bare.register(siteRoutes, { directory: join(directory, 'nowhere') })
  expect((await bare.inject({ url: '/', headers: person })).statusCode).toBe(404)
  await bare.close()
})

test.each([
  ['/help', 'Help'],
  ['/help/first-day', 'First day'],
])('%s is a page of the help, to any client', async (url, title) => {
  const response = await app.inject({ url })
  expect([response.statusCode, response.body]).toEqual([200, expect.stringContaining(`<title>${title}</title>`)])
  expect(response.headers['content-type']).toMatch(/^text\/html/)
  expect(response.headers['cache-control']).toBe('no-cache')
  expect(String(response.headers['content-security-policy'])).toContain("script-src 'self';")
  const again = await app.inject({ url, headers: { 'if-none-match': String(response.headers.etag) } })
  expect(again.statusCode).toBe(304)
})

test('the scripts of the help are files, and a page that it does not have is the site’s to explain', async () => {
  expect((await app.inject('/help/help.js')).statusCode).toBe(200)
  const missing = await app.inject({ url: '/help/nothing', headers: person })
  expect(missing.body).toContain('id="root"')
})
