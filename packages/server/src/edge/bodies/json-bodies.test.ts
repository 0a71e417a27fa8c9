import Fastify from 'fastify'
import { afterAll, expect, test } from 'vitest'
import { errorHandler } from '../errors/error-handler.ts'
import { readJsonOnly } from './json-bodies.ts'

const app = Fastify({ onProtoPoisoning: 'error', onConstructorPoisoning: 'error' })
readJsonOnly(app)
app.setErrorHandler(errorHandler)
app.post('/', async (request) => ({ got: request.body ?? null }))
afterAll(() => app.close())

async function post(payload: string | Buffer, headers: Record<string, string> = {}) {
  const sent = { 'content-type': 'application/json', ...headers }
  const response = await app.inject({ method: 'POST', url: '/', payload, headers: sent })
  return { status: response.statusCode, body: response.json() }
}

test.each([
  ['text in many scripts', '{"name":"Zoë 佐藤 🩺"}', { name: 'Zoë 佐藤 🩺' }],
  ['a byte order mark', '\ufeff{"name":"Ada"}', { name: 'Ada' }],
  ['nothing', '', null],
])('%s is read', async (_what, payload, got) => {
  expect(await post(payload)).toEqual({ status: 200, body: { got } })
})

test('invalid UTF-8 is refused, not repaired', async () => {
  const latin1 = Buffer.from('{"name":"Zoë"}', 'latin1')
  expect(await post(latin1)).toMatchObject({
    status: 400,
    body: { code: 'invalid_request', detail: 'The body is not UTF-8 text.' },
  })
})

test('a compressed body is refused instead of being parsed', async () => {
  expect(await post('{}', { 'content-encoding': 'gzip' })).toMatchObject({
    status: 415,
    body: { code: 'unsupported_media_type' },
  })
  expect((await post('{}', { 'content-encoding': 'identity' })).status).toBe(200)
})

test('prototype pollution is refused', async () => {
  expect((await post('{"__proto__": {"a": 1}}')).status).toBe(400)
  expect((await post('{"constructor": {"prototype": {"a": 1}}}')).status).toBe(400)
})

test.each([
  ['a name twice', '{"role":"staff","role":"admin"}', 'role'],
  ['a name twice, once escaped', '{"role":"staff","r\\u006fle":"admin"}', 'role'],
  ['a name twice in an object of a list', '{"a":[{"b":{},"c":[1,{"b":1}],"b":2}]}', 'b'],
  ['a name with a quote twice', '{"a\\"":1, "a\\"" :2}', 'a\\"'],
])('%s is refused', async (_what, payload, name) => {
  const detail = `The body has the name "${name}" twice in one object.`
  expect(await post(payload)).toMatchObject({ status: 400, body: { code: 'invalid_request', detail } })
})

test('the same name in several objects, and as a value, is read', async () => {
  const payload = '{"a":"a","b":{"a":["a","a",{"a":"b"}],"b":"a"},"c":"a"}'
  expect(await post(payload)).toEqual({ status: 200, body: { got: JSON.parse(payload) } })
})

const nested = (levels: number) => `${'[{"a":'.repeat(levels / 2)}1${'}]'.repeat(levels / 2)}`

test('32 levels are parsed, more are refused before parsing', async () => {
  expect((await post(nested(32))).status).toBe(200)
  for (const levels of [34, 100_000]) {
    expect(await post(nested(levels))).toMatchObject({
      status: 400,
      body: { detail: 'The body is nested more than 32 levels deep.' },
    })
  }
})

test('200 names of an object are read, and more are refused before parsing', async () => {
  const named = (count: number) => `{${Array.from({ length: count }, (_, n) => `"n${n}":1`).join()}}`
  expect((await post(named(200))).status).toBe(200)
  expect((await post(`[${named(200)},${named(200)}]`)).status).toBe(200)
  expect(await post(named(201))).toMatchObject({
    status: 400,
    body: { detail: 'The body has an object with more than 200 names.' },
  })
})

test('brackets in strings do not count as levels, whatever is escaped next to them', async () => {
  const name = `${'['.repeat(100)}\\"${'{'.repeat(100)}`
  expect((await post(JSON.stringify({ name, other: [[name]] }))).body).toEqual({ got: { name, other: [[name]] } })
})

test('sibling lists are not nested', async () => {
  expect((await post(`[${Array(1000).fill('[{}]').join(',')}]`)).status).toBe(200)
})
