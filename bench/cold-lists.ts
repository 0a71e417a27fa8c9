/**
 * `npm run cold-lists`: what a list of slots costs a server that does not have it in memory, from PostgreSQL and from a
 * copy in Redis, and what it would cost each booking to note in Redis that it outdates copies. See
 * docs/decisions/0025-redis-counts-and-notifies.md
 */
import { type CalendarDays, type CalendarReads, createCalendarReads, migrate } from '@holdfast/engine'
import { startRedisServer } from '@holdfast/testkit/redis-server'
import { Redis } from 'ioredis'
import { type Cluster, startCluster } from './contenders/cluster.ts'
import { firstSlotStart, ourCalendars } from './contenders/our-calendar.ts'
import { cpuSecondsOf } from './measure/process-cpu.ts'
import { spreadOf } from './measure/spread.ts'

const doctors = 100
/** Four weeks of 32 slots a day. */
const slotsPerDoctor = 896
const readsPerRound = 2_000
const rounds = 5
const clients = 16
const dayMs = 86_400_000
const timezone = 'Europe/London'

type Stage = { cluster: Cluster; redis: Redis; redisPid: number; doctorIds: readonly string[]; reads: CalendarReads }
/** CPU of one operation, milliseconds. */
type Cost = { server: number; postgres: number; redis: number }

const dateOf = (ms: number) => new Date(ms).toISOString().slice(0, 10)
const from = dateOf(firstSlotStart() - dayMs)
const to = dateOf(firstSlotStart() + 10 * dayMs)
const copyOf = (doctorId: string) => `copy:${doctorId}`
const changeOf = (doctorId: string) => `changed:${doctorId}`

/** Runs an operation for the doctors in turn. */
async function costOf(stage: Stage, operation: (doctorId: string) => Promise<unknown>): Promise<Cost> {
  const { cluster, redisPid, doctorIds } = stage
  const used = () => ({
    server: process.cpuUsage().user / 1e6 + process.cpuUsage().system / 1e6,
    postgres: cpuSecondsOf({ pid: cluster.postmasterPid, withChildren: true }),
    redis: cpuSecondsOf({ pid: redisPid, withChildren: false }),
  })
  let next = 0
  const before = used()
  const runClient = async () => {
    while (next < readsPerRound) {
      const doctorId = doctorIds[next % doctorIds.length] ?? ''
      next += 1
      await operation(doctorId)
    }
  }
  await Promise.all(Array.from({ length: clients }, runClient))
  const after = used()
  const each = (name: keyof Cost) => ((after[name] - before[name]) * 1_000) / readsPerRound
  return { server: each('server'), postgres: each('postgres'), redis: each('redis') }
}

/** What a copy has to contain: everything that the calendar in memory stores. */
function written({ asOf, start, end, rules, slots }: CalendarDays): string {
  const columns = [
    slots.map(({ id }) => id).join(),
    ...[slots.map(({ startsAt }) => startsAt.getTime()), slots.map(({ endsAt }) => endsAt.getTime())],
    ...[slots.map(({ capacity }) => capacity), slots.map(({ available }) => available)],
    slots.map(({ lapsesInMs }) => lapsesInMs),
  ]
  return JSON.stringify([asOf, start, end, rules, columns])
}

type Columns = [string, number[], number[], number[], number[], (number | null)[]]

function parsed(text: string, doctorId: string) {
  const [asOf, start, end, rules, columns] = JSON.parse(text) as [string, string, string, object, Columns]
  const [ids, starts, ends, capacities, available, lapses] = columns
  const slots = ids.split(',').map((id, n) => ({
    id,
    doctorId,
    startsAt: new Date(starts[n] ?? 0),
    endsAt: new Date(ends[n] ?? 0),
    capacity: capacities[n],
    available: available[n],
    lapsesInMs: lapses[n],
  }))
  return { asOf, start, end, rules, slots }
}

async function measure(stage: Stage): Promise<void> {
  const { reads, redis, doctorIds } = stage
  for (const doctorId of doctorIds) {
    const days = await reads.days(doctorId, from, to)
    if (days?.slots.length !== slotsPerDoctor) throw new Error(`${days?.slots.length} slots, not ${slotsPerDoctor}`)
    await redis.mset(copyOf(doctorId), written(days), changeOf(doctorId), '1.1')
  }
  const operations: Record<string, (doctorId: string) => Promise<unknown>> = {
    'a list from PostgreSQL': (doctorId) => reads.days(doctorId, from, to, timezone),
    // It reads the last change too, which tells whether the copy may be used.
    'a list from Redis': async (doctorId) => {
      const [copy] = await redis.mget(copyOf(doctorId), changeOf(doctorId))
      return parsed(copy ?? '', doctorId)
    },
    'a change noted in Redis': (doctorId) => redis.set(changeOf(doctorId), '1.2', 'EX', 3_600),
  }
  const costs = Object.keys(operations).map(() => [] as Cost[])
  for (let round = 0; round < rounds; round += 1) {
    for (const [index, operation] of Object.values(operations).entries()) {
      costs[index]?.push(await costOf(stage, operation))
    }
  }
  console.log(`CPU in ms: medians of ${rounds} rounds in turn, ${readsPerRound} operations each`)
  for (const [index, name] of Object.keys(operations).entries()) {
    const median = (part: keyof Cost) => spreadOf((costs[index] ?? []).map((cost) => cost[part])).median.toFixed(3)
    console.log(
      `${name.padEnd(24)} ${median('server')} server, ${median('postgres')} PostgreSQL, ${median('redis')} Redis`,
    )
  }
}

const cluster = await startCluster(() => undefined)
const server = await startRedisServer()
const redis = new Redis({ path: server.socket })
try {
  const ownerUrl = await cluster.createDatabase('cold_lists')
  await migrate({ ownerUrl })
  const calendars = ourCalendars(ownerUrl)
  const { doctorIds } = await calendars.make({ doctors, slotsPerDoctor, units: doctors * slotsPerDoctor })
  const redisPid = Number(/process_id:(\d+)/.exec(await redis.info('server'))?.[1])
  await measure({ cluster, redis, redisPid, doctorIds, reads: createCalendarReads(calendars.pool) })
  await calendars.end()
} finally {
  redis.disconnect()
  await server.stop()
  await cluster.stop()
}
