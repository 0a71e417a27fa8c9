import { aClaim, type TestDatabase } from '@holdfast/testkit'
import { expect } from 'vitest'
import { aScene, killedAfter, test } from '../../test/moving-clinic.ts'
import { connectClient } from '../database/connect-client.ts'
import { newId } from '../model/id.ts'
import { settleClinics } from '../shards/settle-clinics.ts'
import { allowChanges } from './clinic-fence.ts'

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
  const { rows } = await north.ownerPool.query<{ at: string }>(
    'select arrived_at::text as at from holdfast.arrived_clinic where clinic_no = $1',
    [clinicNo],
  )
  const arrived = `insert into holdfast.arrived_clinic (clinic_no, xid, arrived_at) values ($1, '3', $2)`
  await database.ownerPool.query(arrived, [clinicNo, rows[0]?.at])
  expect(await settleClinics({ databases, areAll: true })).toMatchObject([
    { kind: 'unsettled', why: expect.stringContaining('all refuse changes') },
  ])
  await expect(scene.move(0)).rejects.toThrow(`directory has the clinic ${clinicNo} as well: see shards choose`)
  expect(await scene.place()).toEqual({ shard_no: 1, moving_to: null })
  expect([(await scene.rowsIn(database)).clinic, (await scene.rowsIn(north)).clinic]).toEqual([1, 1])
  // The control: while the other copy accepts changes, these are the old rows of a move, which are deleted.
  await asOwner(database, (client) => allowChanges(client, clinicNo))
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
