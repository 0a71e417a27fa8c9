import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { until } from '@holdfast/testkit'
import { Registry } from 'prom-client'
import { afterEach, expect, test, vi } from 'vitest'
import { exportMsMax } from './trace-exporter.ts'
import { openTracing } from './tracing.ts'

const closing: (() => unknown)[] = []
afterEach(async () => {
  vi.unstubAllEnvs()
  for (const close of closing.splice(0)) await close()
})

type Requested = { url: string | undefined; headers: IncomingHttpHeaders }

/** A collector that responds as the test says at the moment. */
async function aCollector(respond: (response: ServerResponse) => void) {
  const requests: Requested[] = []
  const collector = { respond }
  const server = createServer((request, response) => {
    requests.push({ url: request.url, headers: request.headers })
    request.resume().on('end', () => collector.respond(response))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  closing.push(
    () => server.close(),
    () => server.closeAllConnections(),
  )
  const url = `http://user:a-password@127.0.0.1:${(server.address() as AddressInfo).port}/otlp/`
  return { url, requests, collector, server }
}

async function tracingTo(otlpUrl: string) {
  const lines: string[] = []
  const registry = new Registry()
  const write = (level: string) => (fields: object | string, text?: string) =>
    void lines.push(`${level} ${text ?? ''} ${JSON.stringify(fields)}`)
  const log = { info: write('info'), warn: write('warn') }
  const tracing = await openTracing({ otlpUrl, traceRatio: 1 }, { log, registry })
  if (tracing === null) throw new Error('Nothing is traced.')
  const span = () => tracing.begin('a request', { kind: 'server' })?.end()
  /** Ends a span, and waits until it is counted. */
  const send = async (outcome: 'sent' | 'lost') => {
    const counted = async () => (await registry.metrics()).match(`outcome="${outcome}"} (\\d+)`)?.[1]
    const before = await counted()
    span()
    await until(async () => (await counted()) !== before, `a span that is ${outcome}`)
  }
  return { tracing, lines, registry, span, send }
}

const ok = (response: ServerResponse) => void response.end('{}')

test('a collector that refuses is logged once, and once more when it works again', async () => {
  const { url, collector } = await aCollector((response) => response.writeHead(401, 'a-password').end('a-password'))
  const { tracing, lines, registry, send } = await tracingTo(url)
  await send('lost')
  await send('lost')
  expect(lines).toEqual(['warn traces are lost: the collector does not take them {"reason":"HTTP 401"}'])
  collector.respond = ok
  await send('sent')
  await send('sent')
  expect(lines.slice(1)).toEqual(['info  "the collector takes traces again"'])
  expect(lines.join('\n')).not.toContain('a-password')
  const text = await registry.metrics()
  expect(text).toContain('holdfast_trace_spans_total{outcome="lost"} 2')
  expect(text).toContain('holdfast_trace_spans_total{outcome="sent"} 2')
  await tracing.stop()
})

test('a collector that is away is logged with the reason, without the password in its URL', async () => {
  const { url, server } = await aCollector(ok)
  server.close()
  const { tracing, lines, send } = await tracingTo(url)
  await send('lost')
  expect(lines).toHaveLength(1)
  expect(lines[0]).toContain('ECONNREFUSED')
  expect(lines[0]).not.toContain('a-password')
  await tracing.stop()
})

test('a collector that hangs delays a stop by two seconds at most', async () => {
  const { url, requests } = await aCollector(() => undefined)
  const { tracing, span, lines } = await tracingTo(url)
  span()
  await until(async () => requests.length > 0, 'a request to the collector')
  span()
  const beganAt = performance.now()
  await tracing.stop()
  expect(performance.now() - beganAt).toBeLessThan(exportMsMax + 1_000)
  await until(async () => lines.length > 0, 'the line of the log')
  expect(lines[0]).toContain('Request timed out')
})

test('the path of the URL and OTEL_EXPORTER_OTLP_HEADERS apply', async () => {
  vi.stubEnv('OTEL_EXPORTER_OTLP_HEADERS', 'x-tenant=clinic%201,authorization=Bearer%20t')
  const { url, requests } = await aCollector(ok)
  const { tracing, send } = await tracingTo(url.replace('user:a-password@', ''))
  await send('sent')
  expect(requests[0]).toMatchObject({
    url: '/otlp/v1/traces',
    headers: { 'x-tenant': 'clinic 1', authorization: 'Bearer t' },
  })
  await tracing.stop()
})
