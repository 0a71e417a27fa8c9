import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { connect } from 'node:net'
import { aClinic, aDoctor, until } from '@holdfast/testkit'
import { expect, test } from 'vitest'
import { call, serverOfFile } from '../../test/running-server.ts'

const server = await serverOfFile({ HOLDFAST_METRICS_PORT: '0' })

async function samples(name: string): Promise<Record<string, number>> {
  const { text } = await call(`${server.metricsUrl}/metrics`)
  const lines = text.split('\n').filter((line) => line.startsWith(`${name}{`))
  return Object.fromEntries(
    lines.map((line) => [line.slice(name.length, line.lastIndexOf(' ')), Number(line.split(' ').at(-1))]),
  )
}

const inFlight = async (route: string) => (await samples('holdfast_http_requests_in_flight'))[`{route="${route}"}`]

function reached(route: string, count: number): Promise<true> {
  return until(
    async () => (await inFlight(route)) === count,
    async () => `${count} requests of ${route} in flight; they are ${await inFlight(route)}`,
  )
}

test('requests that have ended are not in flight, and refusals are counted by their code', async () => {
  await call(`${server.url}/api/v1/clinics`)
  await call(`${server.url}/api/v1/clinics/${randomUUID()}`)
  await reached('/api/v1/clinics', 0)
  expect(await samples('holdfast_problems_total')).toEqual({ '{code="clinic_not_found"}': 1 })
})

test('a request whose client leaves before it is complete is in flight until then', async () => {
  const { hostname, port } = new URL(server.url)
  const socket = connect(Number(port), hostname)
  await once(socket, 'connect')
  socket.write('POST /api/v1/bookings HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n')
  socket.write(`Idempotency-Key: ${randomUUID()}\r\nContent-Length: 100\r\n\r\n{`)
  await reached('/api/v1/bookings', 1)
  socket.destroy()
  await reached('/api/v1/bookings', 0)
})

test('a connection for live updates is in flight while it is open', async () => {
  const doctor = await aDoctor(server.database, await aClinic(server.database))
  const route = Object.keys(await samples('holdfast_http_requests_in_flight'))
  const socket = new WebSocket(`${server.url.replace('http', 'ws')}/api/v1/live`)
  await new Promise((resolve) => socket.addEventListener('open', resolve))
  const after = Object.entries(await samples('holdfast_http_requests_in_flight')).filter(
    ([name]) => !route.includes(name),
  )
  expect(after.map(([, count]) => count)).toEqual([1])
  const name = /route="(.*)"/.exec(after[0]?.[0] ?? '')?.[1] ?? ''
  socket.close()
  await reached(name, 0)
  const stopping = new AbortController()
  const events = await fetch(`${server.url}/api/v1/live/events?doctorIds=${doctor.id}`, { signal: stopping.signal })
  expect(events.status).toBe(200)
  stopping.abort()
  await until(
    async () => Object.values(await samples('holdfast_http_requests_in_flight')).every((count) => count === 0),
    'an end of all requests',
  )
})
