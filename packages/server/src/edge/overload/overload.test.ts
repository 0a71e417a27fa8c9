import { connect } from 'node:net'
import { aClinic, aDoctor, aSlot, type HeldLock, holdSlotLock, until } from '@holdfast/testkit'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { type ApiResponse, call, type RunningServer, runningServer, signIn } from '../../../test/running-server.ts'

const origin = 'https://clinic.example'
const env = {
  HOLDFAST_QUEUE_SIZE_MAX: '1',
  HOLDFAST_QUEUE_WAIT_MS_MAX: '60000',
  HOLDFAST_LOCK_WAIT_MS_MAX: '60000',
  HOLDFAST_CORS_ORIGINS: origin,
  HOLDFAST_METRICS_PORT: '0',
  HOLDFAST_RATE_LIMIT: 'on',
  HOLDFAST_LIMIT_ANONYMOUS_WRITES_PER_MINUTE: '1000',
  HOLDFAST_LIMIT_BOOKINGS_PER_EMAIL: '1',
}
let server: RunningServer
let slot: Awaited<ReturnType<typeof aSlot>>
/** Released after every test: claims that wait for it would prevent the server from stopping. */
let held: HeldLock | undefined

beforeAll(async () => {
  server = await runningServer(env)
})
// In a new clinic: a clinic limits how many bookings an address may have there, and all tests book from one address.
beforeEach(async () => {
  slot = await aSlot(server.database, await aDoctor(server.database, await aClinic(server.database)), { capacity: 99 })
})
afterEach(() => held?.release())
afterAll(() => server.end())

const book = (headers: Record<string, string> = {}, patient: object = { name: 'P' }): Promise<ApiResponse> =>
  call(`${server.url}/api/v1/bookings`, { method: 'POST', body: { slotId: slot.id, patient }, headers })

/** Sent as it is, JSON or not. */
const post = (body: string, { query = '', headers = {} }: { query?: string; headers?: Record<string, string> } = {}) =>
  fetch(`${server.url}/api/v1/bookings${query}`, {
    method: 'POST',
    body,
    headers: { 'content-type': 'application/json', ...headers },
  })

async function sample(line: string): Promise<number> {
  const { text } = await call(`${server.metricsUrl}/metrics`)
  return Number(
    text
      .split('\n')
      .find((one) => one.startsWith(`${line} `))
      ?.slice(line.length) ?? 0,
  )
}

/**
 * Two batches wait for the slot's lock, and one claim waits in the queue.
 *
 * @returns a function that releases the lock and waits for their responses
 */
async function fillQueue(): Promise<() => Promise<ApiResponse[]>> {
  const lock = await holdSlotLock(server.database, slot)
  held = lock
  const responses: Promise<ApiResponse>[] = []
  for (const [metric, depth] of [
    ['holdfast_batches_in_flight{queue="claim"}', 1],
    ['holdfast_batches_in_flight{queue="claim"}', 2],
    ['holdfast_queue_depth{queue="claim"}', 1],
  ] as const) {
    responses.push(book())
    await until(async () => (await sample(metric)) === depth, `${metric} is ${depth}`)
  }
  return async () => {
    await lock.release()
    return Promise.all(responses)
  }
}

// The first of the file: what is refused is in Health for a minute.
test('what the hook refuses is in Health, and is counted as one request', async () => {
  const bearer = await signIn(server.url)
  const queueWait = async () => {
    const { body } = await call(`${server.url}/api/v1/health`, { bearer })
    const checks = body.checks as { name: string; state: string; reason: string | null }[]
    const { state, reason } = checks.find(({ name }) => name === 'queue_wait') ?? {}
    return [state, reason]
  }
  const release = await fillQueue()
  expect(await queueWait()).toEqual(['ok', null])
  const counted = await sample(requests('503'))
  expect((await book({ origin })).status).toBe(503)
  // Health is read once a second.
  await until(async () => (await queueWait()).join() === 'failed,full', 'queue_wait says that bookings were refused')
  expect(await sample(requests('503'))).toBe(counted + 1)
  await release()
})

test('a full queue refuses before the body is read; accepted claims are booked, and it recovers', async () => {
  const release = await fillQueue()
  const counted = await sample(requests('503'))
  const refused = await book()
  expect(refused.status).toBe(503)
  expect(refused.body).toMatchObject({ code: 'overloaded', status: 503, type: 'urn:holdfast:problem:overloaded' })
  expect(refused.body.instance).toMatch(/^[0-9a-f-]{36}$/)
  expect(refused.headers.get('retry-after')).toBe('1')
  expect(refused.headers.get('content-type')).toBe('application/problem+json; charset=utf-8')
  expect(refused.headers.get('x-content-type-options')).toBe('nosniff')
  // Nobody looked at these bodies; one of them is larger than any that is read.
  expect((await post('{no JSON')).status).toBe(503)
  expect((await post('x'.repeat(2_000_000))).status).toBe(503)
  // Everything else is served.
  expect((await call(`${server.url}/api/v1/clinics`)).status).toBe(200)
  expect((await call(`${server.url}/api/v1/bookings/${slot.id}`)).status).toBe(401)
  expect(await sample(requests('503'))).toBe(counted + 3)

  expect((await release()).map((response) => response.status)).toEqual([201, 201, 201])
  expect((await book()).status).toBe(201)
  expect((await post('{no JSON')).status).toBe(400)
})

test('a page of an allowed origin can read the refusal', async () => {
  const release = await fillQueue()
  const foreign = await book({ origin })
  expect([foreign.status, foreign.body.code]).toEqual([503, 'overloaded'])
  expect(foreign.headers.get('access-control-allow-origin')).toBe(origin)
  const stranger = await book({ origin: 'https://stranger.example' })
  expect([stranger.status, stranger.headers.get('access-control-allow-origin')]).toEqual([503, null])
  expect((await release()).map((response) => response.status)).toEqual([201, 201, 201])
})

test('requests that take the hook are also refused unread, and are not counted as bookings', async () => {
  const patient = { name: 'P', email: 'p@example.org' }
  const release = await fillQueue()
  expect((await post('{no JSON', { headers: { origin } })).status).toBe(503)
  expect((await post('{no JSON', { query: '?from=page' })).status).toBe(503)
  for (let tries = 0; tries < 3; tries += 1) {
    const refused = await book({ origin }, patient)
    expect([refused.status, refused.body.code, refused.headers.get('ratelimit-limit')]).toEqual([
      503,
      'overloaded',
      null,
    ])
  }
  await release()
  // The one booking that this address may make in a quarter of an hour is still there; the next is one too many.
  expect((await book({ origin }, patient)).status).toBe(201)
  expect((await book({ origin }, patient)).status).toBe(429)
})

test('a connection stays usable after a refusal whose body arrives late', async () => {
  const release = await fillQueue()
  const { hostname, port } = new URL(server.url)
  const socket = connect(Number(port), hostname)
  let received = ''
  socket.on('data', (chunk) => {
    received += String(chunk)
  })
  const head = `Host: ${hostname}\r\nContent-Type: application/json\r\nContent-Length: 20\r\n\r\n`
  socket.write(`POST /api/v1/bookings HTTP/1.1\r\n${head}{"slotId":`)
  const untilReceived = (words: RegExp) =>
    until(
      async () => words.test(received),
      () => `${words} in ${received}`,
    )
  await untilReceived(/^HTTP\/1\.1 503 .*"code":"overloaded"/s)
  socket.write(`"0123456"}`)
  socket.write(`GET /livez HTTP/1.1\r\nHost: ${hostname}\r\n\r\n`)
  await untilReceived(/"code":"overloaded"}HTTP\/1\.1 200 /)
  socket.destroy()
  await release()
})

const requests = (status: string) =>
  `holdfast_http_request_duration_seconds_count{route="/api/v1/bookings",method="POST",status="${status}"}`
