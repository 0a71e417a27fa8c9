// Nightly: a start after each restore that leaves a clinic where the directory does not note it
import { clinicNoIn, moveClinic } from '@holdfast/engine'
import { createTestDatabase, databaseProxy, until } from '@holdfast/testkit'
import sql from 'sql-template-tag'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { call } from '../../test/running-server.ts'
import {
  type Scene,
  type ShardDatabase,
  type ShardedDatabase,
  sceneOf,
  serverOfShards,
  shardedDatabase,
} from '../../test/server-of-shards.ts'

type Moved = { clinicId: string; clinicNo: number; doctorId: string; slotIds: string[]; feedPath: string }

let database: ShardedDatabase
/** The directory and the second database, as they were before a clinic moved from each of them to the third. */
let former: ShardDatabase[]
let moved: Moved
let movedFromDirectory: Moved

beforeAll(async () => {
  database = await shardedDatabase(3)
  const server = await serverOfShards(database)
  const scene = await sceneOf(server.url, database)
  moved = await aClinicToMove(scene, 1)
  movedFromDirectory = await aClinicToMove(scene, 0)
  await server.stop()
  former = [await cloned(database.shards[0]), await cloned(database.shards[1])]
  for (const { clinicNo } of [moved, movedFromDirectory]) {
    await moveClinic({
      directory: { name: 'directory', url: database.ownerUrl },
      clinicNo,
      databases: await database.ends(),
      to: 2,
      dryRun: false,
      noticeMs: 0,
      pauseMsMax: 60_000,
      signal: new AbortController().signal,
    })
  }
})
afterAll(async () => {
  for (const one of former) {
    await one.proxy.end()
    await one.database.drop()
  }
  await database.drop()
})

async function aClinicToMove(scene: Scene, shardNo: number): Promise<Moved> {
  const clinicId = await scene.aClinicIn(shardNo)
  const doctorId = await scene.aDoctor(clinicId, { name: 'Dr. Former' })
  const { slots } = await scene.slotsOf(doctorId)
  const { body: feed } = await scene.api('POST', `/clinics/${clinicId}/calendar-feed`, {})
  const feedPath = new URL(String(feed.url)).pathname
  return { clinicId, clinicNo: clinicNoIn(clinicId) ?? 0, doctorId, slotIds: slots.map(({ id }) => id), feedPath }
}

/** What a backup of now would be restored to. */
async function cloned(one: ShardDatabase | undefined): Promise<ShardDatabase> {
  if (one === undefined) throw new Error('There is no such database.')
  const end = 'select pg_terminate_backend(pid) from pg_stat_activity where datname = $1'
  const others = await createTestDatabase()
  const copy = await until(
    async () => {
      await others.ownerPool.query(end, [one.database.name])
      return createTestDatabase(undefined, one.database.name).catch(() => undefined)
    },
    () => `a copy of ${one.name}`,
  )
  await others.drop()
  return { ...one, database: copy, proxy: await databaseProxy(copy.ownerUrl) }
}

const installation = (restored: ShardDatabase | undefined) => {
  const shards = database.shards.map((shard) => (shard.no === restored?.no ? restored : shard))
  return { ownerPool: shards[0]?.database.ownerPool ?? database.ownerPool, shards }
}

const book = (url: string, at: number, { slotIds } = moved) =>
  call(`${url}/api/v1/bookings`, {
    method: 'POST',
    body: { slotId: slotIds[at], patient: { name: 'Patient' }, confirm: true },
  })

async function doctorsAt(url: string, query = '') {
  const { body } = await call(`${url}/api/v1/doctors?limit=100${query}`)
  const items = body.items as { id: string; name: string }[]
  return items.filter(({ id }) => id === moved.doctorId).map(({ name }) => name)
}

test('the directory was restored: its notes are corrected, and the clinics are served where they are', async () => {
  const server = await serverOfShards(installation(former[0]))
  const { clinicNo } = movedFromDirectory
  try {
    // Its rows came back together with the note.
    expect(server.logText()).toContain(
      `Clinic ${clinicNo} came to shard-2 later than to any other database, and not to directory, as the directory ` +
        'noted: the note is corrected.',
    )
    expect(server.logText()).toContain(`Clinic ${clinicNo} is in directory as well as in shard-2, where`)
    expect((await book(server.url, 0, movedFromDirectory)).status).toBe(201)
    const change = former[0]?.database.appPool.query(sql`update holdfast.resource set rating = 4
        where id = ${movedFromDirectory.doctorId}`)
    await expect(change).rejects.toMatchObject({ code: 'HF003' })
    expect(server.logText()).toContain(
      `Clinic ${moved.clinicNo} is in shard-2, and not in shard-1, as the directory noted: the note is corrected.`,
    )
    expect((await book(server.url, 0)).status).toBe(201)
    expect((await fetch(server.url + moved.feedPath)).status).toBe(200)
  } finally {
    await server.stop()
  }
  for (const { slotIds } of [moved, movedFromDirectory]) {
    const there = await database.shards[2]?.database.ownerPool.query(sql`select from holdfast.booking
        where slot_id = ${slotIds[0]}`)
    expect(there?.rowCount).toBe(1)
  }
})

test('the database that the clinic has left was restored: its copy is neither changed nor listed', async () => {
  const [, restored] = former
  const change = () =>
    restored?.database.appPool.query('update holdfast.resource set rating = 4 where id = $1', [moved.doctorId])
  // Nothing refuses it before the start.
  expect((await change())?.rowCount).toBe(1)
  const there = database.shards[2]?.database.ownerPool
  await there?.query('update holdfast.resource set name = $2 where id = $1', [moved.doctorId, 'Dr. Later'])
  await there?.query('delete from holdfast.calendar_feed where subject_id = $1', [moved.clinicId])
  const server = await serverOfShards(installation(restored))
  try {
    expect(server.logText()).toMatch(
      new RegExp(`"level":"?(40|warn)"?[^\\n]*Clinic ${moved.clinicNo} is in shard-1 as well as in shard-2, where`),
    )
    await expect(change()).rejects.toMatchObject({ code: 'HF003' })
    expect((await book(server.url, 1)).status).toBe(201)
    for (const query of ['', '&sort=soonest', '&q=Dr.'])
      expect(await doctorsAt(server.url, query)).toEqual(['Dr. Later'])
    expect(await doctorsAt(server.url, '&q=Former')).toEqual([])
    const { body } = await call(`${server.url}/api/v1/clinics?limit=100`)
    expect((body.items as { id: string }[]).filter(({ id }) => id === moved.clinicId)).toHaveLength(1)
    // It was revoked since, and the restored copy still has it.
    expect((await fetch(server.url + moved.feedPath)).status).toBe(404)
  } finally {
    await server.stop()
  }
})

test('while the noted database is away, the copy of the restored one is not used', async () => {
  const [, restored] = former
  await database.shards[2]?.proxy.cut()
  const server = await serverOfShards(installation(restored))
  try {
    expect((await book(server.url, 2)).status).toBe(503)
  } finally {
    await server.stop()
    await database.shards[2]?.proxy.restore()
  }
})
