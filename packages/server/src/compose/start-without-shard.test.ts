// Nightly: each start without one of the databases
import { randomUUID } from 'node:crypto'
import { drainShard } from '@holdfast/engine'
import { createTestDatabase, databaseProxy, until } from '@holdfast/testkit'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { call, signIn, signUp } from '../../test/running-server.ts'
import {
  type ShardedDatabase,
  type ShardedServer,
  sceneOf,
  serverOfShards,
  shardedDatabase,
} from '../../test/server-of-shards.ts'

let database: ShardedDatabase
/** Runs since all databases were there. */
let earlier: ShardedServer
/** Starts while the second database is away. */
let server: ShardedServer
let scene: Awaited<ReturnType<typeof openScene>>
beforeAll(async () => {
  database = await shardedDatabase()
  earlier = await serverOfShards(database)
  scene = await openScene()
  await database.shards[1]?.proxy.cut()
  server = await serverOfShards(database, { HOLDFAST_WORKER: 'on' })
})
afterAll(async () => {
  await server.stop()
  await earlier.stop()
  await database.drop()
})

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
  const [there, away] = clinics
  if (away === undefined || there === undefined) throw new Error('There are two databases.')
  return { away, there }
}

type Clinic = typeof scene.away

const book = ({ slots }: Clinic, at: number, from = server) =>
  api('/bookings', { method: 'POST', from, body: { slotId: slots[at]?.id, patient: { name: 'Pat' }, confirm: true } })

const desk = async ({ clinicId, login }: Clinic) =>
  api(`/clinics/${clinicId}/bookings`, { bearer: await signIn(server.url, login) })

/** The available places in the list of the shard that is away at the start. */
async function availableAt(index: number) {
  const { away } = scene
  const { body } = await api(away.listPath)
  const [slot] = (body.items as { id: string; available: number }[]).filter(({ id }) => id === away.slots[index]?.id)
  return body.stale === undefined ? slot?.available : 'stale'
}

async function hasJobs(index: number): Promise<boolean> {
  const { rows } = (await database.shards[index]?.database.ownerPool.query(`
    select from graphile_worker._private_known_crontabs`)) ?? { rows: [] }
  return rows.length > 0
}

test('clinics of the other databases are served, and those of the one that is away get 503', async () => {
  const { there, away } = scene
  await until(async () => (await fetch(`${server.url}/readyz`)).status === 200, 'the server to be ready')
  expect((await book(there, 0)).status).toBe(201)
  expect((await api(there.listPath)).body.stale).toBeUndefined()
  expect((await desk(there)).status).toBe(200)
  expect((await api(away.listPath)).status).toBe(503)
  expect((await book(away, 0)).status).toBe(503)
  expect((await desk(away)).status).toBe(503)
  const me = await api('/me', { bearer: await signIn(server.url, away.login) })
  expect(me.body).toMatchObject({ incomplete: true, memberships: [] })
  expect([await hasJobs(0), await hasJobs(1)]).toEqual([true, false])
})

test('lists over all clinics leave out those of the database that is away, and say so', async () => {
  const { there, away } = scene
  const list = await fetch(`${server.url}/api/v1/clinics?limit=100`)
  const body = (await list.json()) as { items: { id: string }[]; stale?: boolean }
  expect({ status: list.status, stale: body.stale }).toEqual({ status: 200, stale: true })
  expect(list.headers.get('warning')).toContain('Response is Stale')
  const ids = body.items.map(({ id }) => id)
  expect(ids).toContain(there.clinicId)
  expect(ids).not.toContain(away.clinicId)
  for (const path of ['/doctors', '/doctors?sort=soonest', '/specializations']) {
    expect(await api(path)).toMatchObject({ status: 200, body: { stale: true } })
  }
})

test('once it is back, its clinics are served, follow its log, and have their jobs', async () => {
  const { away } = scene
  await database.shards[1]?.proxy.restore()
  await until(async () => (await book(away, 1)).status === 201, 'a booking in the shard')
  await until(async () => (await desk(away)).status === 200, 'the role in its clinic')
  expect((await book(away, 2, earlier)).status).toBe(201)
  await until(async () => (await availableAt(2)) === 1, 'what the other server has booked since')
  await until(async () => await hasJobs(1), 'its jobs')
  expect(server.logText()).toContain('the shard can be used')
  const listed = async () => (await api('/clinics?limit=100')).body as { items: { id: string }[]; stale?: boolean }
  await until(async () => (await listed()).stale === undefined, 'a list of all clinics')
  expect((await listed()).items.map(({ id }) => id)).toContain(away.clinicId)
})

test('a new database that cannot be reached keeps the server from starting', async () => {
  const added = await createTestDatabase()
  const proxy = await databaseProxy(added.ownerUrl)
  onTestFinished(async () => {
    await proxy.end()
    await added.drop()
  })
  await proxy.cut()
  const shards = [...database.shards, { no: 2, name: 'shard-2', database: added, proxy }]
  await expect(serverOfShards({ ...database, shards })).rejects.toThrow(
    'The new shard shard-2 of HOLDFAST_SHARDS cannot be used: connect ECONNREFUSED',
  )
})

test('a database with clinics, one of another installation, and a start without a shard are refused', async () => {
  const others = await shardedDatabase()
  onTestFinished(() => others.drop())
  const alone = await serverOfShards({ ...others, shards: others.shards.slice(0, 1) }, { HOLDFAST_SHARDS: '' })
  const clinicId = await (await sceneOf(alone.url, others)).aClinic()
  expect(clinicId).toBeTruthy()
  await alone.stop()
  const [directory, shard] = others.shards
  if (directory === undefined || shard === undefined) throw new Error('There are two databases.')
  const joined = (one: typeof shard) => serverOfShards({ ...database, shards: [...database.shards, one] })
  await expect(joined({ ...directory, name: 'foreign' })).rejects.toThrow('has clinics, and is of no installation')
  await (await serverOfShards(others)).stop()
  await expect(joined({ ...shard, name: 'foreign' })).rejects.toThrow(
    /the URL of foreign in HOLDFAST_SHARDS has to lead to .*, and leads to the database 1 of the installation /,
  )
  const [first = directory, ...rest] = database.shards
  await expect(serverOfShards({ shards: [first, { ...shard, name: rest[0]?.name ?? '' }] })).rejects.toThrow(
    /the URL of shard-1 in HOLDFAST_SHARDS has to lead to the database 1 of the installation .*, and leads to the/,
  )
  await expect(serverOfShards({ shards: [first, ...rest, { ...first, name: 'itself' }] })).rejects.toThrow(
    'the URL of itself in HOLDFAST_SHARDS leads to the database of DATABASE_URL',
  )
  await expect(serverOfShards({ ...others, shards: [shard] }, { HOLDFAST_SHARDS: '' })).rejects.toThrow(
    'DATABASE_URL is a shard of an installation',
  )
  const withoutShard = () => serverOfShards({ ...others, shards: [directory] }, { HOLDFAST_SHARDS: '' })
  await expect(withoutShard()).rejects.toThrow('HOLDFAST_SHARDS lacks shard-1 (the database 1) with 0 clinics. Add it.')
  await drainShard(others.ownerPool, 1)
  await (await withoutShard()).stop()
  await others.ownerPool.query('insert into holdfast.clinic_shard values (900, 1)')
  await expect(withoutShard()).rejects.toThrow('HOLDFAST_SHARDS lacks shard-1 (the database 1) with 1 clinics. Add it.')
  // Its name is not known then.
  await others.ownerPool.query('delete from holdfast.shard')
  const without = await serverOfShards({ shards: [directory] }, { HOLDFAST_SHARDS: '' })
  expect(without.logText()).toMatch(/The directory knows the database 1 with \d+ clinics, which HOLDFAST_SHARDS lacks/)
  await without.stop()
})
