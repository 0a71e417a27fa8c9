import { randomUUID } from 'node:crypto'
import { createPool } from '@holdfast/engine'
import { notPlaced, type Shard, shardUrl } from '@holdfast/engine/shards'
import type { Refusal, Refusals } from '@holdfast/engine/write-shard-schemas'
import { databaseProxy, until } from '@holdfast/testkit'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { call, signIn, signUp } from '../../test/running-server.ts'
import {
  type ShardedDatabase,
  type ShardedServer,
  sceneOf,
  serverOfShards,
  shardedDatabase,
} from '../../test/server-of-shards.ts'
import { jobsSchemaOf } from '../jobs/jobs-schema.ts'

let database: ShardedDatabase
/** Runs since all nodes were there. */
let earlier: ShardedServer
/** Starts while the node of the first shard is away. */
let server: ShardedServer
let scene: Awaited<ReturnType<typeof openScene>>
/** Why the schema of the first shard cannot be written where it is. */
let failure: Error | null = new Error('The schema cannot be written yet.')
const refused = new Map<string, Refusal>()
beforeAll(async () => {
  database = await shardedDatabase()
  earlier = await serverOfShards(database)
  scene = await openScene()
  await database.proxies[0]?.cut()
  server = await serverOfShards(
    database,
    { HOLDFAST_WORKER: 'on' },
    { shards: database.shards.map((shard, index) => (index === 0 ? notPlaced(shard) : shard)), write },
  )
})
afterAll(async () => {
  await server.stop()
  await earlier.stop()
  await database.drop()
})

/** As `writeShards`: what is to be written must be reached. */
async function write(_: string, schemas: readonly string[]): Promise<Refusals> {
  for (const shard of database.shards.filter(({ schema }) => schemas.includes(schema))) {
    const pool = createPool({ url: shardUrl(database.ownerUrl, shard), max: 1, name: 'holdfast shards' })
    await pool.query('select 1').finally(() => pool.end())
  }
  if (failure !== null) throw failure
  return refused
}

type At = { from?: ShardedServer; bearer?: string; body?: unknown; method?: string }

function api(path: string, { from = server, method = 'GET', ...options }: At = {}) {
  const headers = method === 'POST' ? { 'idempotency-key': randomUUID() } : {}
  return call(`${from.url}/api/v1${path}`, { method, headers, ...options })
}

async function openScene() {
  const its = await sceneOf(earlier.url, database)
  const clinics = []
  for (const index of database.shards.keys()) {
    const clinicId = await its.aClinicIn(index)
    const doctorId = await its.aDoctor(clinicId)
    const email = `${randomUUID()}@example.org`
    const { token } = await signUp(earlier.url, email)
    const invited = await its.api('POST', `/clinics/${clinicId}/invitations`, { email, role: 'staff' })
    await its.api('POST', '/invitations/accept', { token: String(invited.body.link).split('#')[1] }, token)
    const login = { email, password: 'a password of ten' }
    clinics.push({ clinicId, doctorId, login, ...(await its.slotsOf(doctorId)) })
  }
  const [away, there] = clinics
  if (away === undefined || there === undefined) throw new Error('There are two shards.')
  return { away, there }
}

type Clinic = typeof scene.away

const book = ({ slots }: Clinic, at: number, from = server) =>
  api('/bookings', { method: 'POST', from, body: { slotId: slots[at]?.id, patient: { name: 'Pat' }, confirm: true } })

const desk = async ({ clinicId, login }: Clinic) =>
  api(`/clinics/${clinicId}/bookings`, { bearer: await signIn(server.url, login) })

async function expectAway(): Promise<void> {
  const { away } = scene
  expect((await api(away.listPath)).status).toBe(503)
  expect((await book(away, 0)).status).toBe(503)
  expect((await desk(away)).status).toBe(503)
  const me = await api('/me', { bearer: await signIn(server.url, away.login) })
  expect(me.body).toMatchObject({ incomplete: true, memberships: [] })
}

/** In the list of the shard that is away at the start. */
async function availableAt(index: number) {
  const { away } = scene
  const { body } = await api(away.listPath)
  const [slot] = (body.items as { id: string; available: number }[]).filter(({ id }) => id === away.slots[index]?.id)
  return body.stale === undefined ? slot?.available : 'stale'
}

const jobsOf = async ({ schema }: Shard) => {
  const queue = jobsSchemaOf(shardUrl(database.ownerUrl, { ...database.shards[0], schema } as Shard))
  const { rows } = await database.ownerPool.query(`select from ${queue}._private_known_crontabs`)
  return rows.length
}

test('clinics of the other shard are served, and those of the one that is away get 503', async () => {
  const { there } = scene
  const { origin } = new URL(server.url)
  expect((await fetch(`${origin}/readyz`)).status).toBe(200)
  expect((await book(there, 0)).status).toBe(201)
  expect((await api(there.listPath)).body.stale).toBeUndefined()
  expect((await desk(there)).status).toBe(200)
  await expectAway()
})

test('a node that is back is not used before its shard is known to be up to date', async () => {
  await database.proxies[0]?.restore()
  await until(
    async () => (/The schema cannot be written yet/.test(server.logText()) ? true : undefined),
    () => 'an attempt to write the schema',
  )
  // The server that knows it is not concerned.
  await until(
    async () => ((await book(scene.away, 0, earlier)).status === 201 ? true : undefined),
    () => 'a booking by the earlier server',
  )
  await expectAway()
  const [first, second] = database.shards as [Shard, Shard]
  expect([await jobsOf(first), (await jobsOf(second)) > 0]).toEqual([0, true])
})

test('then its clinics are served, follow its log, and have their jobs', async () => {
  const { away } = scene
  failure = null
  await until(
    async () => ((await book(away, 1)).status === 201 ? true : undefined),
    () => 'a booking in the shard',
  )
  await until(
    async () => ((await desk(away)).status === 200 ? true : undefined),
    () => 'the role in its clinic',
  )
  await until(
    async () => ((await availableAt(0)) === 1 ? true : undefined),
    () => 'what was booked while nobody followed its log',
  )
  expect((await book(away, 2, earlier)).status).toBe(201)
  await until(
    async () => ((await availableAt(2)) === 1 ? true : undefined),
    () => 'what the other server has booked since',
  )
  await until(
    async () => ((await jobsOf(database.shards[0] as Shard)) > 0 ? true : undefined),
    () => 'its jobs',
  )
  expect(server.logText()).toContain('a shard can be used now')
})

test('a shard that is refused where it was moved is not read where it was; once written, it is followed', async () => {
  const { away } = scene
  refused.set(String(database.shards[0]?.schema), {
    reason: 'Its own rows are on no node.',
    waitsFor: [],
    isFinal: true,
  })
  const node = await databaseProxy(database.sessionUrl)
  database.proxies.push(node)
  database.move(0, node)
  await until(
    async () => ((await desk(away)).status === 503 ? true : undefined),
    () => 'a desk that is not served',
  )
  expect((await book(away, 0)).status).toBe(503)
  await until(
    async () => ((await availableAt(0)) === 'stale' ? true : undefined),
    () => 'a list that may be outdated',
  )
  await until(
    async () => ((await book(away, 0, earlier)).status === 201 ? true : undefined),
    () => 'a booking by the other server, which does not know of the refusal',
  )
  refused.clear()
  await until(
    async () => ((await availableAt(0)) === 0 ? true : undefined),
    () => 'what was booked meanwhile',
  )
  expect((await book(away, 1)).status).toBe(201)
})
