// Nightly: each pair of copies of a clinic
import { aClaim, type TestDatabase } from '@holdfast/testkit'
import sql from 'sql-template-tag'
import { expect } from 'vitest'
import { aScene, test as base } from '../../test/moving-clinic.ts'
import { connectClient } from '../database/connect-client.ts'
import { misplacedClinics } from '../shards/misplaced-clinics.ts'
import { settleClinics } from '../shards/settle-clinics.ts'
import { clinicTables } from './clinic-tables.ts'
import { copyClinic } from './copy-clinic.ts'

const test = base.extend('scene', ({ database, north }) => aMovedClinic(database, north))

/** A clinic that has moved to north. */
async function aMovedClinic(database: TestDatabase, north: TestDatabase) {
  const scene = await aScene(database, north)
  await scene.move(1)
  const { clinicNo, databases } = scene
  const onDirectory = (text: string) => database.ownerPool.query(text, [clinicNo])
  return {
    ...scene,
    onDirectory,
    settle: (more: Partial<Parameters<typeof settleClinics>[0]> = {}) =>
      settleClinics({ databases, areAll: true, ...more }),
    /** As if the directory had been restored to before the move. */
    restoreNote: () => onDirectory('update holdfast.clinic_shard set shard_no = 0 where clinic_no = $1'),
    /** As if the rows in the database that the clinic has left had been restored to before the move. */
    async restoreRows(arrivedAt: string | null = null) {
      const [source, target] = await Promise.all(
        [north, database].map(({ ownerUrl }) => connectClient({ url: ownerUrl, name: 'holdfast test' })),
      )
      if (source === undefined || target === undefined) throw new Error('There are two.')
      await target.query('begin')
      const tables = await clinicTables(source)
      await copyClinic(source, target, { clinicNo, tables, signal: new AbortController().signal })
      // Without a time, it was created there.
      if (arrivedAt === null) await target.query('delete from holdfast.arrived_clinic where clinic_no = $1', [clinicNo])
      const arrived = 'update holdfast.arrived_clinic set arrived_at = coalesce($2, arrived_at) where clinic_no = $1'
      await target.query(arrived, [clinicNo, arrivedAt])
      await target.query('commit')
      await Promise.all([source.end(), target.end()])
    },
    async arrivedIn({ ownerPool }: TestDatabase) {
      const { rows } = await ownerPool.query<{ at: string }>(sql`select arrived_at::text as at
          from holdfast.arrived_clinic where clinic_no = ${clinicNo}`)
      return rows[0]?.at ?? null
    },
    misplaced: () =>
      misplacedClinics(
        database.ownerPool,
        new Map([
          [0, database.ownerPool],
          [1, north.ownerPool],
        ]),
      ),
  }
}

test('a note of a database without the clinic is corrected if one other has it', async ({ scene }) => {
  const { clinicNo } = scene
  await scene.restoreNote()
  const misplaced = { clinicNo, inShard: 1, notedIn: 0, inBoth: false }
  expect(await scene.misplaced()).toEqual([misplaced])
  const where = { clinicNo, in: 'north', notedIn: 'directory' }
  // A database that cannot be read may have it as well.
  expect(await scene.settle({ areAll: false })).toMatchObject([{ ...where, kind: 'unsettled' }])
  await scene.onDirectory('update holdfast.clinic_shard set moving_to = 1 where clinic_no = $1')
  expect(await scene.settle()).toEqual([])
  await scene.onDirectory('update holdfast.clinic_shard set moving_to = null where clinic_no = $1')
  expect(await scene.place()).toEqual({ shard_no: 0, moving_to: null })
  expect(await scene.settle()).toEqual([{ ...where, kind: 'corrected', isOnly: true, isDrained: false }])
  await scene.expectClean(true)
  expect((await scene.engines.north.claim(aClaim(scene.slot))).kind).toBe('booked')
})

test('nothing is changed while the noted database cannot be read', async ({ scene }) => {
  await scene.restoreRows()
  expect(await scene.settle({ databases: scene.databases.filter(({ no }) => no === 0), areAll: false })).toEqual([])
  expect(await scene.place()).toEqual({ shard_no: 1, moving_to: null })
  expect((await scene.engines.directory.claim(aClaim(scene.slot))).kind).toBe('booked')
  await scene.choose(1)
})

test('of two, the noted one is used, and the other refuses changes until deleted', async ({ database, scene }) => {
  const { clinicNo, engines, slot } = scene
  await scene.restoreRows()
  // What nobody prevents: both accept bookings.
  expect((await engines.directory.claim(aClaim(slot))).kind).toBe('booked')
  const stale = { clinicNo, in: 'directory', notedIn: 'north', kind: 'stale' }
  for (const _ of ['once', 'again']) expect(await scene.settle()).toEqual([stale])
  await expect(engines.directory.claim(aClaim(slot))).rejects.toThrow()
  expect((await engines.north.claim(aClaim(slot))).kind).toBe('booked')
  expect((await scene.bookElsewhere()).kind).toBe('booked')
  expect(await scene.misplaced()).toEqual([{ clinicNo, inShard: 0, notedIn: 1, inBoth: true }])
  await expect(scene.move(0)).rejects.toThrow('has the clinic')

  const copies = await scene.choose(1, { dryRun: true })
  expect(copies).toMatchObject([
    { name: 'directory', isNoted: false, bookings: expect.any(Number), lastEventAt: expect.any(Date) },
    { name: 'north', isNoted: true, bookings: expect.any(Number), lastEventAt: expect.any(Date) },
  ])
  expect((await scene.rowsIn(database)).clinic).toBe(1)
  expect(await scene.choose(1)).toEqual(copies)
  await scene.expectClean(true)
  expect(
    Object.entries(await scene.rowsIn(database)).filter(([name, count]) => count > 0 && name !== 'answer'),
  ).toEqual([['directory_change', 1]])
  expect((await engines.north.claim(aClaim(slot))).kind).toBe('booked')
})

test('the noted copy is the older, as note and rows were restored: the newer is used', async ({ scene }) => {
  const { clinicNo, engines, slot } = scene
  await scene.restoreNote()
  await scene.restoreRows()
  const corrected = { clinicNo, in: 'north', notedIn: 'directory', kind: 'corrected', isOnly: false, isDrained: false }
  const stale = { clinicNo, in: 'directory', notedIn: 'north', kind: 'stale' }
  // A third one that cannot be read may have a copy that is newer still: but the clinic is in use meanwhile.
  expect(await scene.settle({ areAll: false })).toEqual([corrected, stale])
  expect(await scene.settle()).toEqual([stale])
  expect(await scene.place()).toEqual({ shard_no: 1, moving_to: null })
  await expect(engines.directory.claim(aClaim(slot))).rejects.toThrow()
  expect((await engines.north.claim(aClaim(slot))).kind).toBe('booked')
  await scene.choose(1)
  await scene.expectClean(true)
})

test('a clinic that came back and left again: the copy of its last arrival is used', async ({ database, north }) => {
  const scene = await aMovedClinic(database, north)
  const { clinicNo } = scene
  // The clock of north is an hour ahead.
  await north.ownerPool.query(sql`update holdfast.arrived_clinic set arrived_at = now() + interval '1 hour'
      where clinic_no = ${clinicNo}`)
  await scene.move(0)
  const former = await scene.arrivedIn(database)
  await scene.move(1)
  await scene.restoreNote()
  await scene.restoreRows(former)
  expect(await scene.settle()).toMatchObject([
    { in: 'north', notedIn: 'directory', kind: 'corrected' },
    { in: 'directory', notedIn: 'north', kind: 'stale' },
  ])
  // A person wants what the other copy has: from then on, it is the newest.
  await scene.choose(0)
  await scene.expectClean(false)
  expect(Date.parse((await scene.arrivedIn(database)) ?? '')).toBeGreaterThan(
    Date.parse((await scene.arrivedIn(north)) ?? ''),
  )
})

test('of copies that are alike in age none is used until one is chosen', async ({ north, scene }) => {
  const { clinicNo, engines, slot } = scene
  await scene.restoreRows(await scene.arrivedIn(north))
  const why = 'it is not known which copy is the newest, and all refuse changes: run holdfast shards choose'
  expect(await scene.settle()).toEqual([{ clinicNo, in: 'directory', notedIn: 'north', kind: 'unsettled', why }])
  // Choosing needs all databases.
  const [unread] = await scene.settle({ areAll: false })
  expect(unread).toMatchObject({ why: `${why} when all databases can be read` })
  for (const engine of [engines.directory, engines.north]) await expect(engine.claim(aClaim(slot))).rejects.toThrow()
  await scene.choose(1)
  await scene.expectClean(true)
  expect((await engines.north.claim(aClaim(slot))).kind).toBe('booked')
})

test('a copy in a drained database is chosen only if it is noted there', async ({ database, scene }) => {
  const drain = (at: string) => database.ownerPool.query(`update holdfast.shard set drained_at = ${at} where no = 1`)
  await scene.restoreNote()
  await drain('now()')
  try {
    expect(await scene.settle()).toMatchObject([{ in: 'north', kind: 'corrected', isDrained: true }])
    await scene.restoreRows()
    await scene.restoreNote()
    await expect(scene.choose(1)).rejects.toThrow('north is drained, and gets no clinics: see shards drain --undo')
    expect((await scene.engines.north.claim(aClaim(scene.slot))).kind).toBe('booked')
    await scene.settle()
    await scene.choose(1)
    await scene.expectClean(true)
  } finally {
    await drain('null')
  }
})

test.for(['refused', 'noted'] as const)(
  'the stale copy is chosen: interrupted after the step %s, the same call continues',
  async (interruptedAfter, { north, scene }) => {
    await scene.restoreRows()
    const claim = aClaim(scene.slot, { confirm: true })
    expect((await scene.engines.directory.claim(claim)).kind).toBe('booked')
    await scene.settle()
    const interrupted = scene.choose(0, {
      afterStep: async (step) => {
        if (step === interruptedAfter) throw new Error('interrupted')
      },
    })
    await expect(interrupted).rejects.toThrow('interrupted')
    // The next start decides nothing.
    const why = expect.stringContaining('run holdfast shards choose')
    expect(await scene.settle()).toMatchObject(
      interruptedAfter === 'noted' ? [] : [{ in: 'directory', kind: 'unsettled', why }],
    )
    expect(await scene.place()).toEqual(
      interruptedAfter === 'noted' ? { shard_no: 0, moving_to: 0 } : { shard_no: 1, moving_to: null },
    )
    if (interruptedAfter === 'noted') await expect(scene.choose(1)).rejects.toThrow('is being moved to directory')
    await scene.choose(0)
    await scene.expectClean(false)
    expect((await scene.rowsIn(north)).booking).toBe(0)
    expect(await scene.engines.directory.claim(claim)).toMatchObject({
      kind: 'booked',
      booking: { id: claim.bookingId },
    })
  },
)

test('a choice is refused that would lose the clinic, or that cannot be judged', async ({ scene }) => {
  await expect(scene.choose(0)).rejects.toThrow('directory does not have the clinic')
  await expect(scene.choose(1, { clinicNo: 987_654 })).rejects.toThrow('the directory does not know the clinic')
  const [directory, second] = scene.databases
  if (directory === undefined || second === undefined) throw new Error('There are two.')
  const away = { ...second, no: 2, name: 'south', url: 'postgres://nobody@127.0.0.1:1/holdfast' }
  await expect(scene.choose(1, { databases: [directory, second, away] })).rejects.toThrow('south cannot be read')
  await expect(scene.choose(0, { databases: [directory] })).rejects.toThrow('which HOLDFAST_SHARDS lacks')
  await scene.onDirectory('update holdfast.clinic_shard set moving_to = 0 where clinic_no = $1')
  await expect(scene.choose(1)).rejects.toThrow('the clinic is being moved to directory')
  await scene.onDirectory('update holdfast.clinic_shard set moving_to = null where clinic_no = $1')
  await scene.expectClean(true)
})
