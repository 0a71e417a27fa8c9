import { randomUUID } from 'node:crypto'
import { test as base } from '@holdfast/testkit/database-test'
import { expect } from 'vitest'
import { createEngine } from '../create-engine.ts'
import { inShard } from '../database/database-url.ts'
import { createPool } from '../database/pools.ts'
import type { NewClinic } from '../model/clinic.ts'
import { writeShardSchema } from '../shards/schema/write-shard-schema.ts'
import { drawClinicNo } from './draw-clinic-no.ts'

const clinic: NewClinic = { name: 'New', timezone: 'UTC', address: null, phone: null, settings: {} }
const aKey = () => ({ key: randomUUID(), requestHash: randomUUID() })

/** A directory in a shard over the tables of a plain database, which is the coordinator. */
const test = base.extend('directory', { scope: 'file' }, async ({ database }, { onCleanup }) => {
  const schema = 'holdfast_7'
  await writeShardSchema({ ownerUrl: database.ownerUrl, schema })
  const pool = createPool({ url: inShard(database.sessionUrl, schema), max: 4, name: 'test shard' })
  const engine = createEngine({ batchPool: pool, generalPool: pool })
  onCleanup(async () => {
    await engine.stop()
    await pool.end()
  })
  return engine.directory
})

test('a clinic is created in a shard, with a number of the coordinator', async ({ database, directory }) => {
  const no = await drawClinicNo(database.appPool, null)
  expect(await directory.createClinic(clinic, null, no)).toMatchObject({ kind: 'done', value: { no } })
  expect(await drawClinicNo(database.appPool, null)).not.toBe(no)
})

test('twenty requests with a key draw one number, and create one clinic', async ({ database, directory }) => {
  const key = aKey()
  const numbers = await Promise.all(Array.from({ length: 20 }, () => drawClinicNo(database.appPool, key)))
  const no = numbers[0] ?? 0
  expect(numbers).toEqual(Array.from({ length: 20 }, () => no))
  const outcomes = await Promise.all(numbers.map((drawn) => directory.createClinic(clinic, key, drawn)))
  expect(outcomes.filter(({ kind }) => kind === 'done')).toHaveLength(1)
  expect(outcomes.filter(({ kind }) => kind === 'replayed')).toHaveLength(19)
})

test('another request with the key is refused where the first one has created its clinic', async ({
  database,
  directory,
}) => {
  const key = aKey()
  const no = await drawClinicNo(database.appPool, key)
  expect(await directory.createClinic(clinic, key, no)).toMatchObject({ kind: 'done' })
  const other = { ...key, requestHash: randomUUID() }
  expect(await drawClinicNo(database.appPool, other)).toBe(no)
  expect(await directory.createClinic(clinic, other, no)).toEqual({ kind: 'key_reused' })
})
