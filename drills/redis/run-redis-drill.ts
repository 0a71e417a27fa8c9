import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { startEmbeddedPostgres } from '@holdfast/adapters/embedded-postgres'
import { migrate, withPool } from '@holdfast/engine'
import { call, settingsFor } from '@holdfast/server/test/running-server'
import { type ServerProcess, serverProcess } from '@holdfast/server/test/server-process'
import { fillDataDirectory } from '@holdfast/testkit'
import { type RedisServer, startRedisServer } from '@holdfast/testkit/redis-server'
import { createRoom } from '../load/booking-load.ts'

export type RedisDrillOptions = {
  /** The length of each phase. */
  seconds: number
  clients: number
  /** An empty directory, in which the drill works. */
  directory: string
  say(line: string): void
}

/** Bookings by three servers while Redis is in one state. `failed`: not booked. */
type Phase = { name: string; bookings: number; failed: number; p50Ms: number; p99Ms: number; maxMs: number }

export type RedisDrillResult = {
  phases: Phase[]
  /** The share of all bookings that failed. */
  failedRatio: number
  /** Bookings that were admitted of 75 for one patient, each time with the limit that was expected. */
  limits: { name: string; expected: number; admitted: number }[]
  /** The time until all servers used Redis again, by what had happened to it. */
  recoveredMs: Record<string, number>
  /** How often a server began to count for itself. */
  fallbacks: number
}

type Site = { servers: ServerProcess[]; slotIds: readonly string[] }

const serverCount = 3
const patientLimit = 20
const waitMsMax = 60_000

/** Books by three servers while Redis is killed, paused, slow and emptied, and counts what they admit in between. */
export async function runRedisDrill(options: RedisDrillOptions): Promise<RedisDrillResult> {
  const dataDirectory = join(options.directory, 'live')
  await fillDataDirectory(dataDirectory)
  const database = await startEmbeddedPostgres({ dataDirectory })
  const redis = await startRedisServer()
  const servers: ServerProcess[] = []
  try {
    const slotIds = await prepare(database.ownerUrl)
    for (let count = 0; count < serverCount; count += 1) {
      servers.push(await serverProcess(settingsOf(database.ownerUrl, redis)))
    }
    return await runPhases({ servers, slotIds }, redis, options)
  } finally {
    redis.signal('SIGCONT')
    await Promise.all(servers.map((server) => server.end()))
    await redis.stop()
    await database.stop()
  }
}

function settingsOf(ownerUrl: string, redis: RedisServer): Record<string, string> {
  return {
    // The servers create the application's login.
    ...settingsFor({ ownerUrl, appUrl: '' }),
    HOLDFAST_TRUSTED_PROXIES: '1',
    // Redis shares the cores of this machine with all that loads it.
    HOLDFAST_REDIS_MS_MAX: '250',
    REDIS_URL: redis.url,
    HOLDFAST_RATE_LIMIT: 'on',
    HOLDFAST_LIMIT_ANONYMOUS_WRITES_PER_MINUTE: '1000000',
    HOLDFAST_LIMIT_BOOKINGS_PER_ADDRESS: '1000000',
    HOLDFAST_LIMIT_BOOKINGS_PER_EMAIL: String(patientLimit),
  }
}

async function prepare(ownerUrl: string): Promise<readonly string[]> {
  await migrate({ ownerUrl })
  return withPool({ url: ownerUrl, max: 2, name: 'drill' }, async (pool) => {
    const { slotIds } = await createRoom(pool, 200_000)
    const columns = ['address', 'account', 'contact'].flatMap((of) => [`${of}_holds_max`, `${of}_bookings_max`])
    await pool.query(`update holdfast.clinic set ${columns.map((column) => `${column} = 1000`).join(', ')}`)
    return slotIds
  })
}

async function runPhases(site: Site, redis: RedisServer, options: RedisDrillOptions): Promise<RedisDrillResult> {
  const phases: Phase[] = []
  const limits: RedisDrillResult['limits'] = []
  const recoveredMs: Record<string, number> = {}
  const phase = async (name: string) => {
    options.say(`booking: Redis ${name}`)
    phases.push(await book(site, name, options))
  }
  const limit = async (name: string, expected: number) => {
    limits.push({ name, expected, admitted: await admitted(site) })
  }
  const recover = async (name: string, times: number) => {
    const beganAt = performance.now()
    await untilLogged(site, 'Redis is available', times)
    recoveredMs[name] = Math.round(performance.now() - beganAt)
    await limit(`after it was ${name}`, patientLimit)
  }

  await untilLogged(site, 'Redis is available', 1)
  await phase('is there')
  await limit('with Redis', patientLimit)
  await redis.kill()
  await phase('was killed')
  await limit('without Redis', serverCount * patientLimit)
  await redis.start()
  await recover('killed', 2)
  redis.signal('SIGSTOP')
  await phase('is paused')
  redis.signal('SIGCONT')
  await recover('paused', 3)
  const slow = slowDown(redis)
  await phase('is slow')
  await slow.stop()
  await recover('slow', 4)
  redis.command('FLUSHALL')
  await phase('was emptied')
  await limit('after it was emptied', patientLimit)
  const [bookings, failed] = [sumOf(phases, 'bookings'), sumOf(phases, 'failed')]
  const logged = site.servers.map((server) => server.stderr().split('Redis is unavailable').length - 1)
  const fallbacks = logged.reduce((sum, count) => sum + count, 0)
  return { phases, failedRatio: failed / (bookings + failed), limits, recoveredMs, fallbacks }
}

/** Each call waits for up to half a second. */
function slowDown(redis: RedisServer): { stop(): Promise<void> } {
  let isStopped = false
  const slowing = (async () => {
    while (!isStopped) {
      await redis.pause(500)
    }
  })()
  return {
    async stop() {
      isStopped = true
      await slowing
    },
  }
}

async function book({ servers, slotIds }: Site, name: string, options: RedisDrillOptions): Promise<Phase> {
  const durations: number[] = []
  let failed = 0
  const endsAt = performance.now() + options.seconds * 1000
  const client = async (_value: unknown, at: number) => {
    for (let round = at; performance.now() < endsAt; round += 1) {
      const beganAt = performance.now()
      const isBooked = await bookOne(servers[round % servers.length]?.url ?? '', someOf(slotIds), someAddress())
      durations.push(performance.now() - beganAt)
      if (!isBooked) failed += 1
    }
  }
  await Promise.all(Array.from({ length: options.clients }, client))
  durations.sort((one, other) => one - other)
  const at = (share: number) => Math.round((durations[Math.floor((durations.length - 1) * share)] ?? 0) * 10) / 10
  return { name, bookings: durations.length - failed, failed, p50Ms: at(0.5), p99Ms: at(0.99), maxMs: at(1) }
}

/** How many of 75 bookings for one patient are admitted, sent to all servers at the same time. */
async function admitted({ servers, slotIds }: Site): Promise<number> {
  const [address, email] = [someAddress(), `${randomUUID()}@example.org`]
  const sent = Array.from({ length: 75 }, (_, round) =>
    bookOne(servers[round % servers.length]?.url ?? '', someOf(slotIds), address, { email }),
  )
  return (await Promise.all(sent)).filter((isBooked) => isBooked).length
}

async function bookOne(url: string, slotId: string, address: string, patient = {}): Promise<boolean> {
  const request = {
    method: 'POST',
    body: { slotId, patient: { name: 'P', ...patient } },
    headers: { 'idempotency-key': randomUUID(), 'x-forwarded-for': address },
  }
  const response = await call(`${url}/api/v1/bookings`, request).catch((error: unknown) => {
    // fetch throws a TypeError when there is no response.
    if (error instanceof TypeError) return null
    throw error
  })
  return response?.status === 201
}

/** Clinics limit how much is booked from one. */
function someAddress(): string {
  const part = () => Math.floor(Math.random() * 256)
  return `10.${part()}.${part()}.${part()}`
}

function someOf(slotIds: readonly string[]): string {
  return slotIds[Math.floor(Math.random() * slotIds.length)] ?? ''
}

async function untilLogged({ servers }: Site, text: string, times: number): Promise<void> {
  const endsAt = performance.now() + waitMsMax
  while (!servers.every((server) => server.stderr().split(text).length > times)) {
    if (performance.now() > endsAt) throw new Error(`The servers did not log "${text}" ${times} times.`)
    await delay(20)
  }
}

function sumOf(phases: readonly Phase[], key: 'bookings' | 'failed'): number {
  return phases.reduce((sum, phase) => sum + phase[key], 0)
}
