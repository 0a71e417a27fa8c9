import { aClaim, createTestDatabase, type TestDatabase } from '@holdfast/testkit'
import sql from 'sql-template-tag'
import { expect } from 'vitest'
import { aScene, test as base, killedAfter } from '../../test/moving-clinic.ts'
import { connectClient } from '../database/connect-client.ts'
import { registerShard } from '../shards/register-shard.ts'
import { registeredEnds } from '../shards/registered-shards.ts'
import { settleClinics } from '../shards/settle-clinics.ts'
import { allowChanges } from './clinic-fence.ts'

const test = base.extend('south', { scope: 'file' }, async ({ database: _directory }, { onCleanup }) => {
  const south = await createTestDatabase()
  onCleanup(() => south.drop())
  return south
})

async function aSceneOfThree(database: TestDatabase, north: TestDatabase, south: TestDatabase) {
  const scene = await aScene(database, north)
  const southNo = await registerShard(database.ownerPool, south.ownerPool, 'south')
  const named = ({ ownerUrl: url }: TestDatabase, name: string) => ({ name, url })
  const others = [named(north, 'north'), named(south, 'south')]
  const databases = await registeredEnds(database.ownerPool, named(database, 'directory'), others)
  return { scene, southNo, databases }
}

test('an old copy that is noted does not move while a third database is newest', async ({ database, north, south }) => {
  const { scene, southNo, databases } = await aSceneOfThree(database, north, south)
  await scene.move(southNo, { databases })
  // As if the directory had been restored to before the move: it notes its own copy, which is the old one.
  await database.ownerPool.query('update holdfast.clinic_shard set shard_no = 0 where clinic_no = $1', [scene.clinicNo])
  const planted = `insert into holdfast.clinic (no, id, name, timezone) values ($1, $2, 'Old', 'UTC')`
  await database.ownerPool.query(planted, [scene.clinicNo, scene.clinicId])
  for (const dryRun of [true, false]) {
    await expect(scene.move(1, { databases, dryRun })).rejects.toThrow(
      `south has the clinic ${scene.clinicNo} as well: see shards choose`,
    )
  }
  expect(await scene.place()).toEqual({ shard_no: 0, moving_to: null })
  expect((await scene.rowsIn(north)).clinic).toBe(0)

  // Once the old copy refuses changes, the newest one moves.
  await settleClinics({ databases, areAll: true })
  expect(await scene.place()).toEqual({ shard_no: southNo, moving_to: null })
  await scene.move(1, { databases })
  await scene.choose(1, { databases })
  await scene.expectClean(true)
  expect((await scene.engines.north.claim(aClaim(scene.slot))).kind).toBe('booked')
})

test('a copy that may not be the newest does not move before it is chosen', async ({ database, north, south }) => {
  const { scene, southNo, databases } = await aSceneOfThree(database, north, south)
  // Nobody knows which of two copies came last.
  await north.ownerPool.query(sql`insert into holdfast.clinic (no, id, name, timezone)
      values (${scene.clinicNo}, ${scene.clinicId}, 'Other', 'UTC')`)
  expect(await settleClinics({ databases, areAll: true })).toMatchObject([{ kind: 'unsettled' }])
  for (const dryRun of [true, false]) {
    await expect(scene.move(southNo, { databases, dryRun })).rejects.toThrow(/refuses changes.*see shards choose/)
  }
  expect([(await scene.rowsIn(database)).clinic, (await scene.rowsIn(north)).clinic]).toEqual([1, 1])
  expect((await scene.rowsIn(south)).clinic).toBe(0)
  // The control: the one that is chosen moves.
  await scene.choose(0, { databases })
  await scene.move(southNo, { databases })
  expect((await scene.rowsIn(south)).clinic).toBe(1)
})

/** The clinic has moved from the directory to north, and the directory's old copy came back in a restore. */
async function aStaleThirdCopy(database: TestDatabase, north: TestDatabase, south: TestDatabase) {
  const { scene, southNo, databases } = await aSceneOfThree(database, north, south)
  await scene.move(1, { databases })
  const planted = `insert into holdfast.clinic (no, id, name, timezone) values ($1, $2, 'Old', 'UTC')`
  await database.ownerPool.query(planted, [scene.clinicNo, scene.clinicId])
  expect(await settleClinics({ databases, areAll: true })).toMatchObject([{ kind: 'stale', in: 'directory' }])
  const killed = killedAfter('switched', [database, north, south])
  await expect(scene.move(southNo, { databases, afterStep: killed })).rejects.toThrow('killed')
  const copies = async () => [
    (await scene.rowsIn(database)).clinic,
    (await scene.rowsIn(north)).clinic,
    (await scene.rowsIn(south)).clinic,
  ]
  expect(await copies()).toEqual([1, 1, 1])
  return { scene, southNo, databases, copies }
}

test('a move that is continued deletes the copy that it has replaced, and leaves that of a third database', async ({
  database,
  north,
  south,
}) => {
  const { scene, southNo, databases, copies } = await aStaleThirdCopy(database, north, south)
  expect(await scene.move(southNo, { databases })).toBeNull()
  expect(await copies()).toEqual([1, 0, 1])
  expect(await scene.place()).toEqual({ shard_no: southNo, moving_to: null })
  // Only a person may decide that it is not needed.
  await scene.choose(southNo, { databases })
  expect(await copies()).toEqual([0, 0, 1])
})

test('negative control: without the note of what the move has replaced, all other copies are deleted', async ({
  database,
  north,
  south,
}) => {
  const { scene, southNo, databases, copies } = await aStaleThirdCopy(database, north, south)
  await database.ownerPool.query('update holdfast.clinic_shard set old_rows_in = null where clinic_no = $1', [
    scene.clinicNo,
  ])
  await scene.move(southNo, { databases })
  expect(await copies()).toEqual([0, 0, 1])
})

test('a copy of a third database that accepts changes is named, and nothing is deleted', async ({
  database,
  north,
  south,
}) => {
  const { scene, southNo, databases, copies } = await aStaleThirdCopy(database, north, south)
  const client = await connectClient({ url: database.ownerUrl, name: 'holdfast test' })
  await allowChanges(client, scene.clinicNo).finally(() => client.end())
  await expect(scene.move(southNo, { databases })).rejects.toThrow('directory has the clinic')
  expect(await copies()).toEqual([1, 1, 1])
  // The choice is the one that the move has made: it can be confirmed.
  await scene.choose(southNo, { databases })
  expect(await copies()).toEqual([0, 0, 1])
})
