import { setTimeout as delay } from 'node:timers/promises'
import { cpuSecondsOf } from '../measure/process-cpu.ts'
import { arrivals } from './arrivals.ts'
import { Fifo } from './fifo.ts'
import { HttpConnection } from './http-connection.ts'
import type { LoadJob, LoadResult, LoadShape, Target } from './load-job.ts'
import { Requests } from './requests.ts'
import { Tally } from './tally.ts'

const openedAtOnceMax = 250

/**
 * Runs one job to its end: before it returns, every request has its response or has lost its connection.
 *
 * @throws Error when the connections can't be opened
 */
export async function runLoad(job: LoadJob): Promise<LoadResult> {
  const connections = await openConnections(job.target, job.connections)
  try {
    const requests = new Requests(job)
    const tally = new Tally(job, requests)
    const load: Load = { job, connections, requests, tally }
    const { shape } = job
    if (shape.kind === 'closed') return await closedLoop(load, shape)
    if (shape.kind === 'open') return await openLoop(load, shape)
    return await burst(load, shape)
  } finally {
    for (const connection of connections) connection.close()
  }
}

type Load = { job: LoadJob; connections: HttpConnection[]; requests: Requests; tally: Tally }

async function openConnections(target: Target, count: number): Promise<HttpConnection[]> {
  const connections: HttpConnection[] = []
  while (connections.length < count) {
    const some = Math.min(openedAtOnceMax, count - connections.length)
    const before = connections.length
    const opened = Array.from({ length: some }, (_, n) => HttpConnection.open(target, before + n))
    connections.push(...(await Promise.all(opened)))
  }
  return connections
}

async function closedLoop(load: Load, shape: Extract<LoadShape, { kind: 'closed' }>): Promise<LoadResult> {
  const { connections, requests, tally } = load
  let isOver = false
  const runs = connections.map(
    (connection) =>
      new Promise<void>((resolve) => {
        const next = () => {
          const request = isOver || !connection.isOpen ? undefined : requests.make(requests.choose())
          if (request === undefined) return resolve()
          const sentAt = performance.now()
          connection.send(request.text, (response) => {
            tally.responded(request, response, performance.now() - sentAt)
            next()
          })
        }
        next()
      }),
  )
  const allDone = Promise.all(runs).then(() => undefined)
  await Promise.race([delay(shape.warmupMs), allDone])
  const window = openWindow(load)
  await Promise.race([delay(shape.durationMs), allDone])
  const result = window.close()
  isOver = true
  await allDone
  return result()
}

/** Arrivals that found no connection free, oldest first. */
type Waiting = { partIndex: number; dueAt: number }

async function openLoop(load: Load, shape: Extract<LoadShape, { kind: 'open' }>): Promise<LoadResult> {
  const { job, requests, tally } = load
  const times = arrivals(shape.ratePerSecond, shape.warmupMs + shape.durationMs, job.seed)
  const free = new Fifo<HttpConnection>(load.connections)
  const waiting = new Fifo<Waiting>([])
  let inFlight = 0

  const send = (connection: HttpConnection, { partIndex, dueAt }: Waiting) => {
    const request = requests.make(partIndex)
    if (request === undefined) throw new Error('An open loop ran out of requests.')
    inFlight += 1
    connection.send(request.text, (response) => {
      inFlight -= 1
      tally.responded(request, response, performance.now() - dueAt)
      if (connection.isOpen) release(connection)
    })
  }
  // The request that has waited longest is sent next; those that have waited too long are dropped.
  const release = (connection: HttpConnection) => {
    for (let first = waiting.take(); first !== undefined; first = waiting.take()) {
      const waitedMs = performance.now() - first.dueAt
      if (waitedMs <= shape.giveUpMs) return send(connection, first)
      tally.gaveUp(first.partIndex, waitedMs)
    }
    free.put(connection)
  }

  const startedAt = performance.now()
  let window: OpenWindow | null = null
  for (let next = 0; next < times.length; ) {
    const now = performance.now() - startedAt
    if (now >= shape.warmupMs) window ??= openWindow(load)
    for (; next < times.length && (times[next] ?? 0) <= now; next += 1) {
      const arrival = { partIndex: requests.choose(), dueAt: startedAt + (times[next] ?? 0) }
      const connection = free.take()
      if (connection === undefined) waiting.put(arrival)
      else send(connection, arrival)
    }
    if (next < times.length) await delay(1)
  }
  const result = (window ?? openWindow(load)).close()
  const until = performance.now() + shape.giveUpMs + 60_000
  while (inFlight > 0 && performance.now() < until) await delay(5)
  if (inFlight > 0) throw new Error(`${inFlight} requests have had no response for a minute.`)
  return result()
}

async function burst(load: Load, { requests: count }: Extract<LoadShape, { kind: 'burst' }>): Promise<LoadResult> {
  const { connections, requests, tally } = load
  const window = openWindow(load)
  let left = count
  await Promise.all(
    connections.map(
      (connection) =>
        new Promise<void>((resolve) => {
          const next = () => {
            const request = left > 0 && connection.isOpen ? requests.make(requests.choose()) : undefined
            if (request === undefined) return resolve()
            left -= 1
            const sentAt = performance.now()
            connection.send(request.text, (response) => {
              tally.responded(request, response, performance.now() - sentAt)
              next()
            })
          }
          next()
        }),
    ),
  )
  return window.close()()
}

type OpenWindow = { close(): () => LoadResult }

/** Starts the measured window. `close` ends it, and returns a function for the result once all responses are in. */
function openWindow({ job, tally }: Load): OpenWindow {
  const watched = [...job.watch, { name: 'generator', pid: process.pid, withChildren: false }]
  const cpuNow = () => watched.map(cpuSecondsOf)
  const cpuBefore = cpuNow()
  const startedAt = performance.now()
  tally.isInWindow = true
  return {
    close() {
      tally.isInWindow = false
      const seconds = (performance.now() - startedAt) / 1000
      const cpuAfter = cpuNow()
      const used = watched.map(({ name }, index) => [name, (cpuAfter[index] ?? 0) - (cpuBefore[index] ?? 0)])
      return () => tally.result(seconds, Object.fromEntries(used))
    },
  }
}
