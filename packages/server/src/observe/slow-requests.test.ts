import { Readable } from 'node:stream'
import { setTimeout as delay } from 'node:timers/promises'
import { requestTimes } from '@holdfast/engine'
import Fastify, { LogController } from 'fastify'
import { expect, onTestFinished, test } from 'vitest'
import { asFastifyLogger } from '../edge/fastify-logger.ts'
import { createLogger } from './logger.ts'
import { logSlowRequests } from './slow-requests.ts'

const slow = { msg: 'slow request', level: 'warn' }

/** An app with a route of each kind, and the lines of its log. Each route takes 20 ms. */
async function anApp(slowMs: number, nowMs?: () => number) {
  const lines: Record<string, unknown>[] = []
  const log = createLogger('info', { write: (line) => void lines.push(JSON.parse(line)) })
  const app = Fastify({
    genReqId: () => 'the-id',
    loggerInstance: asFastifyLogger(log),
    logController: new LogController({ disableRequestLogging: true }),
  })
  onTestFinished(() => app.close())
  await app.register(logSlowRequests, { log, slowMs, ...(nowMs === undefined ? {} : { nowMs }) })
  const contexts: unknown[] = []
  const take = async () => {
    const times = requestTimes.getStore()
    contexts.push(times)
    if (times !== undefined) Object.assign(times, { queueMs: 3, connectionMs: 1, databaseMs: 6, statements: 2 })
    await delay(20)
    return {}
  }
  app.get('/patients/:id', take)
  app.post('/patients/:id', take)
  app.post('/api/v1/bookings', async (request) => {
    Object.assign(request.times ?? {}, { queueMs: 5, databaseMs: 7, statements: 1 })
    return take()
  })
  app.get('/file', async () => {
    await take()
    return Readable.from(
      (async function* () {
        yield `${lines.length} line before the first byte`
      })(),
    )
  })
  app.get('/events', async (_request, reply) => {
    await take()
    reply.hijack()
    reply.raw.end()
  })
  return { app, lines, contexts }
}

/** The whole milliseconds of these parts of a line. */
const sumOf = (line: Record<string, unknown>, parts: string[]) =>
  parts.reduce((total, part) => total + Number(line[part]), 0)

test.each([
  { what: 'read with credentials', method: 'GET', headers: { authorization: 'Bearer unlikely' } },
  { what: 'write', method: 'POST', payload: { name: 'Persephone' } },
] as const)('a slow $what is one line that says where its time went, without its ids', async ({ what, ...request }) => {
  const { app, lines } = await anApp(10)
  await app.inject({ ...request, url: '/patients/persephone?q=unlikely' })
  expect(lines).toHaveLength(1)
  const [line = {}] = lines
  expect(line).toMatchObject({
    ...slow,
    requestId: 'the-id',
    method: request.method,
    route: '/patients/:id',
    status: 200,
  })
  expect(line).toMatchObject({ queueMs: 3, connectionMs: 1, databaseMs: 6, statements: 2 })
  expect('receiveMs' in line).toBe(what === 'write')
  const sum = sumOf(line, ['queueMs', 'connectionMs', 'databaseMs', 'restMs']) + Number(line.receiveMs ?? 0)
  expect(Math.abs(sum - Number(line.totalMs)), JSON.stringify(line)).toBeLessThan(4)
  expect(JSON.stringify(line)).not.toMatch(/persephone|unlikely/i)
})

test('a guest’s booking has its times with it instead of in a context', async () => {
  const { app, lines, contexts } = await anApp(10)
  await app.inject({ method: 'POST', url: '/api/v1/bookings', payload: {} })
  expect(lines).toMatchObject([{ ...slow, queueMs: 5, connectionMs: 0, databaseMs: 7, statements: 1 }])
  expect(contexts).toEqual([undefined])
})

test('a booking with credentials has its times in a context: the desk’s waits for more than its claim', async () => {
  const { app, lines, contexts } = await anApp(10)
  await app.inject({ method: 'POST', url: '/api/v1/bookings', payload: {}, headers: { cookie: 'a=b' } })
  expect(lines).toMatchObject([{ ...slow, databaseMs: 6, statements: 2, receiveMs: expect.any(Number) }])
  expect(contexts).toEqual([expect.objectContaining({ statements: 2 })])
})

test('of more than 20 in a second, the next line says how many were left out', async () => {
  let now = 0
  const { app, lines } = await anApp(10, () => now)
  await Promise.all(Array.from({ length: 25 }, () => app.inject('/patients/persephone')))
  expect(lines).toHaveLength(20)
  now = 999
  await app.inject('/patients/persephone')
  expect(lines).toHaveLength(20)
  now = 1_000
  await app.inject('/patients/persephone')
  expect(lines.slice(20)).toMatchObject([{ msg: 'more slow requests, which are not logged', count: 6 }, slow])
})

test('of a slow public read, only the time is known', async () => {
  const { app, lines, contexts } = await anApp(10)
  await app.inject('/patients/persephone')
  expect(lines).toHaveLength(1)
  expect(Object.keys(lines[0] ?? {}).filter((name) => /Ms$|^statements$/.test(name))).toEqual(['totalMs'])
  expect(contexts).toEqual([undefined])
})

test('a file is measured to its first byte, and events are left out', async () => {
  const { app, lines } = await anApp(10)
  expect((await app.inject('/file')).body).toBe('1 line before the first byte')
  await app.inject('/events')
  expect(lines).toMatchObject([{ ...slow, route: '/file' }])
})

test.each([
  { what: 'a request that is fast enough', slowMs: 600_000, isMeasured: true },
  { what: 'with 0, no request', slowMs: 0, isMeasured: false },
])('not logged: $what', async ({ slowMs, isMeasured }) => {
  const { app, lines, contexts } = await anApp(slowMs)
  await app.inject({ method: 'POST', url: '/patients/persephone', payload: {} })
  expect(lines).toEqual([])
  expect(contexts.map((times) => times !== undefined)).toEqual([isMeasured])
})
