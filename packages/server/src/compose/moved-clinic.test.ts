// Nightly: each kind of request to a clinic that was moved
import { randomUUID } from 'node:crypto'
import { clinicNoIn, type MoveStep, moveClinic, verify } from '@holdfast/engine'
import { until } from '@holdfast/testkit'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { call } from '../../test/running-server.ts'
import {
  type Scene,
  type ShardedDatabase,
  type ShardedServer,
  sceneOf,
  serverOfShards,
  shardedDatabase,
} from '../../test/server-of-shards.ts'

let database: ShardedDatabase
let servers: ShardedServer[]
let scene: Scene

beforeAll(async () => {
  database = await shardedDatabase(2)
  servers = [await serverOfShards(database), await serverOfShards(database)]
  scene = await sceneOf(servers[0]?.url ?? '', database)
})
afterAll(async () => {
  for (const server of servers) await server.stop()
  await database.drop()
})

async function move(clinicId: string, to: number, afterStep?: (step: MoveStep) => Promise<void>) {
  return moveClinic({
    directory: { name: 'directory', url: database.ownerUrl },
    clinicNo: clinicNoIn(clinicId) ?? 0,
    databases: await database.ends(),
    to,
    dryRun: false,
    noticeMs: 0,
    pauseMsMax: 60_000,
    signal: new AbortController().signal,
    ...(afterStep === undefined ? {} : { afterStep }),
  })
}

type Booked = { id: string; key: string; slotId: string }

/** Books and repeats what was not processed, until `isEnough`. */
async function bookUntil(slotIds: readonly string[], server: ShardedServer, isEnough: () => boolean) {
  const booked: Booked[] = []
  const refused: unknown[] = []
  for (let n = 0; !isEnough() || n === 0; n += 1) {
    const [key, slotId] = [randomUUID(), slotIds[n % slotIds.length] ?? '']
    const body = { slotId, patient: { name: `Patient ${n}` }, confirm: true }
    const { status, body: response } = await until(
      async () => {
        const one = await call(`${server.url}/api/v1/bookings`, {
          method: 'POST',
          body,
          headers: { 'idempotency-key': key },
        })
        return one.body.code === 'unavailable' ? undefined : one
      },
      () => `the booking ${n}`,
    )
    if (status === 201 || status === 200) booked.push({ id: String(response.id), key, slotId })
    else refused.push({ status, code: response.code })
  }
  return { booked, refused }
}

async function aCalendar(index: number, capacity: number) {
  const clinicId = await scene.aClinic()
  if ((await scene.shardOfId(clinicId)) !== index) await move(clinicId, index)
  const doctorId = await scene.aDoctor(clinicId)
  const { slots, listPath } = await scene.slotsOf(doctorId, 3)
  for (const { id } of slots) await scene.api('PATCH', `/slots/${id}`, { capacity })
  return { clinicId, doctorId, listPath, slotIds: slots.map(({ id }) => id) }
}

test('a clinic is moved there and back while two servers book in it: nothing is lost, nothing twice', async () => {
  const { clinicId, slotIds } = await aCalendar(0, 500)
  const other = await aCalendar(0, 500)
  let isMoved = false
  const clients = servers.flatMap((server) => [
    bookUntil(slotIds, server, () => isMoved),
    bookUntil(other.slotIds, server, () => isMoved),
  ])
  const inNorth = await move(clinicId, 1)
  const back = await move(clinicId, 0)
  const again = await move(clinicId, 1)
  isMoved = true
  expect([inNorth?.to, back?.to, again?.to]).toEqual(['shard-1', 'directory', 'shard-1'])
  const done = await Promise.all(clients)
  expect(done.flatMap(({ refused }) => refused)).toEqual([])
  const north = database.shards[1]?.database
  if (north === undefined) throw new Error('There are two.')
  for (const { booked } of [done[0], done[2]].flatMap((one) => one ?? [])) {
    for (const { id } of booked) {
      const { rowCount } = await north.ownerPool.query('select from holdfast.booking where id = $1', [id])
      expect(rowCount).toBe(1)
    }
  }
  for (const { ownerPool } of [database, north]) {
    expect((await verify(ownerPool, { clinicNo: null, detailsMax: 5 })).details).toEqual([])
  }
})

test('after the move, both servers serve the clinic from there, with its lists and repeated requests', async () => {
  const { clinicId, doctorId, listPath, slotIds } = await aCalendar(1, 9)
  const key = randomUUID()
  const body = { slotId: slotIds[0], patient: { name: 'Patient' }, confirm: true }
  const book = (server: ShardedServer | undefined) =>
    call(`${server?.url}/api/v1/bookings`, { method: 'POST', body, headers: { 'idempotency-key': key } })
  const first = await book(servers[0])
  expect(first.status).toBe(201)
  const availableAt = async (server: ShardedServer) => {
    const { body: list } = await call(`${server.url}/api/v1${listPath}`)
    return (list.items as { id: string; available: number }[]).map(({ available }) => available)
  }
  for (const server of servers) expect(await availableAt(server)).toEqual([8, 9, 9])
  await move(clinicId, 0)
  const again = await until(async () => {
    const one = await book(servers[1])
    return one.status === 200 ? one : undefined
  }, 'the same booking from the other database')
  expect(again.body.id).toBe(first.body.id)
  await scene.api('POST', '/bookings', { ...body, slotId: slotIds[1] })
  for (const server of servers) {
    await until(
      async () => (await availableAt(server)).join() === '8,8,9',
      () => `the list of ${server.url}`,
    )
    const { body: doctors } = await call(`${server.url}/api/v1/doctors?limit=100`)
    expect((doctors.items as { id: string }[]).filter(({ id }) => id === doctorId)).toHaveLength(1)
  }
})

test('lists are right after a clinic has come back to a database that had it before', async () => {
  const { clinicId, listPath, slotIds } = await aCalendar(0, 9)
  const untilListed = async (available: string) => {
    for (const { url } of servers) {
      await until(async () => {
        const { body } = await call(`${url}/api/v1${listPath}`)
        // None while the clinic is being moved.
        const items = (body.items ?? []) as { available: number }[]
        return items.map((slot) => slot.available).join() === available
      }, `${available} in the list of ${url}`)
    }
  }
  const book = (slotId: string | undefined) =>
    scene.api('POST', '/bookings', { slotId, patient: { name: 'Patient' }, confirm: true })
  await untilListed('9,9,9')
  await move(clinicId, 1)
  await book(slotIds[0])
  await untilListed('8,9,9')
  await move(clinicId, 0)
  await untilListed('8,9,9')
  await book(slotIds[1])
  await untilListed('8,8,9')
})

test('lists over all clinics show a clinic once while two databases have it', async () => {
  const { clinicId, doctorId, slotIds } = await aCalendar(0, 9)
  await scene.api('POST', '/bookings', { slotId: slotIds[0], patient: { name: 'Patient' }, confirm: true })
  const idsIn = async (path: string) =>
    ((await scene.api('GET', path)).body.items as { id: string }[]).map(({ id }) => id)
  const before = await idsIn('/me/bookings?limit=100')
  const seen: unknown[] = []
  await move(clinicId, 1, async (step) => {
    if (step !== 'committed' && step !== 'switched') return
    const doctors = (await idsIn('/doctors?limit=100')).filter((id) => id === doctorId)
    const clinics = (await idsIn('/clinics?limit=100')).filter((id) => id === clinicId)
    seen.push([doctors.length, clinics.length, (await idsIn('/me/bookings?limit=100')).length])
    if (step === 'committed') return
    // Where the clinic is now, the account has no right to the booking any more. The old rows say that it has.
    const unlinked = 'update holdfast.booking set account_id = null where slot_id = $1'
    await database.shards[1]?.database.ownerPool.query(unlinked, [slotIds[0]])
    await until(
      async () => (await idsIn('/me/bookings?limit=100')).length === before.length - 1,
      'a list of bookings without the one that the account lost',
    )
  })
  expect(seen).toEqual([
    [1, 1, before.length],
    [1, 1, before.length],
  ])
})

test('while it is refused, a change gets 503, and is not processed', async () => {
  const { clinicId, slotIds } = await aCalendar(0, 9)
  const statuses: unknown[] = []
  const body = { slotId: slotIds[0], patient: { name: 'Patient' }, confirm: true }
  await move(clinicId, 1, async (step) => {
    if (step !== 'copied') return
    const {
      status,
      body: problem,
      headers,
    } = await call(`${servers[0]?.url}/api/v1/bookings`, { method: 'POST', body })
    statuses.push(status, problem.code, problem.detail, headers.get('retry-after'))
  })
  const detail = 'The clinic is being moved to another database. Nothing was written: repeat the request.'
  expect(statuses).toEqual([503, 'unavailable', detail, '1'])
})
