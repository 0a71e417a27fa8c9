import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { aClinic, aDoctor, aSlot, plantFunction, until } from '@holdfast/testkit'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { call, type RunningServer, runningServer } from '../../test/running-server.ts'

const marked = { name: 'Marked Patient', email: 'marked@example.org', phone: '+44 20 7946 0000' }
const reason = 'a marked reason'
const incoming = '00-11111111111111111111111111111111-2222222222222222-00'

type Attribute = { key: string; value: Record<string, unknown> }
type SentSpan = {
  traceId: string
  spanId: string
  parentSpanId?: string
  name: string
  kind: number
  attributes: Attribute[]
  events?: { attributes: Attribute[] }[]
  status: { code?: number }
}

/** A collector that stores what it gets. */
async function aCollector() {
  const bodies: string[] = []
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      bodies.push(Buffer.concat(chunks).toString())
      response.writeHead(200, { 'content-type': 'application/json' }).end('{}')
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    text: () => bodies.join('\n'),
    spans(): SentSpan[] {
      type Sent = { resourceSpans: { scopeSpans: { spans: SentSpan[] }[] }[] }
      const sent = bodies.map((body) => JSON.parse(body) as Sent)
      return sent.flatMap(({ resourceSpans }) =>
        resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap(({ spans }) => spans)),
      )
    },
    close: () => server.close(),
  }
}

let collector: Awaited<ReturnType<typeof aCollector>>
let server: RunningServer

beforeAll(async () => {
  collector = await aCollector()
  server = await runningServer({
    OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
    OTEL_TRACES_SAMPLER_ARG: '1',
    HOLDFAST_TRUSTED_PROXIES: '127.0.0.1/32',
  })
})
afterAll(async () => {
  await server.end()
  collector.close()
})

/** Books with the header `traceparent`. @returns the spans of that trace, once they are sent */
async function spansOfBooking(slotId: string, traceparent: string): Promise<SentSpan[]> {
  const [, traceId] = traceparent.split('-')
  const body = { slotId, patient: marked, reason }
  await call(`${server.url}/api/v1/bookings`, { method: 'POST', body, headers: { traceparent } })
  return until(
    async () => {
      const spans = collector.spans().filter((span) => span.traceId === traceId)
      return spans.some(({ name }) => name === 'POST /api/v1/bookings') ? spans : undefined
    },
    () => 'the trace',
  )
}

test('a trace has the request, its batch and its statements, and goes on from the caller’s', async () => {
  const { database } = server
  const slot = await aSlot(database, await aDoctor(database, await aClinic(database)))
  const spans = await spansOfBooking(slot.id, incoming)
  const named = (name: string) => spans.filter((span) => span.name === name)
  const [request] = named('POST /api/v1/bookings')
  expect(request).toMatchObject({ parentSpanId: '2222222222222222', kind: 2 })
  expect(request?.attributes).toContainEqual({ key: 'http.response.status_code', value: { intValue: 201 } })
  const [batch] = spans.filter(({ name }) => name.startsWith('batch of '))
  expect(batch).toMatchObject({ parentSpanId: request?.spanId })
  const statements = named('postgresql').filter(({ parentSpanId }) => parentSpanId === batch?.spanId)
  expect(statements.length).toBeGreaterThan(0)
})

test('no span has what a patient entered', async () => {
  const { database } = server
  const slot = await aSlot(database, await aDoctor(database, await aClinic(database)))
  await spansOfBooking(slot.id, incoming.replaceAll('1', '5'))
  const text = collector.text()
  for (const value of [...Object.values(marked), reason]) expect(text).not.toContain(value)
  // What would be found is in the same form.
  expect(text).toContain('/api/v1/bookings')
})

test('an error is in the trace with its stack and the id of the request, and the log has the trace', async () => {
  const { database, logText, url } = server
  const slot = await aSlot(database, await aDoctor(database, await aClinic(database)))
  const part = /\nbegin\n/
  await plantFunction(database, 'claim_slot', { part, becomes: `\nbegin\n  raise 'planted for "${marked.name}"';\n` })
  const traceparent = incoming.replaceAll('1', '6')
  const [request] = (await spansOfBooking(slot.id, traceparent)).filter(({ kind }) => kind === 2)
  expect(request?.status.code).toBe(2)
  const attributesOf = (found: Attribute[] = []) => Object.fromEntries(found.map(({ key, value }) => [key, value]))
  expect(attributesOf(request?.events?.[0]?.attributes)).toMatchObject({
    'exception.message': { stringValue: 'planted for "…"' },
    'exception.stacktrace': { stringValue: expect.stringContaining('    at ') },
  })
  const { 'holdfast.request.id': id } = attributesOf(request?.attributes)
  const line = logText()
    .split('\n')
    .find((one) => one.includes(String(id?.stringValue)) && one.includes('request completed'))
  expect(JSON.parse(line ?? '{}')).toMatchObject({ traceId: '6'.repeat(32), status: 500 })
  expect(collector.text()).not.toContain(marked.name)
  expect((await call(`${url}/livez`)).status).toBe(200)
})
