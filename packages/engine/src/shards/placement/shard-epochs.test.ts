import { plantFunction } from '@holdfast/testkit'
import { test as base } from '@holdfast/testkit/database-test'
import pg from 'pg'
import { expect } from 'vitest'
import { inShard } from '../../database/database-url.ts'
import { createPool } from '../../database/pools.ts'
import { currentEpoch } from '../../tail/log-epoch.ts'
import { writeShardSchema } from '../schema/write-shard-schema.ts'
import { dropForeignKeysToOwnRows } from '../tables/drop-foreign-keys.ts'
import { beginLog, copyOwnRows } from './own-rows.ts'

/** As in log_epoch_floor. */
const shardOfEpoch = (epoch: number) => Math.floor(epoch / 10_000_000_000)

/** Shards over the tables of a plain database. The last one is what a split has made of the first one. */
const [first, second, part] = [102_008, 102_009, 103_900] as const
const schemaOf = (shardId: number) => `holdfast_${shardId}`
const anyHash = { hashMin: '-2147483648', hashMax: '2147483647' }

const test = base
  .extend('written', { scope: 'file' }, async ({ database }) => {
    await dropForeignKeysToOwnRows(database.ownerPool)
    for (const shardId of [first, second, part]) {
      await writeShardSchema({ ownerUrl: database.ownerUrl, schema: schemaOf(shardId) })
    }
  })
  .extend('client', { scope: 'file' }, async ({ database, written: _ }, { onCleanup }) => {
    const client = new pg.Client({ connectionString: database.ownerUrl })
    await client.connect()
    onCleanup(() => client.end())
    return client
  })
  .extend('source', { scope: 'file' }, async ({ database, written: _ }, { onCleanup }) => {
    const source = new pg.Client({ connectionString: database.ownerUrl })
    await source.connect()
    onCleanup(() => source.end())
    return source
  })
  .extend('pools', { scope: 'file' }, async ({ database, written: _ }, { onCleanup }) => {
    const poolOf = (shardId: number) =>
      createPool({ url: inShard(database.sessionUrl, schemaOf(shardId)), max: 2, name: 'test shard' })
    const pools = [poolOf(first), poolOf(second), poolOf(part)] as const
    onCleanup(async () => {
      for (const pool of pools) await pool.end()
    })
    return pools
  })

const epochOf = async (pool: pg.Pool, ended: number | null = null) => (await currentEpoch(pool, ended)).no

/** What writes a shard after a distribution, a move or a split. */
async function copyRows(client: pg.Client, source: pg.Client, sourceSchema: string, schema: string): Promise<void> {
  await client.query('begin')
  await copyOwnRows({ source, sourceSchema, target: client, schema, range: anyHash, hasRest: false })
  await beginLog(client, schema)
  await client.query('commit')
}

test('shards whose epochs begin in the same second number them differently', async ({
  database,
  client,
  source,
  pools: [one, other],
}) => {
  const plain = await epochOf(database.appPool)
  expect(shardOfEpoch(plain)).toBe(0)
  for (const shardId of [first, second]) await copyRows(client, source, 'holdfast', schemaOf(shardId))
  const epochs = [await epochOf(one), await epochOf(other)]
  expect(epochs.map(shardOfEpoch)).toEqual([first, second])
  // After a restart.
  const later = await epochOf(one, epochs[0])
  expect(later).toBeGreaterThan(epochs[0] ?? 0)
  expect(shardOfEpoch(later)).toBe(first)
  expect(Number.isSafeInteger(later)).toBe(true)
})

test('a part of a split shard continues with larger numbers', async ({ client, source, pools: [one, , split] }) => {
  const before = await epochOf(one)
  await copyRows(client, source, schemaOf(first), schemaOf(part))
  const after = await epochOf(split)
  expect(after).toBeGreaterThan(before)
  expect(shardOfEpoch(after)).toBe(part)
})

test('a shard whose epoch a former release has numbered begins another one', async ({ client, pools: [, other] }) => {
  await client.query(`
    delete from ${schemaOf(second)}.log_epoch;
    insert into ${schemaOf(second)}.log_epoch (no, server, starts_at)
    values (1793000000, ${schemaOf(second)}.running_server(), '3')`)
  expect(shardOfEpoch(await epochOf(other))).toBe(second)
})

test('a shard with a number that is too large for JavaScript is refused', async ({ database }) => {
  const schema = schemaOf(900_720)
  await writeShardSchema({ ownerUrl: database.ownerUrl, schema })
  await expect(database.ownerPool.query(`select ${schema}.begin_log_epoch(null)`)).rejects.toThrow('log_epoch_no_check')
})

test('negative control: without the floor, two shards have the same epochs', async ({ database, pools }) => {
  for (const shardId of [first, second]) {
    const planted = { part: /coalesce[^\n]+/, becomes: '0::bigint' }
    await plantFunction({ ...database, schema: schemaOf(shardId) }, 'log_epoch_floor', planted)
    await database.ownerPool.query(`delete from ${schemaOf(shardId)}.log_epoch`)
  }
  const [one, other] = [await epochOf(pools[0]), await epochOf(pools[1])]
  expect(Math.abs(one - other)).toBeLessThan(60)
  expect([one, other].map(shardOfEpoch)).toEqual([0, 0])
})
