import { connect } from 'node:net'
import { operations } from '@holdfast/contract'
import { describe, expect, test } from 'vitest'
import { administrator, call, serverOfFile, serverOn, signIn } from '../../test/running-server.ts'
import { helmetHeaders } from './headers/security-headers.ts'

const server = await serverOfFile({
  HOLDFAST_REQUEST_SECONDS_MAX: '2',
  HOLDFAST_CORS_ORIGINS: 'https://app.example.org',
})

/** Writes bytes on a socket as they are, and gives all that came back when the server closed it. */
function raw(parts: string[], url = server.url): Promise<{ text: string; seconds: number }> {
  const startedAt = performance.now()
  return new Promise((resolve, reject) => {
    const socket = connect(Number(new URL(url).port), '127.0.0.1', () => {
      for (const part of parts) socket.write(part)
    })
    let text = ''
    socket.on('data', (chunk) => {
      text += String(chunk)
    })
    socket.on('error', reject)
    socket.on('close', () => resolve({ text, seconds: (performance.now() - startedAt) / 1000 }))
  })
}

const bookings = () => `${server.url}/api/v1/bookings`

describe('malformed HTTP', () => {
  test('a client that sends its headers slowly is cut off with 408', async () => {
    const { text, seconds } = await raw(['GET /livez HTTP/1.1\r\nHost: x\r\nX-Slow: '])
    expect(text).toMatch(/^HTTP\/1\.1 408 /)
    expect(text).toContain('"code":"request_timeout"')
    expect(seconds).toBeLessThan(30)
  })

  test('a client that sends its body slowly is cut off', async () => {
    const head =
      'POST /api/v1/bookings HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n'
    const { text, seconds } = await raw([head, '{"slotId":'])
    expect(text).toMatch(/^HTTP\/1\.1 408 /)
    expect(seconds).toBeLessThan(30)
  })

  test('headers larger than 16 KiB get 431', async () => {
    const { text } = await raw([`GET /livez HTTP/1.1\r\nHost: x\r\nX-Large: ${'x'.repeat(20_000)}\r\n\r\n`])
    expect(text).toMatch(/^HTTP\/1\.1 431 /)
    expect(text).toContain('"code":"headers_too_large"')
  })

  test.each([
    ['no HTTP at all', ['\x16\x03\x01\x02\x00\x01\x00\r\n\r\n']],
    ['no Host', ['GET /livez HTTP/1.1\r\n\r\n']],
    ['two lengths', ['POST /api/v1/bookings HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n{}']],
    [
      'both Content-Length and chunks, as in request smuggling',
      ['POST /api/v1/bookings HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n'],
    ],
    ['two Host headers', ['GET /docs HTTP/1.1\r\nHost: x\r\nhOST: y\r\n\r\n']],
    ['two equal Host headers', ['GET /livez HTTP/1.1\r\nHost: x\r\nHost: x\r\n\r\n']],
    ['NUL in a header', ['GET /livez HTTP/1.1\r\nHost: x\r\nX-Nul: a\0b\r\n\r\n']],
  ])('%s gets 400 and the connection ends', async (_what, parts) => {
    const { text } = await raw(parts)
    expect(text).toMatch(/^HTTP\/1\.1 400 /)
  })
})

describe('invalid requests', () => {
  const json = { 'content-type': 'application/json' }

  test.each([
    ['malformed JSON', '{"a":', json, 400, 'invalid_request'],
    ['a body that ends early in Unicode', '"\ud800', json, 400, 'invalid_request'],
    ['JSON that pollutes prototypes', '{"__proto__":{"admin":true}}', json, 400, 'invalid_request'],
    ['JSON that pollutes constructors', '{"constructor":{"prototype":{"admin":true}}}', json, 400, 'invalid_request'],
    ['a body of 1 MiB and a bit', JSON.stringify({ a: 'x'.repeat(1_048_577) }), json, 413, 'body_too_large'],
    ['a form', 'a=b', { 'content-type': 'application/x-www-form-urlencoded' }, 415, 'unsupported_media_type'],
    ['plain text', 'a=b', { 'content-type': 'text/plain' }, 415, 'unsupported_media_type'],
    ['XML', '<a/>', { 'content-type': 'application/xml' }, 415, 'unsupported_media_type'],
    ['nesting a hundred thousand deep', '['.repeat(100_000) + ']'.repeat(100_000), json, 400, 'invalid_request'],
  ])('%s', async (_what, body, headers, status, code) => {
    const response = await call(bookings(), { method: 'POST', body, headers })
    expect(response.status).toBe(status)
    expect(response.headers.get('content-type')).toBe('application/problem+json; charset=utf-8')
    expect(response.body).toMatchObject({ status, code })
    expect(response.text).not.toMatch(/node_modules|\.ts:|at Object/)
  })

  test('an unknown path is 404, a known one with another method 405 with Allow', async () => {
    expect((await call(`${server.url}/api/v1/nothing`)).body.code).toBe('not_found')
    const response = await call(`${server.url}/api/v1/clinics`, { method: 'DELETE' })
    expect(response.status).toBe(405)
    expect(response.headers.get('allow')).toBe('GET, HEAD, POST')
    expect(response.body.code).toBe('method_not_allowed')
  })

  test.each([
    '/api/v1/%',
    '/api/v1/clinics/%00',
    '/api/v1/clinics/..%2f..%2fetc',
    `/api/v1/clinics/${'x'.repeat(200)}`,
  ])('the path %s is refused by a problem document', async (path) => {
    const response = await call(server.url + path)
    expect([400, 404, 414]).toContain(response.status)
    expect(response.headers.get('content-type')).toContain('application/problem+json')
  })

  test.each([
    '/assets/%2e%2e/x',
    '/assets/%2e%2e%2findex.html',
    '/assets/..%5cx',
    '/assets/%00',
    '/assets/x%00.js',
    '/assets/%',
    '/assets//etc/passwd',
    '/assets/.hidden',
    `/assets/${'x'.repeat(300)}`,
    '/docs/js/%2e%2e/x',
    '/%2e%2e/x',
    '/icons/%2e%2e/%2e%2e/x',
  ])('the path of a file %s is refused, and logs no error', async (path) => {
    // Sent as it is: fetch would normalize it.
    const { text } = await raw([`GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`])
    expect(text).toMatch(/^HTTP\/1\.1 (400|404|414) /)
    expect(text).toContain('application/problem+json')
    expect(server.logText()).not.toContain('"level":"error"')
  })

  test('a malformed Host header is refused', async () => {
    const { text } = await raw(['GET /docs HTTP/1.1\r\nHost: not a host\r\n\r\n'])
    expect(text).toMatch(/^HTTP\/1\.1 400 /)
  })
})

describe('headers for browsers', () => {
  test('responses have a policy that runs no scripts, and do not name the server software', async () => {
    const { headers } = await call(`${server.url}/api/v1/clinics`)
    expect(headers.get('content-security-policy')).toContain("default-src 'none'")
    expect(headers.get('x-content-type-options')).toBe('nosniff')
    expect(headers.get('x-frame-options')).toBe('DENY')
    expect(headers.get('referrer-policy')).toBe('no-referrer')
    expect(headers.get('cross-origin-resource-policy')).toBe('same-origin')
    expect(headers.get('strict-transport-security')).toBeNull()
    expect(headers.get('x-powered-by')).toBeNull()
    expect(headers.get('server')).toBeNull()
    // What is about a document's window is sent with documents.
    expect(headers.get('cross-origin-opener-policy')).toBeNull()
    expect((await call(`${server.url}/docs`)).headers.get('cross-origin-opener-policy')).toBe('same-origin')
  })

  test('with HOLDFAST_HSTS_SUBDOMAINS, Strict-Transport-Security includes them', async () => {
    const headers = await helmetHeaders({ isHttps: true, withSubdomains: true })
    expect(headers.all['strict-transport-security']).toBe('max-age=31536000; includeSubDomains')
    expect(headers.ofData['strict-transport-security']).toBe(headers.all['strict-transport-security'])
  })

  test('with an https address, cookies are Secure and Strict-Transport-Security is sent', async () => {
    const https = await serverOn(server.database, { HOLDFAST_URL: 'https://book.example.org' })
    try {
      expect((await call(`${https.url}/livez`)).headers.get('strict-transport-security')).toBe('max-age=31536000')
      const response = await call(`${https.url}/api/auth/sign-in/email`, { method: 'POST', body: administrator })
      const [session, browser] = response.headers.getSetCookie()
      expect(session).toMatch(
        /^__Host-better-auth\.session_token=[^;]*; Max-Age=2592000; Path=\/; HttpOnly; Secure; SameSite=Lax$/,
      )
      expect(browser).toMatch(
        /^__Host-holdfast\.browser=[^;]*; Max-Age=34560000; Path=\/; HttpOnly; Secure; SameSite=Lax$/,
      )
      const cookie = (session ?? '').split(';')[0] ?? ''
      expect((await call(`${https.url}/api/v1/me`, { headers: { cookie } })).status).toBe(200)
      // A neighbouring subdomain could set this one.
      const weaker = cookie.replace('__Host-', '__Secure-')
      expect((await call(`${https.url}/api/v1/me`, { headers: { cookie: weaker } })).status).toBe(401)
    } finally {
      await https.stop()
    }
  })

  test('only configured origins may read responses', async () => {
    const ours = await call(`${server.url}/api/v1/clinics`, { headers: { origin: 'https://app.example.org' } })
    expect(ours.headers.get('access-control-allow-origin')).toBe('https://app.example.org')
    expect(ours.headers.get('access-control-allow-credentials')).toBe('true')
    expect(ours.headers.get('access-control-expose-headers')).toContain('Holdfast-Position')
    for (const origin of ['https://evil.example', 'null', 'https://app.example.org.evil.example']) {
      const other = await call(`${server.url}/api/v1/clinics`, { headers: { origin } })
      expect(other.headers.get('access-control-allow-origin'), origin).toBeNull()
    }
    const preflight = await call(bookings(), {
      method: 'OPTIONS',
      headers: {
        origin: 'https://app.example.org',
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'idempotency-key,content-type',
      },
    })
    expect(preflight.status).toBe(204)
    expect(preflight.headers.get('access-control-allow-headers')).toContain('Idempotency-Key')
    // Every method that an operation has.
    const methods = new Set(operations.map(({ method }) => method))
    for (const method of methods) expect(preflight.headers.get('access-control-allow-methods')).toContain(method)
  })
})

describe('a write with a session cookie', () => {
  async function write(headers: Record<string, string>) {
    const session = await call(`${server.url}/api/auth/sign-in/email`, {
      method: 'POST',
      body: { email: 'admin@example.org', password: 'correct horse battery' },
    })
    const cookie = (session.headers.getSetCookie()[0] ?? '').split(';')[0] ?? ''
    const response = await call(`${server.url}/api/v1/clinics`, {
      method: 'POST',
      body: { name: 'C', timezone: 'UTC' },
      headers: { cookie, ...headers },
    })
    return response.status
  }

  test.each([
    ['from our own page', { 'sec-fetch-site': 'same-origin' }, 201],
    ['from our own page, by a browser that only says Origin', { origin: 'own' }, 201],
    ['from a configured origin', { origin: 'https://app.example.org', 'sec-fetch-site': 'cross-site' }, 201],
    ['from a program that says so by a header', { 'x-holdfast-client': 'cli' }, 201],
    ['from another site', { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' }, 403],
    ['from another site of the same domain', { origin: 'https://evil.localhost', 'sec-fetch-site': 'same-site' }, 403],
    ['from a sandboxed frame', { origin: 'null' }, 403],
    ['from who knows where', {}, 403],
  ])('%s', async (_what, headers, status) => {
    const sent: Record<string, string> = { ...headers }
    if (sent.origin === 'own') sent.origin = server.url
    expect(await write(sent)).toBe(status)
  })

  test('a write with a Bearer token needs no origin check', async () => {
    const bearer = await signIn(server.url)
    const options = {
      method: 'POST',
      body: { name: 'C', timezone: 'UTC' },
      bearer,
      headers: { origin: 'https://evil.example' },
    }
    expect((await call(`${server.url}/api/v1/clinics`, options)).status).toBe(201)
  })
})

describe('the documentation', () => {
  test('is a page that loads nothing from other servers and may run only its own script', async () => {
    const page = await call(`${server.url}/docs/`)
    expect(page.status).toBe(200)
    expect(page.text).not.toMatch(/(src|href)="(https?:)?\/\//)
    expect(page.headers.get('content-security-policy')).toMatch(/script-src 'self' 'sha256-[^']+';/)
    expect(page.headers.get('content-security-policy')).not.toMatch(/script-src[^;]*unsafe/)
    const script = await call(`${server.url}/docs/js/scalar.js`)
    expect(script.status).toBe(200)
    expect(script.text.length).toBeGreaterThan(100_000)
  })

  test('/openapi.json is an OpenAPI 3.1 document and supports If-None-Match', async () => {
    const response = await call(`${server.url}/openapi.json`)
    expect(response.body.openapi).toBe('3.1.0')
    const etag = response.headers.get('etag') ?? ''
    expect((await call(`${server.url}/openapi.json`, { headers: { 'if-none-match': etag } })).status).toBe(304)
  })
})
