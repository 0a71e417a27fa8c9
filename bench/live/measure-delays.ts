import { setTimeout as delay } from 'node:timers/promises'
import { arrivals } from '../load/arrivals.ts'
import { Fifo } from '../load/fifo.ts'
import { HttpConnection } from '../load/http-connection.ts'
import type { Target } from '../load/load-job.ts'
import { Latencies } from '../measure/latencies.ts'
import type { Delays, ProbeMessage } from './probe-message.ts'
import type { Subscribers } from './subscribers.ts'

const connectionCount = 64
const deliverySecondsMax = 10

const slotIdPattern = /"id":"([0-9a-f-]{36})"/g

/**
 * Books one slot after the other, in an open loop. One process books and listens, so that both ends of a delay are read
 * from one clock; a message that arrives before the response counts as no delay.
 */
export async function measureDelays(
  subscribers: Subscribers,
  { target, slotIds, ratePerSecond }: Extract<ProbeMessage, { kind: 'measure' }>,
): Promise<Delays> {
  const committed = new Latencies()
  const delivered = new Latencies()
  /** When the response to the booking of each slot arrived that no subscriber has received yet. */
  const undelivered = new Map<string, number>()
  /** Slots whose message arrived before the response. */
  const early = new Set<string>()
  // By its slot: the position of a message may be before its changes, while others are not sent yet.
  subscribers.onSlots = (message) => {
    const now = performance.now()
    for (const [, slotId = ''] of message.toString('latin1').matchAll(slotIdPattern)) {
      const committedAt = undelivered.get(slotId)
      if (committedAt === undefined) early.add(slotId)
      else delivered.add(now - committedAt)
      undelivered.delete(slotId)
    }
  }
  const connections = await Promise.all(Array.from({ length: connectionCount }, () => HttpConnection.open(target)))
  const free = new Fifo(connections)
  const times = arrivals(ratePerSecond, (slotIds.length / ratePerSecond) * 1000 * 2, 1)
  const startedAt = performance.now()
  let pending = 0
  for (const [index, slotId] of slotIds.entries()) {
    const waitMs = (times[index] ?? 0) - (performance.now() - startedAt)
    if (waitMs > 0) await delay(waitMs)
    const connection = await firstOf(free)
    pending += 1
    const sentAt = performance.now()
    connection.send(requestFor(target, slotId, index), (response) => {
      pending -= 1
      free.put(connection)
      const committedAt = performance.now()
      if (response?.status !== 201) throw new Error(`A booking returned ${response?.status} ${response?.body}`)
      committed.add(committedAt - sentAt)
      if (early.has(slotId)) delivered.add(0)
      else undelivered.set(slotId, committedAt)
    })
  }
  const until = performance.now() + deliverySecondsMax * 1000
  while ((pending > 0 || undelivered.size > 0) && performance.now() < until) await delay(5)
  for (const connection of connections) connection.close()
  return { committed: committed.summary(), delivered: delivered.summary(), undelivered: undelivered.size }
}

/** On a busy machine, all may wait for their responses. */
async function firstOf(free: Fifo<HttpConnection>): Promise<HttpConnection> {
  for (;;) {
    const connection = free.take()
    if (connection !== undefined) return connection
    await delay(1)
  }
}

function requestFor({ host, port }: Target, slotId: string, index: number): string {
  const body = JSON.stringify({ slotId, patient: { name: `Patient ${index}` } })
  const head = [
    'POST /api/v1/bookings HTTP/1.1',
    `Host: ${host}:${port}`,
    'Content-Type: application/json',
    `Content-Length: ${body.length}`,
  ]
  return `${head.join('\r\n')}\r\n\r\n${body}`
}
