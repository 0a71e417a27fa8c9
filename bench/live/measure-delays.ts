import { setTimeout as delay } from 'node:timers/promises'
import { arrivals } from '../load/arrivals.ts'
import { HttpConnection } from '../load/http-connection.ts'
import type { Target } from '../load/load-job.ts'
import { Latencies } from '../measure/latencies.ts'
import type { Delays, ProbeMessage } from './probe-message.ts'
import type { Subscribers } from './subscribers.ts'

const connectionCount = 64
const deliverySecondsMax = 10

/** A booking that no subscriber of its doctor has received yet. */
type Undelivered = { position: bigint; committedAt: number }

/**
 * Books one slot after the other, in an open loop. One process books and listens, so that both ends of a delay are read
 * from one clock; a message that arrives before the response counts as no delay.
 */
export async function measureDelays(
  subscribers: Subscribers,
  { target, bookings, ratePerSecond }: Extract<ProbeMessage, { kind: 'measure' }>,
): Promise<Delays> {
  const committed = new Latencies()
  const delivered = new Latencies()
  const undelivered = new Map<string, Undelivered[]>()
  // This keeps messages that arrive before the response of their booking.
  const latest = new Map<string, bigint>()
  subscribers.onSlots = (doctorId, position) => {
    latest.set(doctorId, position)
    const waiting = undelivered.get(doctorId) ?? []
    const now = performance.now()
    for (const one of waiting) if (one.position <= position) delivered.add(now - one.committedAt)
    undelivered.set(
      doctorId,
      waiting.filter((one) => one.position > position),
    )
  }
  const connections = await Promise.all(Array.from({ length: connectionCount }, () => HttpConnection.open(target)))
  const times = arrivals(ratePerSecond, (bookings.length / ratePerSecond) * 1000 * 2, 1)
  const startedAt = performance.now()
  let pending = 0
  for (const [index, { slotId, doctorId }] of bookings.entries()) {
    const waitMs = (times[index] ?? 0) - (performance.now() - startedAt)
    if (waitMs > 0) await delay(waitMs)
    const connection = connections[index % connectionCount]
    if (connection === undefined) throw new Error('There is no connection.')
    pending += 1
    const sentAt = performance.now()
    connection.send(requestFor(target, slotId, index), (response) => {
      pending -= 1
      const committedAt = performance.now()
      const position = BigInt(/holdfast-position: (?:\d+\.)?(\d+)/i.exec(response?.head ?? '')?.[1] ?? '0')
      if (response?.status !== 201) throw new Error(`A booking returned ${response?.status} ${response?.body}`)
      committed.add(committedAt - sentAt)
      if ((latest.get(doctorId) ?? 0n) >= position) delivered.add(0)
      else undelivered.set(doctorId, [...(undelivered.get(doctorId) ?? []), { position, committedAt }])
    })
  }
  const until = performance.now() + deliverySecondsMax * 1000
  const left = () => [...undelivered.values()].reduce((sum, waiting) => sum + waiting.length, 0)
  while ((pending > 0 || left() > 0) && performance.now() < until) await delay(5)
  for (const connection of connections) connection.close()
  return { committed: committed.summary(), delivered: delivered.summary(), undelivered: left() }
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
