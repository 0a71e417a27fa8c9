import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import type { LoadJob, LoadShape, RequestPart } from './load-job.ts'
import { runLoad } from './run-load.ts'

const servers: Server[] = []
const slotId = '01900000-0000-8000-8000-000000000001'

afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections()
    server.close()
  }
})

const bookingPart: RequestPart = { kind: 'book', weight: 1, slotIds: [slotId], order: 'random', expected: ['booked'] }

async function jobAt(
  listener: RequestListener,
  shape: LoadShape,
  connections: number,
  part = bookingPart,
): Promise<LoadJob> {
  const server = createServer(listener)
  servers.push(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const target = { host: '127.0.0.1', port: (server.address() as AddressInfo).port }
  return { target, connections, shape, seed: 1, parts: [part], watch: [] }
}

let created = 0
const newBooking = () => {
  created += 1
  const id = `01900000-0000-8000-8000-${String(created).padStart(12, '0')}`
  const times = { startsAt: '2026-11-23T09:00:00.000Z', createdAt: '2026-11-20T09:00:00.000Z' }
  return { id, slotId, status: 'PENDING', units: 1, ...times }
}

/** Responds to every booking with the result of `body`. */
function responding(status: number, body: () => unknown): RequestListener {
  return (request, response) => {
    request.resume().on('end', () => {
      const text = JSON.stringify(body())
      response.writeHead(status, { 'content-length': Buffer.byteLength(text) }).end(text)
    })
  }
}

test('a burst sends exactly so many requests, and every response is counted', async () => {
  const { parts, wrongCount } = await runLoad(
    await jobAt(responding(201, newBooking), { kind: 'burst', requests: 100 }, 8),
  )
  expect(parts[0]?.outcomes).toEqual({ booked: 100 })
  expect(wrongCount).toBe(0)
})

test('a closed loop counts the responses in its window, and in total all that were sent', async () => {
  const shape = { kind: 'closed', warmupMs: 50, durationMs: 500 } as const
  const { parts, seconds } = await runLoad(await jobAt(responding(201, newBooking), shape, 4))
  const all = parts[0]?.outcomes.booked ?? 0
  const inWindow = parts[0]?.windowOutcomes.booked ?? 0
  expect(inWindow).toBeGreaterThan(0)
  expect(all).toBeGreaterThan(inWindow)
  expect(seconds).toBeGreaterThanOrEqual(0.49)
})

test.each([
  ['the same id twice', 201, () => ({ ...newBooking(), id: slotId })],
  ['another slot', 201, () => ({ ...newBooking(), slotId: slotId.replace('1', '2') })],
  ['a refusal that may not be', 409, () => ({ code: 'slot_full' })],
  ['no JSON object', 201, () => 'hello'],
])('%s is a wrong response', async (_what, status, body) => {
  const job = await jobAt(responding(status, body), { kind: 'burst', requests: 2 }, 1)
  expect((await runLoad(job)).wrongCount).toBeGreaterThan(0)
})

test('a lost connection is a lost response, never a good one', async () => {
  const job = await jobAt((request) => request.socket.destroy(), { kind: 'burst', requests: 1 }, 1)
  const { parts, wrongCount } = await runLoad(job)
  expect(parts[0]?.outcomes).toEqual({ lost: 1 })
  expect(wrongCount).toBe(1)
})

test('an open loop counts a stall for every arrival during it', async () => {
  const stallMs = 300
  const quick = responding(201, newBooking)
  let stalledUntil = 0
  const listener: RequestListener = (request, response) => {
    stalledUntil ||= performance.now() + stallMs
    setTimeout(() => quick(request, response), Math.max(0, stalledUntil - performance.now()))
  }
  const shape = { kind: 'open', warmupMs: 0, durationMs: 600, ratePerSecond: 100, giveUpMs: 5_000 } as const
  const { parts } = await runLoad(await jobAt(listener, shape, 1))
  // One connection, so a closed loop would see the stall once. Half of the arrivals are during the stall.
  expect(parts[0]?.latencies.booked?.p90).toBeGreaterThan(stallMs / 2)
})

test('a request that cannot be sent in time is given up, and not sent', async () => {
  const listener: RequestListener = (request, response) => {
    setTimeout(() => responding(201, newBooking)(request, response), 50)
  }
  const shape = { kind: 'open', warmupMs: 0, durationMs: 500, ratePerSecond: 200, giveUpMs: 20 } as const
  const { parts, wrongCount } = await runLoad(await jobAt(listener, shape, 1))
  expect(parts[0]?.outcomes.gave_up).toBeGreaterThan(30)
  expect(wrongCount).toBe(0)
})
