// Drill: outages of shards
import { randomUUID } from 'node:crypto'
import { databaseProxy, until } from '@holdfast/testkit'
import { afterEach, expect, onTestFinished, test } from 'vitest'
import { liveClient } from '../../test/live-client.ts'
import { call } from '../../test/running-server.ts'
import { type ShardedDatabase, sceneOf, serverOfShards, shardedDatabase } from '../../test/server-of-shards.ts'

const running: { stop(): Promise<void> }[] = []
afterEach(async () => {
  for (const one of running.splice(0).toReversed()) await one.stop()
})

async function start(env: Record<string, string> = {}) {
  const database = await shardedDatabase()
  running.push({ stop: () => database.drop() })
  const server = await serverOfShards(database, env)
  running.push(server)
  const scene = await sceneOf(server.url, database)
  const all = []
  for (const index of database.shards.keys()) {
    const clinicId = await scene.aClinicIn(index)
    const doctorId = await scene.aDoctor(clinicId)
    all.push({ clinicId, doctorId, ...(await scene.slotsOf(doctorId)) })
  }
  const [there, here] = all
  if (here === undefined || there === undefined) throw new Error('There are two shards.')
  const get = (path: string, options: Parameters<typeof call>[1] = {}) => call(`${server.url}/api/v1${path}`, options)
  const book = ({ slots }: typeof here, at = 0, key: string = randomUUID()) =>
    get('/bookings', {
      method: 'POST',
      body: { slotId: slots[at]?.id, patient: { name: 'Pat' }, confirm: true },
      headers: { 'idempotency-key': key },
    })
  return { database, server, scene, here, there, get, book }
}

/** Connections of the servers, by their names. */
async function sessionsOf({ shards }: ShardedDatabase): Promise<string[]> {
  const found = await Promise.all(
    shards.map(({ database }) =>
      database.ownerPool.query<{ name: string }>(`select application_name as name from pg_stat_activity
          where datname = current_database() and application_name like 'holdfast%' order by 1`),
    ),
  )
  return found.flatMap(({ rows }) => rows.map(({ name }) => name))
}

test('while a shard is away, its writes are refused at once, and other shards are served', async () => {
  const { database, server, here, there, get, book, scene } = await start()
  await get(here.listPath)
  await get('/clinics')
  await database.shards[1]?.proxy.cut()
  await until(async () => /the database is unavailable/.test(server.logText()), 'the breaker to open')
  const beganMs = performance.now()
  const refused = await book(here)
  expect([refused.status, refused.body.code]).toEqual([503, 'unavailable'])
  expect(refused.body.detail).toContain('not processed')
  expect(performance.now() - beganMs).toBeLessThan(1_000)
  expect((await get(here.listPath)).body).toMatchObject({ stale: true })
  expect((await book(there)).status).toBe(201)
  expect((await get(there.listPath)).body.stale).toBeUndefined()
  expect((await get(`/clinics/${there.clinicId}/bookings`, { bearer: scene.admin })).status).toBe(200)
  expect((await call(`${server.url}/readyz`)).status).toBe(200)
  await database.shards[1]?.proxy.restore()
  await until(async () => (await book(here)).status === 201, 'a booking in the shard that is back')
  await until(async () => (await get(here.listPath)).body.stale === undefined, 'a list that is not stale')
})

test('while a shard is away, lists over all clinics are the last ones; then they have what has changed', async () => {
  const { database, server, here, get, scene } = await start()
  const path = '/clinics?q=Meanwhile'
  const list = async () => {
    const { body } = await get(path)
    return { names: (body.items as { name: string }[]).map(({ name }) => name), stale: body.stale }
  }
  expect(await list()).toEqual({ names: [], stale: undefined })
  await database.shards[1]?.proxy.cut()
  await until(async () => /the database is unavailable/.test(server.logText()), 'the breaker to open')
  // Another process, to which the shard is there.
  const [directory, shard] = database.shards
  if (directory === undefined || shard === undefined) throw new Error('There are two databases.')
  const proxy = await databaseProxy(shard.database.ownerUrl)
  const other = await serverOfShards({ ...database, shards: [directory, { ...shard, proxy }] })
  onTestFinished(() => proxy.end())
  const body = { name: 'Meanwhile' }
  const changed = await call(`${other.url}/api/v1/clinics/${here.clinicId}`, {
    method: 'PATCH',
    body,
    bearer: scene.admin,
  })
  expect(changed.status).toBe(200)
  expect(await list()).toEqual({ names: [], stale: true })
  await other.stop()
  await database.shards[1]?.proxy.restore()
  await until(async () => (await list()).stale === undefined, 'a list that is not stale')
  expect((await list()).names).toEqual(['Meanwhile'])
})

test('a connection follows doctors of both shards, and resumes in both', async () => {
  const { server, here, there, book } = await start()
  const client = await liveClient(server.url)
  client.send({ type: 'subscribe', doctorIds: [here.doctorId, there.doctorId] })
  await until(async () => client.received[1], 'two messages')
  for (const each of [here, there]) {
    await book(each, 2)
    await client.untilAvailable(each.slots[2]?.id ?? '', 1)
  }
  const last = client.received.at(-1)?.message as { position?: string }
  expect(last.position?.split(',')).toHaveLength(2)
  await client.end()
  for (const each of [here, there]) await book(each, 2)
  const again = await liveClient(server.url)
  again.send({ type: 'subscribe', doctorIds: [here.doctorId, there.doctorId], after: last.position })
  for (const each of [here, there]) await again.untilAvailable(each.slots[2]?.id ?? '', 0)
  await again.end()
})

test('metrics are those of all shards together', async () => {
  const { database, server, here, there, book } = await start({
    HOLDFAST_METRICS_TOKEN: 'a-token-of-the-test-that-is-long',
  })
  for (const each of [here, there]) expect((await book(each)).status).toBe(201)
  const figures = async () => {
    const { text } = await call(`${server.url}/metrics`, { bearer: 'a-token-of-the-test-that-is-long' })
    return (name: string) => Number(new RegExp(`^${name.replace(/[{}"]/g, '\\$&')} (\\S+)$`, 'm').exec(text)?.[1])
  }
  const of = await figures()
  expect(of('holdfast_claims_total{outcome="booked"}')).toBe(2)
  // One connection that reads each log, at least; and each batch pool's. Each may be in use at the moment.
  for (const pool of ['write', 'tail']) {
    const idle = async () => (await figures())(`holdfast_pool_connections{pool="${pool}",state="idle"}`)
    await expect.poll(idle).toBeGreaterThanOrEqual(database.shards.length)
  }
})

test('a server that stops leaves no connection, with jobs', async () => {
  const { database, server, here, there, book } = await start({ HOLDFAST_WORKER: 'on' })
  for (const each of [here, there]) await book(each)
  const client = await liveClient(server.url)
  await client.subscribe([here.doctorId])
  expect(new Set(await sessionsOf(database)).size).toBeGreaterThan(5)
  await server.stop()
  expect(await client.closed).toMatchObject({ code: 1001 })
  await until(async () => (await sessionsOf(database)).length === 0, 'no session of the server')
  expect(server.logText()).not.toMatch(/not stopped in time|failed to stop/)
})

test('a server that cannot open one of its shards does not start, and leaves no connection', async () => {
  const database = await shardedDatabase()
  running.push({ stop: () => database.drop() })
  // A restore from a dump leaves such a row.
  await database.shards[1]?.database.ownerPool.query(`insert into holdfast.directory_change (clinic_no, xid)
      values (1, '1000000000000')`)
  await expect(serverOfShards(database)).rejects.toThrow('whose transaction numbers this one has not reached')
  await until(async () => (await sessionsOf(database)).length === 0, 'no session of the server', 8_000)
})
