import { setTimeout as delay } from 'node:timers/promises'
import { arrivals } from '../load/arrivals.ts'
import { HttpConnection } from '../load/http-connection.ts'
import type { Target } from '../load/load-job.ts'
import { Latencies } from '../measure/latencies.ts'
import type { Delays, ProbeMessage } from './probe-message.ts'
import type { Subscribers } from './subscribers.ts'

const connectionCount = 64
const toldSecondsMax = 10

/** A booking that its doctor's subscribers have not been told of. */
type Untold = { position: bigint; answeredAt: number }

/**
 * Books one slot after the other at arrivals fixed beforehand. One process asks and listens, so both ends of a delay are
 * read from one clock; what is told before the answer has arrived counts as no delay.
 */
export async function measureDelays(
  subscribers: Subscribers,
  { target, bookings, ratePerSecond }: Extract<ProbeMessage, { kind: 'measure' }>,
): Promise<Delays> {
  const answered = new Latencies()
  const told = new Latencies()
  const untold = new Map<string, Untold[]>()
  // Where a message outran the answer of its booking.
  const latest = new Map<string, bigint>()
  subscribers.onSlots = (doctorId, position) => {
    latest.set(doctorId, position)
    const waiting = untold.get(doctorId) ?? []
    const now = performance.now()
    for (const one of waiting) if (one.position <= position) told.add(now - one.answeredAt)
    untold.set(
      doctorId,
      waiting.filter((one) => one.position > position),
    )
  }
  const connections = await Promise.all(Array.from({ length: connectionCount }, () => HttpConnection.open(target)))
  const times = arrivals(ratePerSecond, (bookings.length / ratePerSecond) * 1000 * 2, 1)
  const began = performance.now()
  let pending = 0
  for (const [index, { slotId, doctorId }] of bookings.entries()) {
    const waitMs = (times[index] ?? 0) - (performance.now() - began)
    if (waitMs > 0) await delay(waitMs)
    const connection = connections[index % connectionCount]
    if (connection === undefined) throw new Error('There is no connection.')
    pending += 1
    const sentAt = performance.now()
    connection.ask(requestFor(target, slotId, index), (answer) => {
      pending -= 1
      const answeredAt = performance.now()
      const position = BigInt(/holdfast-position: (\d+)/i.exec(answer?.head ?? '')?.[1] ?? '0')
      if (answer?.status !== 201) throw new Error(`A booking was answered ${answer?.status} ${answer?.body}`)
      answered.add(answeredAt - sentAt)
      if ((latest.get(doctorId) ?? 0n) >= position) told.add(0)
      else untold.set(doctorId, [...(untold.get(doctorId) ?? []), { position, answeredAt }])
    })
  }
  const until = performance.now() + toldSecondsMax * 1000
  const left = () => [...untold.values()].reduce((sum, waiting) => sum + waiting.length, 0)
  while ((pending > 0 || left() > 0) && performance.now() < until) await delay(5)
  for (const connection of connections) connection.close()
  return { answered: answered.summary(), told: told.summary(), untold: left() }
}

function requestFor({ host, port }: Target, slotId: string, index: number): string {
  const body = JSON.stringify({ slotId, patient: { name: `Patient ${index}` } })
  return `POST /api/v1/bookings HTTP/1.1\r\nHost: ${host}:${port}\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`
}
