import { randomBytes, randomUUID } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { createPool, isDeadlock } from '@holdfast/engine'
import { distributeDatabase } from '@holdfast/engine/distribute-database'
import { readShards, type Shard, shardOf } from '@holdfast/engine/shards'
import { signIn } from '@holdfast/server/test/running-server'
import { portToKeep, until } from '@holdfast/testkit'
import type pg from 'pg'
import { type Ending, withEnding } from '../cluster/ending.ts'
import { holdfast, untilReady } from '../cluster/holdfast-process.ts'
import { compareSpeed, type Speeds } from './compare-speed.ts'
import { expireHolds } from './expire-holds.ts'
import { type HungNode, hangNode } from './hang-node.ts'
import {
  cleanUp,
  interruptMove,
  interruptWriting,
  type MoveMode,
  movePlacement,
  splitPlacement,
} from './move-shards.ts'
import { queuesOnOtherNodes } from './queues-elsewhere.ts'
import { claimUntilAnswered, ServerLoad } from './server-load.ts'
import {
  compareBookings,
  createClinics,
  differencesOf,
  doctorsOf,
  onShard,
  SceneApi,
  type SceneClinic,
  type SceneSlot,
  verifyShards,
  watch,
} from './server-scene.ts'
import { type SupervisedServer, superviseServer } from './supervised-server.ts'
import { migrateWithAccounts } from './try-accounts.ts'

type Interruption = 'move' | 'writing'

export type ServerDrillResult = {
  shards: number
  clinics: number
  /** Of each move of a shard: how long Citus moved, and how long nothing was acknowledged in it. */
  moves: { shard: string; mode: MoveMode; interrupted: Interruption | null; movedMs: number; gapMs: number }[]
  /** Of the shard that was split, and with which codes both servers ended after it. */
  split: { shard: string; splitMs: number; gapMs: number; endings: (number | null)[][]; isLogged: boolean }
  acknowledged: number
  lost: number
  duplicated: number
  /** What 200 clients booked of a slot's 50 places, on both servers, while its shard was moved. */
  contention: { capacity: number; booked: number; stored: number }
  /** Requests that failed and were repeated with their keys, by their kind. */
  failedRequests: Record<string, number>
  faults: string[]
  verify: { mismatches: number; overbooked: number }
  /** Lists and live pictures that were not as the database, before the split and at the end. */
  differences: { afterMoves: number; atEnd: number }
  /** While a worker was suspended, after the moves. */
  hung: HungNode
  /** Holds that lapsed, one in each shard, and how many of them the shard's queue expired. */
  holds: { lapsed: number; expired: number }
  /** Job queues on nodes that do not have their shard. */
  queuesElsewhere: string[]
  /** null: no plain database was passed. */
  speeds: Speeds | null
  /** Acknowledged bookings that are missing when the guard is left out: 0 means that this drill finds nothing. */
  controlLost: number
}

export type ServerDrillOptions = {
  url: string
  /** An empty database of plain PostgreSQL on this machine; null: the speed is not compared. */
  plainUrl: string | null
  bookings: number
  moves: number
  clients: number
  directory: string
  say(line: string): void
}

const claimsBetween = 200
const clinicsPerShard = 2
/** How long a worker is suspended: longer than a query may take. */
const hungMs = 30_000
const slotsPerClinic = 4
const administrator = { email: 'admin@example.org', password: 'correct horse battery' }

type Stage = {
  options: ServerDrillOptions
  servers: SupervisedServer[]
  urls: string[]
  coordinator: pg.Pool
  admin: string
  api: SceneApi
  clinics: SceneClinic[]
  slots: SceneSlot[]
}

/** Two servers on a database on Citus, which book while its shards are moved, and then while one is split. */
export function runServerDrill(options: ServerDrillOptions): Promise<ServerDrillResult> {
  return withEnding(async (ending) => {
    const stage = await setUp(options, ending)
    const { say, url, plainUrl, bookings } = options
    const { urls, coordinator, slots, servers } = stage
    const shards = (await readShards(coordinator)).length
    say(`${new Set(slots.map(({ clinicNo }) => clinicNo)).size} clinics in ${shards} shards`)
    const speeds =
      plainUrl === null
        ? null
        : await compareSpeed({ ...options, plainUrl, bookings, servers: urls, slots, settings: settings() }, ending)
    const doctors = doctorsOf(slots)
    const pictures = await watch(urls, doctors)
    const load = new ServerLoad({ urls, slots, clients: options.clients })
    const moves: ServerDrillResult['moves'] = []
    for (let n = 0; n < options.moves; n += 1) {
      await load.untilAcknowledged(claimsBetween)
      moves.push(await moveUnderLoad(stage, load, n))
      say(JSON.stringify(moves.at(-1)))
    }
    await load.untilAcknowledged(claimsBetween)
    const contention = await contend(stage)
    say(JSON.stringify(contention))
    await load.stop()
    const afterMoves = await differencesOf(coordinator, { doctors, urls, pictures })
    for (const difference of afterMoves.slice(0, 3)) say(JSON.stringify(difference).slice(0, 2_000))
    const holds = await expireHolds(url, coordinator, urls, slots)
    await Promise.all(pictures.map((picture) => picture.end()))
    const startServer = () => startAnother(options, ending)
    const hung = await hangNode({ ...stage, ...options, ownerUrl: url, hungMs, startServer })
    say(JSON.stringify(hung))
    const queuesElsewhere = await queuesOnOtherNodes(coordinator, await expectedQueues(coordinator))

    const later = new ServerLoad({ urls, slots, clients: options.clients })
    await later.untilAcknowledged(claimsBetween)
    const split = await splitUnderLoad(stage, later)
    say(JSON.stringify(split))
    await later.stop()
    const latePictures = await watch(urls, doctors)
    const atEnd = await differencesOf(coordinator, { doctors, urls, pictures: latePictures })
    for (const difference of atEnd.slice(0, 3)) say(JSON.stringify(difference).slice(0, 2_000))
    await Promise.all(latePictures.map((picture) => picture.end()))
    const found = await compareBookings(coordinator, [...load.journal, ...later.journal])
    const verified = await verifyShards(url, coordinator)
    say('without the guard')
    const controlLost = await loseWithoutGuard(stage)
    return {
      shards,
      clinics: doctors.length,
      moves,
      split: { ...split, endings: servers.map(({ endings }) => endings) },
      ...found,
      contention,
      failedRequests: sumOf(load.failed, later.failed),
      faults: [...load.faults, ...later.faults],
      verify: verified,
      differences: { afterMoves: afterMoves.length, atEnd: atEnd.length },
      hung,
      holds,
      queuesElsewhere,
      speeds,
      controlLost,
    }
  })
}

const secret = randomBytes(32).toString('hex')

function settings(): Record<string, string> {
  return {
    HOLDFAST_SECRET: secret,
    HOLDFAST_TRUSTED_PROXIES: '1',
    HOLDFAST_RATE_LIMIT: 'off',
    HOLDFAST_DEMO: 'off',
    HOLDFAST_ADMIN_EMAIL: administrator.email,
    HOLDFAST_ADMIN_PASSWORD: administrator.password,
  }
}

async function setUp(options: ServerDrillOptions, ending: Ending): Promise<Stage> {
  const { url, directory, say } = options
  await migrateWithAccounts(url)
  const coordinator = createPool({ url, max: 8, name: 'holdfast drill', onIdleError: () => undefined })
  await ending.add('to close the connections', () => coordinator.close(1_000))
  const { rows } = await coordinator.query('select from holdfast.clinic limit 1')
  if (rows.length > 0) throw new Error('CITUS_URL is an empty database: this one has clinics.')
  await distributeDatabase(url)
  const servers: SupervisedServer[] = []
  // The first one runs the jobs.
  for (const [name, more] of Object.entries({ server1: {}, server2: { HOLDFAST_WORKER: 'off' } })) {
    say(`starting ${name}`)
    servers.push(await superviseServer(name, directory, { DATABASE_URL: url, ...settings(), ...more }, ending))
  }
  const urls = servers.map((server) => server.url)
  const [first = ''] = urls
  const admin = await signIn(first, administrator)
  const api = new SceneApi(first, admin)
  const { clinics, slots } = await createClinics(api, await readShards(coordinator), clinicsPerShard, slotsPerClinic)
  return { options, servers, urls, coordinator, admin, api, clinics, slots }
}

/** A server without jobs. */
async function startAnother({ url, directory }: ServerDrillOptions, ending: Ending) {
  const port = await portToKeep()
  const its = `http://127.0.0.1:${port}`
  const more = { PORT: String(port), HOLDFAST_WORKER: 'off' }
  const process = holdfast('server3', 'start', directory, { DATABASE_URL: url, ...settings(), ...more })
  await ending.add('to stop server3', () => process.end())
  await untilReady(process, its)
  return { url: its, end: () => process.end() }
}

/** Moves the next shard; the first time, the move is interrupted and repeated, and the second time, its writing. */
async function moveUnderLoad(stage: Stage, load: ServerLoad, n: number): Promise<ServerDrillResult['moves'][number]> {
  const { options, coordinator } = stage
  const shards = await readShards(coordinator)
  const shard = shards[n % shards.length] as Shard
  const clinicNos = clinicsIn(stage, shards, shard)
  const mode = n % 2 === 0 ? 'block_writes' : 'force_logical'
  const startedAt = performance.now()
  const interrupted = n === 0 ? 'move' : n === 1 ? 'writing' : null
  if (interrupted === 'move') {
    const wasCancelled = await interruptMove(options.url, shard, 'force_logical', 700)
    if (!wasCancelled) throw new Error('The move was not interrupted.')
    await load.untilAcknowledgedIn(clinicNos)
  }
  const writing = new AbortController()
  const ended = interrupted === 'writing' ? interruptWriting(options.url, shards, writing.signal) : null
  const { movedMs } = await movePlacement(options.url, shard, mode)
  await load.untilAcknowledgedIn(clinicNos)
  writing.abort()
  if (ended !== null && (await ended) === 0) throw new Error('No writing of a shard was interrupted.')
  await cleanUp(options.url)
  await load.untilAcknowledgedIn(clinicNos, 20)
  return { shard: shard.schema, mode, interrupted, movedMs, gapMs: Math.round(load.gapMsIn(clinicNos, startedAt)) }
}

/** 200 clients want 50 places of a slot whose shard is moved meanwhile. */
async function contend({ options, urls, coordinator, api, slots }: Stage): Promise<ServerDrillResult['contention']> {
  const [neighbour] = slots
  if (neighbour === undefined) throw new Error('There are no slots.')
  const capacity = 50
  const [slotId = ''] = await api.createSlots(neighbour.doctorId, 1, capacity, 15)
  const shard = shardOf(await readShards(coordinator), neighbour.clinicNo)
  const failed = {}
  const claims = (count: number) =>
    Promise.all(
      Array.from({ length: count }, (_, first) =>
        claimUntilAnswered(urls, slotId, { key: randomUUID(), first }, failed),
      ),
    )
  const before = await claims(20)
  const [after] = await Promise.all([claims(180), movePlacement(options.url, shard, 'block_writes')])
  const { rows } = await coordinator.query<{ count: number }>(
    'select count(*)::integer as count from holdfast.booking where clinic_no = $1 and slot_id = $2',
    [neighbour.clinicNo, slotId],
  )
  const booked = [...before, ...after].filter((response) => response?.status === 201 || response?.status === 200)
  return { capacity, booked: booked.length, stored: rows[0]?.count ?? 0 }
}

/** Splits a shard: both servers end, and are started again. */
async function splitUnderLoad(stage: Stage, load: ServerLoad): Promise<Omit<ServerDrillResult['split'], 'endings'>> {
  const { options, coordinator, servers } = stage
  const shards = await readShards(coordinator)
  const shard = shards.at(-1) as Shard
  const clinicNos = clinicsIn(stage, shards, shard)
  const startedAt = performance.now()
  const splitMs = await splitPlacement(options.url, shard, [...clinicNos])
  for (const clinicNo of clinicNos) await load.untilAcknowledgedIn(new Set([clinicNo]))
  const haveEnded = () => servers.every(({ endings }) => endings.length > 0)
  await until(
    async () => (haveEnded() ? true : undefined),
    () => 'both servers to end',
    120_000,
  )
  await load.untilAcknowledged(claimsBetween)
  const logs = await Promise.all(servers.map(({ log }) => readFile(log, 'utf8')))
  const isLogged = logs.every((log) => log.includes('A shard of Citus was split'))
  const gaps = [...clinicNos].map((clinicNo) => load.gapMsIn(new Set([clinicNo]), startedAt))
  return { shard: shard.schema, splitMs, gapMs: Math.round(Math.max(...gaps)), isLogged }
}

/** @returns undefined after a deadlock with the servers, which use the tables */
async function dropGuards(shard: pg.Pool, { schema }: Shard): Promise<true | undefined> {
  try {
    await shard.query(`drop function ${schema}.guard_shard(), ${schema}.guard_clinic() cascade`)
    return true
  } catch (error) {
    if (isDeadlock(error)) return undefined
    throw error
  }
}

/** Negative control: without the guard, servers go on writing into the former copy of a shard. */
async function loseWithoutGuard(stage: Stage): Promise<number> {
  const { options, coordinator, urls, slots } = stage
  for (const shard of await readShards(coordinator)) {
    await until(
      () => onShard(options.url, shard, (pool) => dropGuards(pool, shard)),
      () => `the guards of ${shard.schema} to be dropped`,
    )
  }
  const load = new ServerLoad({ urls, slots, clients: options.clients })
  for (let n = 0; n < 2; n += 1) {
    await load.untilAcknowledged(claimsBetween)
    await movePlacement(options.url, (await readShards(coordinator))[n] as Shard, 'force_logical')
  }
  await load.untilAcknowledged(claimsBetween)
  await load.stop()
  return (await compareBookings(coordinator, load.journal)).lost
}

function clinicsIn({ slots }: Stage, shards: readonly Shard[], shard: Shard): Set<number> {
  const clinicNos = slots.map(({ clinicNo }) => clinicNo)
  return new Set(clinicNos.filter((no) => shardOf(shards, no).schema === shard.schema))
}

async function expectedQueues(coordinator: pg.Pool): Promise<string[]> {
  const shards = await readShards(coordinator)
  return shards.map(({ port, schema }) => `${port} ${schema.replace('holdfast', 'graphile_worker')}`)
}

function sumOf(one: Record<string, number>, other: Record<string, number>): Record<string, number> {
  const names = new Set([...Object.keys(one), ...Object.keys(other)])
  return Object.fromEntries(Array.from(names, (name) => [name, (one[name] ?? 0) + (other[name] ?? 0)]))
}
