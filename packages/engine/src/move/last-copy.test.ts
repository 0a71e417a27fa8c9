import { aClaim, ofKind, type TestDatabase } from '@holdfast/testkit'
import sql from 'sql-template-tag'
import { expect } from 'vitest'
import { aScene, killedAfter, test } from '../../test/moving-clinic.ts'
import { connectClient } from '../database/connect-client.ts'
import { newId } from '../model/id.ts'
import { settleClinics } from '../shards/settle-clinics.ts'
import { allowChanges, refuseCopy } from './clinic-fence.ts'

async function asOwner<Result>(
  { ownerUrl }: TestDatabase,
  use: (client: Awaited<ReturnType<typeof connectClient>>) => Promise<Result>,
): Promise<Result> {
  const client = await connectClient({ url: ownerUrl, name: 'holdfast test' })
  try {
    return await use(client)
  } finally {
    await client.end()
  }
}

test('of two copies that both refuse changes, a move deletes none', async ({ database, north }) => {
  const scene = await aScene(database, north)
  const { clinicNo, databases } = scene
  await scene.move(1)
  // As if the rows in the directory had been restored, and nobody knew which copy is the newest.
  const planted = `insert into holdfast.clinic (no, id, name, timezone) values ($1, $2, 'Old', 'UTC')`
  await database.ownerPool.query(planted, [clinicNo, scene.clinicId])
  const { rows } = await north.ownerPool.query<{ at: string }>(sql`select arrived_at::text as at
      from holdfast.arrived_clinic where clinic_no = ${clinicNo}`)
  const arrived = `insert into holdfast.arrived_clinic (clinic_no, xid, arrived_at) values ($1, '3', $2)`
  await database.ownerPool.query(arrived, [clinicNo, rows[0]?.at])
  expect(await settleClinics({ databases, areAll: true })).toMatchObject([
    { kind: 'unsettled', why: expect.stringContaining('all refuse changes') },
  ])
  await expect(scene.move(0)).rejects.toThrow(`directory has the clinic ${clinicNo} as well: see shards choose`)
  expect(await scene.place()).toEqual({ shard_no: 1, moving_to: null })
  expect([(await scene.rowsIn(database)).clinic, (await scene.rowsIn(north)).clinic]).toEqual([1, 1])
  // The control: while the other copy accepts changes, and came later, these are the old rows of a move.
  await asOwner(database, (client) => allowChanges(client, clinicNo))
  await expect(scene.move(0)).rejects.toThrow(`directory has the clinic ${clinicNo} as well`)
  const later = `update holdfast.arrived_clinic set arrived_at = arrived_at + interval '1 minute' where clinic_no = $1`
  await database.ownerPool.query(later, [clinicNo])
  await scene.move(0)
  expect([(await scene.rowsIn(database)).clinic, (await scene.rowsIn(north)).clinic]).toEqual([1, 0])
})

test.for(['deleted when the other copy is back', 'chosen'])(
  'old rows that are all that is left of the clinic are not deleted by a move: they are %s',
  async (end, { database, north }) => {
    const scene = await aScene(database, north)
    const { clinicNo } = scene
    const before = await scene.rowsIn(database)
    const killed = scene.move(1, { afterStep: killedAfter('switched', [database, north]) })
    await expect(killed).rejects.toThrow()
    expect(await scene.place()).toEqual({ shard_no: 1, moving_to: 1 })
    // As if north had been restored to before the copy.
    const renumber = (no: number, to: number, id: string) =>
      asOwner(north, async (client) => {
        await client.query('set session_replication_role = replica')
        await client.query('update holdfast.clinic set no = $2, id = $3 where no = $1', [no, to, id])
      })
    const hiddenNo = 16_000_000
    await renumber(clinicNo, hiddenNo, newId(hiddenNo))
    for (const to of [0, 1]) {
      await expect(scene.move(to)).rejects.toThrow('the directory notes the clinic in north, which does not have it')
    }
    expect(await scene.rowsIn(database)).toEqual(before)
    if (end === 'chosen') {
      expect(await scene.choose(0)).toMatchObject([{ name: 'directory', isNoted: false }])
      expect((await scene.engines.directory.claim(aClaim(scene.slot))).kind).toBe('booked')
      expect(await scene.place()).toEqual({ shard_no: 0, moving_to: null })
      return
    }
    // The control: a copy that is used makes them the old rows of a move.
    await renumber(hiddenNo, clinicNo, scene.clinicId)
    await expect(scene.choose(0)).rejects.toThrow('being moved to north')
    await scene.move(1)
    await scene.expectClean(true)
  },
)

/** A move to north that was killed when the old rows were to be deleted, and a clinic that had been there before. */
async function aSecondMove(database: TestDatabase, north: TestDatabase) {
  const scene = await aScene(database, north)
  await scene.move(1)
  const { rows } = await north.ownerPool.query<{ at: string }>(
    'select arrived_at::text as at from holdfast.arrived_clinic where clinic_no = $1',
    [scene.clinicNo],
  )
  await scene.move(0)
  const booked = ofKind(await scene.engines.directory.claim(aClaim(scene.slot, { confirm: true })), 'booked')
  return { ...scene, bookingId: booked.booking.id, firstArrival: rows[0]?.at ?? '' }
}

test.for(['committed', 'switched'] as const)(
  'killed after the step %s, the rows are not deleted for a copy of a restored database that is older',
  async (step, { database, north }) => {
    const scene = await aSecondMove(database, north)
    const { clinicNo, firstArrival, bookingId } = scene
    const killed = scene.move(1, { afterStep: killedAfter(step, [database, north]) })
    await expect(killed).rejects.toThrow()
    const before = await scene.rowsIn(database)
    const { rows } = await north.ownerPool.query<{ at: string }>(
      'select arrived_at::text as at from holdfast.arrived_clinic where clinic_no = $1',
      [clinicNo],
    )
    const arrived = (at: string | undefined) =>
      north.ownerPool.query('update holdfast.arrived_clinic set arrived_at = $2 where clinic_no = $1', [clinicNo, at])
    // As if north had been restored to the time when the clinic had been there before.
    await arrived(firstArrival)
    const refusal =
      step === 'committed' ? 'north has the clinic' : 'the copy in north may be older than that in directory'
    await expect(scene.move(1)).rejects.toThrow(refusal)
    expect(await scene.rowsIn(database)).toEqual(before)
    // The control: what the move has copied replaces them.
    await arrived(rows[0]?.at)
    await expect(scene.choose(0)).rejects.toThrow('the clinic is being moved to north')
    await arrived(firstArrival)
    await scene.choose(0)
    await scene.expectClean(false)
    const kept = await database.ownerPool.query('select from holdfast.booking where id = $1', [bookingId])
    expect(kept.rowCount).toBe(1)
    expect((await scene.engines.directory.claim(aClaim(scene.slot))).kind).toBe('booked')
  },
)

test('rows are not deleted for a copy that refuses changes for good, as that of another move', async ({
  database,
  north,
}) => {
  const scene = await aSecondMove(database, north)
  await expect(scene.move(1, { afterStep: killedAfter('switched', [database, north]) })).rejects.toThrow()
  const before = await scene.rowsIn(database)
  await asOwner(north, (client) => refuseCopy(client, scene.clinicNo))
  for (const to of [0, 1]) await expect(scene.move(to)).rejects.toThrow('the copy in north may be older')
  expect(await scene.rowsIn(database)).toEqual(before)
  // A person decides, either way.
  await scene.choose(1)
  await scene.expectClean(true)
})
