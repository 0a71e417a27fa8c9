import { freshDatabaseTest as test } from '@holdfast/testkit/database-test'
import { expect } from 'vitest'
import { inShard } from '../database/database-url.ts'
import { findUnwrittenShards } from './find-unwritten.ts'
import { writeShardSchema } from './write-shard-schema.ts'

const schema = 'holdfast_7'

test('a shard is written when its schema is complete and has the functions of this release', async ({ database }) => {
  const { ownerUrl, ownerPool } = database
  const place = { schema, shardId: 7, hashMin: 0, hashMax: 1, host: '', port: 1, database: '' }
  const find = () => findUnwrittenShards(ownerUrl, [place], () => inShard(ownerUrl, schema))
  expect(await find()).toEqual([schema])
  await writeShardSchema({
    ownerUrl,
    schema,
    whenWritten: async (client) => void (await client.query(`create table ${schema}.shard_range (hash_min text)`)),
  })
  expect(await find()).toEqual([])
  await ownerPool.query(`update ${schema}.function_file set checksum = 'of another release' where name = 'claim_slots'`)
  expect(await find()).toEqual([schema])
  await writeShardSchema({ ownerUrl, schema })
  expect(await find()).toEqual([])
  // As when Citus drops a moved shard.
  await ownerPool.query(`drop view ${schema}.booking cascade`)
  expect(await find()).toEqual([schema])
})
