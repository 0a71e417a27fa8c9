import { randomUUID } from 'node:crypto'
import { aClaim, aClinic, aDoctor, aSlot, createTestDatabase, type TestDatabase, until } from '@holdfast/testkit'
import { test as base } from '@holdfast/testkit/database-test'
import { expect } from 'vitest'
import { aVerifiedClinic } from '../../test/verify-scene.ts'
import { createEngine } from '../create-engine.ts'
import { connectClient } from '../database/connect-client.ts'
import { misplacedClinics } from '../shards/misplaced-clinics.ts'
import { registerShard } from '../shards/register-shard.ts'
import { addLogReceiver } from '../tail/log-receivers.ts'
import { verify } from '../verify/verify.ts'
import { clinicTables, otherTables } from './clinic-tables.ts'
import { type MoveStep, moveClinic } from './move-clinic.ts'

const test = base.extend('north', { scope: 'file' }, async ({ database: _directory }, { onCleanup }) => {
  const north = await createTestDatabase()
  onCleanup(() => north.drop())
  return north
})

/** A clinic in the directory, with rows in all tables that verify reads, and a second one that stays. */
async function aScene(directory: TestDatabase, north: TestDatabase) {
  const register = () => registerShard(directory.ownerPool, north.ownerPool, 'north')
  await register()
  const { clinic } = await aVerifiedClinic(directory)
  // Its own one, which nobody delivers to.
  await directory.ownerPool.query('delete from holdfast.log_receiver')
  const stays = await aDoctor(directory, await aClinic(directory))
  const slotThere = await aSlot(directory, stays, { capacity: 50 })
  const doctor = await aDoctor(directory, clinic)
  const slot = await aSlot(directory, doctor, { capacity: 50 })
  await register()
  const databases = [
    { no: 0, name: 'directory', url: directory.ownerUrl },
    { no: 1, name: 'north', url: north.ownerUrl },
  ]
  const engineOf = ({ appPool }: TestDatabase) => createEngine({ batchPool: appPool, generalPool: appPool })
  return {
    clinicNo: clinic.no,
    slot,
    engines: { directory: engineOf(directory), north: engineOf(north) },
    bookElsewhere: () => engineOf(directory).claim(aClaim(slotThere)),
    move: (to: number, more: Partial<Parameters<typeof moveClinic>[0]> = {}) =>
      moveClinic({
        directoryUrl: directory.ownerUrl,
        clinicNo: clinic.no,
        databases,
        to,
        dryRun: false,
        noticeMs: 0,
        signal: new AbortController().signal,
        ...more,
      }),
    /** The number of rows of the clinic in each table. */
    async rowsIn({ ownerUrl }: TestDatabase) {
      const client = await connectClient({ url: ownerUrl, name: 'holdfast test' })
      try {
        const counts: Record<string, number> = {}
        for (const table of await clinicTables(client)) {
          const { rows } = await client.query<{ count: string }>(
            `select count(*) from holdfast.${table.name} where ${table.of(clinic.no)}`,
          )
          counts[table.name] = Number(rows[0]?.count)
        }
        return counts
      } finally {
        await client.end()
      }
    },
    async place() {
      const { rows } = await directory.ownerPool.query<{ shard_no: number; moving_to: number | null }>(
        'select shard_no, moving_to from holdfast.clinic_shard where clinic_no = $1',
        [clinic.no],
      )
      return rows[0]
    },
    async expectClean(inNorth: boolean) {
      for (const { ownerPool } of [directory, north]) {
        const { details } = await verify(ownerPool, { clinicNo: null, detailsMax: 10 })
        expect(details).toEqual([])
        const fences = `select tgrelid::regclass::text from pg_trigger where tgname like 'moving_clinic%'`
        expect((await ownerPool.query(fences)).rows).toEqual([])
      }
      const shards = new Map([
        [0, directory.ownerPool],
        [1, north.ownerPool],
      ])
      expect(await misplacedClinics(directory.ownerPool, shards)).toEqual([])
      expect(await this.place()).toEqual({ shard_no: inNorth ? 1 : 0, moving_to: null })
    },
  }
}

const isRefused = expect.objectContaining({ code: 'HF001' })

test('all rows of a clinic are moved, there and back; others stay', async ({ database, north }) => {
  const scene = await aScene(database, north)
  const before = await scene.rowsIn(database)
  const key = aClaim(scene.slot, { confirm: true })
  const booked = await scene.engines.directory.claim(key)
  const moved = await scene.move(1)
  expect(moved).toMatchObject({ from: 'directory', to: 'north', pauseMs: expect.any(Number) })
  const rows = await scene.rowsIn(north)
  expect(rows).toMatchObject({ slot: before.slot, resource: before.resource, booking: (before.booking ?? 0) + 1 })
  expect(Object.values(before).filter((count) => count > 0).length).toBeGreaterThan(15)
  const left = Object.entries(await scene.rowsIn(database)).filter(([, count]) => count > 0)
  // One entry of the log says that lists have changed.
  expect(left).toEqual([['directory_change', 1]])
  await scene.expectClean(true)
  expect((await scene.bookElsewhere()).kind).toBe('booked')

  // A repetition finds the booking, and new ones are made.
  expect(await scene.engines.north.claim(key)).toEqual({ ...booked, position: expect.anything() })
  expect((await scene.engines.north.claim(aClaim(scene.slot))).kind).toBe('booked')
  expect(await scene.move(1)).toBeNull()

  expect(await scene.move(0)).toMatchObject({ from: 'north', to: 'directory' })
  expect(await scene.rowsIn(database)).toMatchObject({ booking: (before.booking ?? 0) + 2 })
  await scene.expectClean(false)
  expect((await scene.engines.directory.claim(aClaim(scene.slot))).kind).toBe('booked')
})

test('events keep their order, no receiver of the other log gets them, and readers go on', async ({
  database,
  north,
}) => {
  const scene = await aScene(database, north)
  const { directory, north: there } = scene.engines
  for (const { appPool } of [database, north]) await appPool.query('select holdfast.begin_log_epoch(null)')
  await addLogReceiver(north.appPool, 'reader')
  const eventsOf = async ({ reads }: typeof there, after: string | null = null) => {
    const { items } = await reads.eventsOfClinic({ clinicNo: scene.clinicNo, after, limit: 200 })
    return {
      events: items.map(({ bookingId, version }) => `${bookingId} ${version}`),
      position: items.at(-1)?.position ?? '',
    }
  }
  const before = await eventsOf(directory)
  await scene.move(1)
  expect((await eventsOf(there)).events).toEqual(before.events)
  const { rows } = await north.ownerPool.query(
    `select from holdfast.booking_event e, holdfast.log_receiver r
      where e.clinic_no = $1 and (e.xid, e.seq) > (r.xid, r.seq)`,
    [scene.clinicNo],
  )
  expect(rows).toEqual([])
  // A position from before the move gets all events again, there and back, and one from afterwards what is new.
  await there.claim(aClaim(scene.slot))
  const since = await eventsOf(there, before.position)
  expect(since.events.slice(0, -1)).toEqual(before.events)
  expect((await eventsOf(there, since.position)).events).toEqual([])
  await north.ownerPool.query('delete from holdfast.log_receiver')
  await scene.move(0)
  expect((await eventsOf(directory, since.position)).events).toEqual(since.events)
})

test('while it is moved, changes are refused, and those of other clinics are not', async ({ database, north }) => {
  const scene = await aScene(database, north)
  const outcomes: unknown[] = []
  await scene.move(1, {
    afterStep: async (step) => {
      if (step === 'noted') return
      const claim = scene.engines.directory.claim(aClaim(scene.slot))
      outcomes.push(await claim.then(({ kind }) => kind).catch((error: unknown) => error))
      expect((await scene.bookElsewhere()).kind).toBe('booked')
    },
  })
  const [refused, delivered, copied, committed, switched, deleted] = outcomes
  expect([refused, delivered, copied, committed, switched]).toEqual(Array.from({ length: 5 }, () => isRefused))
  // The slot is not there any more.
  expect(deleted).toBe('slot_missing')
  await scene.expectClean(true)
})

test('negative control: without the refusal, a booking is lost', async ({ database, north }) => {
  const scene = await aScene(database, north)
  const claim = aClaim(scene.slot, { confirm: true })
  await scene.move(1, {
    afterStep: async (step) => {
      if (step !== 'committed') return
      for (const table of ['booking', 'slot', 'idempotency', 'booking_event', 'booking_origin']) {
        await database.ownerPool.query(`drop trigger moving_clinic_${scene.clinicNo} on holdfast.${table}`)
      }
      expect((await scene.engines.directory.claim(claim)).kind).toBe('booked')
    },
  })
  const found = await north.ownerPool.query('select from holdfast.booking where id = $1', [claim.bookingId])
  expect(found.rowCount).toBe(0)
})

test.for<MoveStep>(['noted', 'refused', 'delivered', 'copied', 'committed', 'switched', 'deleted'])(
  'killed after the step %s, it is continued by the same call',
  async (step, { database, north }) => {
    const scene = await aScene(database, north)
    const claim = aClaim(scene.slot, { confirm: true })
    expect((await scene.engines.directory.claim(claim)).kind).toBe('booked')
    await expect(scene.move(1, { afterStep: killedAfter(step, [database, north]) })).rejects.toThrow()
    const fences = await database.ownerPool.query(
      `select from pg_trigger where tgname = 'moving_clinic_${scene.clinicNo}'`,
    )
    expect(fences.rowCount === 0).toBe(step === 'noted')
    await scene.move(1)
    await scene.expectClean(true)
    const again = await scene.engines.north.claim(claim)
    expect(again).toMatchObject({ kind: 'booked', booking: { id: claim.bookingId } })
  },
)

test.for<MoveStep>(['noted', 'refused', 'delivered', 'copied'])(
  'killed after the step %s, it goes back on request, and changes are accepted again',
  async (step, { database, north }) => {
    const scene = await aScene(database, north)
    await expect(scene.move(1, { afterStep: killedAfter(step, [database, north]) })).rejects.toThrow()
    expect(await scene.move(0)).toBeNull()
    await scene.expectClean(false)
    expect((await scene.engines.directory.claim(aClaim(scene.slot))).kind).toBe('booked')
    expect(Object.values(await scene.rowsIn(north)).every((count) => count === 0)).toBe(true)
  },
)

test('what fails before the copy is committed goes back by itself', async ({ database, north }) => {
  const scene = await aScene(database, north)
  const fail = (wanted: MoveStep) => async (step: MoveStep) => {
    if (step === wanted) throw new Error('planted')
  }
  for (const step of ['refused', 'copied'] as const) {
    await expect(scene.move(1, { afterStep: fail(step) })).rejects.toThrow('planted')
    await scene.expectClean(false)
    expect((await scene.engines.directory.claim(aClaim(scene.slot))).kind).toBe('booked')
  }
})

test('a rehearsal copies everything, and changes nothing', async ({ database, north }) => {
  const scene = await aScene(database, north)
  const before = await scene.rowsIn(database)
  const rehearsed = await scene.move(1, { dryRun: true })
  expect(rehearsed?.rows).toBe(Object.values(before).reduce((sum, count) => sum + count, 0))
  await scene.expectClean(false)
  expect(Object.values(await scene.rowsIn(north)).every((count) => count === 0)).toBe(true)
})

test('it waits for the receivers of the log, and gives up with their name', async ({ database, north }) => {
  const scene = await aScene(database, north)
  await database.ownerPool.query(`insert into holdfast.log_receiver (name, epoch, xid, seq) values ('late', 1, '3', 0)`)
  await expect(scene.move(1)).rejects.toThrow('the receiver late of the log has not got the clinic’s last events')
  await scene.expectClean(false)
  const moved = scene.move(1, {
    afterStep: async (step) => {
      if (step !== 'refused') return
      await database.ownerPool.query(`update holdfast.log_receiver set xid = pg_current_xact_id()`)
    },
  })
  expect(await moved).toMatchObject({ to: 'north' })
  await database.ownerPool.query('delete from holdfast.log_receiver')
})

test('two calls at once: the second is refused', async ({ database, north }) => {
  const scene = await aScene(database, north)
  const isCopying = Promise.withResolvers<void>()
  const mayGoOn = Promise.withResolvers<void>()
  const first = scene.move(1, {
    afterStep: async (step) => {
      if (step !== 'copied') return
      isCopying.resolve()
      await mayGoOn.promise
    },
  })
  await isCopying.promise
  await expect(scene.move(1)).rejects.toThrow('another call moves the clinic now')
  await expect(scene.move(0)).rejects.toThrow('another call moves the clinic now')
  mayGoOn.resolve()
  expect(await first).toMatchObject({ to: 'north' })
})

test('a clinic of archived months, of no database, and to no database is refused', async ({ database, north }) => {
  const scene = await aScene(database, north)
  await expect(scene.move(7)).rejects.toThrow('in the database 7, which HOLDFAST_SHARDS lacks')
  await expect(scene.move(1, { clinicNo: 9_999 })).rejects.toThrow('the directory does not know the clinic')
  await database.ownerPool.query(
    `insert into holdfast.archived_month (month, state) values (date_trunc('month', now()), 'moving')`,
  )
  await expect(scene.move(1)).rejects.toThrow('directory has archived months since the clinic was created')
  await database.ownerPool.query('delete from holdfast.archived_month')
  await scene.expectClean(false)
})

test('of every table, it is known which rows are of a clinic, or why none are', async ({ database }) => {
  const client = await connectClient({ url: database.ownerUrl, name: 'holdfast test' })
  try {
    const names = (await clinicTables(client)).map(({ name }) => name)
    for (const name of Object.keys(otherTables)) {
      expect((await client.query(`select to_regclass('holdfast.${name}') as found`)).rows[0].found).not.toBeNull()
    }
    expect(names).toContain('booking')
    await client.query('begin; create table holdfast.planted (key uuid primary key)')
    await expect(clinicTables(client)).rejects.toThrow('It is not known which rows of holdfast.planted are of a clinic')
  } finally {
    await client.end()
  }
})

/** Ends the connections of the move, as if its process were killed. */
function killedAfter(wanted: MoveStep, databases: readonly TestDatabase[]) {
  return async (step: MoveStep) => {
    if (step !== wanted) return
    for (const { ownerPool } of databases) {
      const kill = `select pg_terminate_backend(pid) from pg_stat_activity
                     where application_name = 'holdfast move-clinic' and datname = current_database()`
      await until(
        async () => (await ownerPool.query(kill)).rowCount === 0 || undefined,
        () => 'the end of the connections',
      )
    }
    throw new Error(`killed after ${step} ${randomUUID()}`)
  }
}
