// Nightly: each kind of read in each step in which the old rows of a clinic are deleted
import { clinicNoIn, moveClinic } from '@holdfast/engine'
import { type HeldLock, holdLock, plantFunction, type TestDatabase, until } from '@holdfast/testkit'
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
let server: ShardedServer
let scene: Scene
/** In the second database: once something is booked there, new ones are created in the other. */
const clinicIds: string[] = []

beforeAll(async () => {
  database = await shardedDatabase(2)
  server = await serverOfShards(database)
  scene = await sceneOf(server.url, database)
  while (clinicIds.length < 3) clinicIds.push(await scene.aClinicIn(1))
})
afterAll(async () => {
  await server.stop()
  await database.drop()
})

async function aBookedClinic() {
  const clinicId = clinicIds.pop()
  if (clinicId === undefined) throw new Error('There are three.')
  const doctorId = await scene.aDoctor(clinicId)
  const { day, slots } = await scene.slotsOf(doctorId)
  await scene.api('POST', '/bookings', { slotId: slots[0]?.id, patient: { name: 'Patient' }, confirm: true })
  return { clinicId, doctorId, dayPath: `/clinics/${clinicId}/bookings?from=${day}&to=${day}` }
}

/** Tables in which the deletion waits, one after the other: rows of most others are deleted between them. */
const tables = ['booking_event', 'booking', 'slot', 'membership', 'resource', 'clinic']

function north(): TestDatabase {
  const found = database.shards[1]?.database
  if (found === undefined) throw new Error('There are two.')
  return found
}

/** The table in which the deletion waits. */
async function waitingIn(isHeld: (name: string) => boolean): Promise<string | undefined> {
  const { rows } = await north().ownerPool.query<{ name: string }>(`
    select c.relname as name from pg_locks l join pg_stat_activity a using (pid) join pg_class c on c.oid = l.relation
     where not l.granted and a.application_name = 'holdfast move-clinic' and a.datname = current_database()`)
  return rows.map(({ name }) => name).find(isHeld)
}

/**
 * Moves a clinic out of the second database, while the server cannot read from the directory where clinics are.
 *
 * @param inStep called in each step of the deletion
 */
async function moveUnseen(clinicId: string, inStep: (table: string) => Promise<void>): Promise<void> {
  const held = new Map<string, HeldLock>()
  const hold = async (name: string, { ownerPool }: TestDatabase, mode: string) =>
    held.set(name, await holdLock(ownerPool, `lock table holdfast.${name} in ${mode} mode`))
  const release = async (name: string) => {
    await held.get(name)?.release()
    held.delete(name)
  }
  const walk = async () => {
    try {
      while (held.size > 1) {
        const name = await until(
          () => waitingIn((one) => held.has(one)),
          () => `the deletion in ${[...held.keys()].join(', ')}`,
        )
        await inStep(name)
        await release(name)
      }
    } finally {
      for (const name of [...held.keys()]) await release(name)
    }
  }
  let steps: Promise<void> | undefined
  await moveClinic({
    directory: { name: 'directory', url: database.ownerUrl },
    clinicNo: clinicNoIn(clinicId) ?? 0,
    databases: await database.ends(),
    to: 0,
    dryRun: false,
    noticeMs: 0,
    pauseMsMax: 60_000,
    signal: new AbortController().signal,
    async afterStep(step) {
      if (step === 'committed') for (const name of tables) await hold(name, north(), 'share')
      if (step !== 'switched') return
      await hold('clinic_shard', database, 'access exclusive')
      steps = walk()
      steps.catch(() => undefined)
    },
  })
  await steps
}

const read = async (path: string) => {
  const { status, body } = await call(`${server.url}/api/v1${path}`, { bearer: scene.admin })
  return { status, items: (body.items as unknown[] | undefined)?.length }
}

test('a server that does not know of the move refuses reads of the clinic in every step of the deletion', async () => {
  const { clinicId, doctorId, dayPath } = await aBookedClinic()
  const other = await aBookedClinic()
  expect(await read(dayPath)).toEqual({ status: 200, items: 1 })
  const seen: string[] = []
  await moveUnseen(clinicId, async (table) => {
    seen.push(table)
    // What it learned from the directory last counts for a moment.
    if (seen.length === 1) {
      await until(
        async () => ((await read(dayPath)).status === 503 ? true : undefined),
        () => 'the refusal',
      )
    }
    const paths = [dayPath, `/clinics/${clinicId}`, `/doctors/${doctorId}`]
    const statuses = await Promise.all(paths.map(async (path) => (await read(path)).status))
    expect({ table, statuses }).toEqual({ table, statuses: [503, 503, 503] })
    expect(await read(other.dayPath)).toEqual({ status: 200, items: 1 })
    // Lists of all clinics may lack it, and say so.
    const { body } = await call(`${server.url}/api/v1/doctors?limit=50`)
    expect(body.stale).toBe(true)
  })
  expect(new Set(seen)).toEqual(new Set(tables))
  await until(
    async () => ((await read(dayPath)).items === 1 ? true : undefined),
    () => 'the day from the other database',
  )
})

test('negative control: without the question to the old database, the day is an empty one', async () => {
  await plantFunction(north(), 'is_clinic_here', { part: 'select exists', becomes: 'select true or exists' })
  const { clinicId, dayPath } = await aBookedClinic()
  const days: unknown[] = []
  await moveUnseen(clinicId, async (table) => {
    if (table === 'slot' || table === 'clinic') days.push(await read(dayPath))
  })
  expect(days).toContainEqual({ status: 200, items: 0 })
})
