import { afterEach, beforeEach, expect, test, vi } from 'vitest'

let sent: unknown[]
/** The properties that the server knows; the server refuses all others, as its validator does. */
let known: string[]
let page: typeof import('./later-properties.ts')

beforeEach(async () => {
  sent = []
  vi.stubGlobal('window', { location: { origin: 'http://localhost' } })
  vi.stubGlobal('fetch', async (request: Request) => {
    const body = await request.json()
    sent.push(body)
    const errors = Object.keys(body)
      .filter((name) => !known.includes(name))
      .map((name) => ({ path: `/${name}`, message: `is not known here; known are ${known.join(', ')}` }))
    return errors.length === 0
      ? Response.json({ id: '1' }, { status: 201 })
      : Response.json({ code: 'invalid_request', errors }, { status: 400 })
  })
  vi.resetModules()
  page = await import('./later-properties.ts')
})

afterEach(() => vi.unstubAllGlobals())

const post = (body: object) =>
  page.fetchOfAnyRelease(
    new Request('http://localhost/api/v1/bookings', {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', 'Idempotency-Key': 'key-1' },
      body: JSON.stringify(body),
    }),
  )

test('a server of the release before does not know a property: the request is repeated without it', async () => {
  known = ['slotId']
  expect((await post({ slotId: '1', refuseOverlap: true })).status).toBe(201)
  expect(sent).toEqual([{ slotId: '1', refuseOverlap: true }, { slotId: '1' }])
})

test('a server that knows the property gets one request', async () => {
  known = ['slotId', 'refuseOverlap']
  expect((await post({ slotId: '1', refuseOverlap: true })).status).toBe(201)
  expect(sent).toHaveLength(1)
})

test('a request that is refused for anything else is not repeated, and its response can be read', async () => {
  known = ['slotId']
  const response = await post({ slotId: '1', patient: 'Ada' })
  expect(sent).toHaveLength(1)
  expect(await response.json()).toMatchObject({ code: 'invalid_request', errors: [{ path: '/patient' }] })
})

test('a property within another that is refused is removed there alone', async () => {
  const refused = [{ path: '/patient/language', message: 'is not known here; known are name' }]
  const answers = [Response.json({ errors: refused }, { status: 400 }), Response.json({}, { status: 201 })]
  vi.stubGlobal('fetch', async (request: Request) => {
    sent.push(await request.json())
    return answers.shift()
  })
  expect((await post({ language: 'de', patient: { name: 'Ada', language: 'de' } })).status).toBe(201)
  expect(sent[1]).toEqual({ language: 'de', patient: { name: 'Ada' } })
})

test('a refusal by a proxy, which has no problem document, is returned as it is', async () => {
  vi.stubGlobal('fetch', async () => new Response('<h1>Request Header Or Cookie Too Large</h1>', { status: 400 }))
  const response = await post({ slotId: '1' })
  expect([response.status, await response.text()]).toEqual([400, '<h1>Request Header Or Cookie Too Large</h1>'])
})
