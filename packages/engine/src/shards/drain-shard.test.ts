import { randomUUID } from 'node:crypto'
import { createTestDatabase, type TestDatabase, untilLockWaiters } from '@holdfast/testkit'
import { freshDatabaseTest as test } from '@holdfast/testkit/database-test'
import sql from 'sql-template-tag'
import { expect, onTestFinished } from 'vitest'
import { createEngine } from '../create-engine.ts'
import { drainedShards, findClinicShard, placeClinic } from './clinic-shards.ts'
import { drainShard, releaseNotes, undrainShard } from './drain-shard.ts'
import { registerShard } from './register-shard.ts'

async function aShard(directory: TestDatabase) {
  const north = await createTestDatabase()
  onTestFinished(() => north.drop())
  const no = await registerShard(directory.ownerPool, north.ownerPool, 'north')
  const { appPool } = north
  const engine = createEngine({ batchPool: appPool, generalPool: appPool, directoryPool: directory.appPool })
  onTestFinished(() => engine.stop())
  return { no, engine }
}

const isDrained = expect.objectContaining({ name: 'DatabaseUnavailable', outcomeUnknown: false })

test('a drained database gets no new clinics until that is undone, and others do', async ({ database }) => {
  const { no } = await aShard(database)
  await drainShard(database.ownerPool, no)
  expect(await drainedShards(database.appPool)).toEqual(new Set([no]))
  const key = { key: randomUUID(), requestHash: randomUUID() }
  await expect(placeClinic(database.appPool, key, no)).rejects.toEqual(isDrained)
  // The same request, placed in another database.
  const { clinicNo } = await placeClinic(database.appPool, key, 0)
  expect(await findClinicShard(database.appPool, clinicNo)).toBe(0)
  await undrainShard(database.ownerPool, no)
  expect((await placeClinic(database.appPool, null, no)).shardNo).toBe(no)
})

test('draining waits for clinics that were noted without knowing of it', async ({ database }) => {
  const { no } = await aShard(database)
  const noting = await database.ownerPool.connect()
  await noting.query('begin')
  await noting.query('insert into holdfast.clinic_shard (clinic_no, shard_no) values (77, $1)', [no])
  let hasDrained = false
  const draining = drainShard(database.ownerPool, no).then(() => {
    hasDrained = true
  })
  await untilLockWaiters(database, 1)
  expect(hasDrained).toBe(false)
  await noting.query('commit')
  noting.release()
  await draining
  expect(await releaseNotes(database.ownerPool, no, [])).toEqual([77])
})

test('a clinic that was not created in a day is noted in the directory; a lost one is not', async ({ database }) => {
  const { no, engine } = await aShard(database)
  const [never, lost, there] = [
    await placeClinic(database.appPool, null, no),
    await placeClinic(database.appPool, null, no),
    await placeClinic(database.appPool, null, no),
  ].map(({ clinicNo }) => clinicNo) as [number, number, number]
  const created = { name: 'There', timezone: 'UTC', settings: {} }
  expect((await engine.directory.createClinic(created, null, there)).kind).toBe('done')
  await database.ownerPool.query(sql`insert into holdfast.account_clinic (account_id, clinic_no)
      values (gen_random_uuid(), ${lost})`)
  await drainShard(database.ownerPool, no)
  expect(await releaseNotes(database.ownerPool, no, [there])).toHaveLength(3)
  await database.ownerPool.query("update holdfast.clinic_shard set changed_at = changed_at - interval '26 hours'")
  expect(await releaseNotes(database.ownerPool, no, [there])).toHaveLength(2)
  expect(await findClinicShard(database.appPool, never)).toBe(0)
  expect(await findClinicShard(database.appPool, lost)).toBe(no)
})
