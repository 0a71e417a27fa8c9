import { createTestCluster, type DatabaseProxy, databaseProxy, type TestCluster } from '@holdfast/testkit'
import { plantCatalogue } from '@holdfast/testkit/planted-citus'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { changeDatabaseUrl } from '../../database/database-url.ts'
import { dropFormerSchemas } from './former-schemas.ts'

// What a shard has left on another node, on two servers without Citus, with the tables in which Citus says where the
// shards are. The first one is also the coordinator.

const [shardId, otherShardId] = [102_008, 102_009]
const schema = `holdfast_${shardId}`

let nodes: { cluster: TestCluster; proxy: DatabaseProxy }[]
let ownerUrl: string

beforeAll(async () => {
  const clusters = await Promise.all([createTestCluster(), createTestCluster()])
  nodes = await Promise.all(
    clusters.map(async (cluster) => ({ cluster, proxy: await databaseProxy(cluster.ownerUrl) })),
  )
  const at = (index: number) => {
    const { hostname, port } = new URL(node(index).proxy.url)
    return { host: hostname, port: Number(port) }
  }
  ownerUrl = changeDatabaseUrl(node(0).cluster.ownerUrl, at(0))
  await plantCatalogue(node(0).cluster.ownerPool)
  await node(0).cluster.ownerPool.query(`
    insert into public.pg_dist_node values
      (0, '${at(0).host}', ${at(0).port}, 'primary', true, true),
      (1, '${at(1).host}', ${at(1).port}, 'primary', true, true);
    insert into public.pg_dist_shard values
      ('holdfast.clinic', ${shardId}, '-2147483648', '-1'), ('holdfast.clinic', ${otherShardId}, '0', '2147483647');
    insert into public.pg_dist_placement values (${shardId}, 0, 1), (${otherShardId}, 1, 1)`)
})
afterAll(async () => {
  for (const { cluster, proxy } of nodes) {
    await proxy.end()
    await cluster.end()
  }
})

function node(index: number) {
  const found = nodes[index]
  if (found === undefined) throw new Error(`There is no node ${index}.`)
  return found
}

/** The schema of the first shard on a node, as far as it is looked at. */
async function plant(index: number, epoch: number): Promise<void> {
  await node(index).cluster.ownerPool.query(`
    drop schema if exists ${schema} cascade;
    create schema ${schema};
    create table ${schema}.shard_range (hash_min text, hash_max text);
    insert into ${schema}.shard_range values ('-2147483648', '-1');
    create table ${schema}.log_epoch (no bigint);
    insert into ${schema}.log_epoch values (${epoch})`)
}

async function isThere(index: number): Promise<boolean> {
  const { rows } = await node(index).cluster.ownerPool.query<{ found: boolean }>(
    `select to_regnamespace('${schema}') is not null as found`,
  )
  return rows[0]?.found === true
}

beforeEach(async () => {
  await plant(0, 11_000_000_002)
  await plant(1, 11_000_000_001)
})

test('what a shard has left is dropped when its log has begun where it is now', async () => {
  await dropFormerSchemas(ownerUrl)
  expect([await isThere(0), await isThere(1)]).toEqual([true, false])
})

test('a shard that was moved back, and is not written yet, keeps its own rows where they are', async () => {
  // It had left a schema where it is now: the log of the other one began later.
  await plant(0, 11_000_000_001)
  await plant(1, 11_000_000_002)
  await dropFormerSchemas(ownerUrl)
  expect([await isThere(0), await isThere(1)]).toEqual([true, true])
})

test('what no shard replaces is kept', async () => {
  await node(0).cluster.ownerPool.query(`update pg_dist_shard set shardmaxvalue = '5' where shardid = ${shardId}`)
  await dropFormerSchemas(ownerUrl)
  expect(await isThere(1)).toBe(true)
  await node(0).cluster.ownerPool.query(`update pg_dist_shard set shardmaxvalue = '-1' where shardid = ${shardId}`)
})

test('what cannot be dropped is kept, with the reason, until a later call', async () => {
  const { cluster, proxy } = node(1)
  const [owner, database] = [new URL(ownerUrl).username, new URL(ownerUrl).pathname.slice(1)]
  const { host } = new URL(proxy.url)
  await cluster.ownerPool.query(`alter role ${owner} nologin`)
  await expect(dropFormerSchemas(ownerUrl)).rejects.toThrow(`${host}: role "${owner}" is not permitted to log in`)
  await cluster.ownerPool.query(`alter role ${owner} login`)
  await cluster.ownerPool.query(`alter database ${database} set default_transaction_read_only = on`)
  await expect(dropFormerSchemas(ownerUrl)).rejects.toThrow(`${host}: cannot execute DROP SCHEMA in a read-only`)
  await cluster.ownerPool.query(`alter database ${database} reset default_transaction_read_only`)
  await proxy.cut()
  await expect(dropFormerSchemas(ownerUrl)).rejects.toThrow(/ECONNREFUSED/)
  await proxy.restore()
  expect(await isThere(1)).toBe(true)
  await dropFormerSchemas(ownerUrl)
  expect(await isThere(1)).toBe(false)
})

test('a node that is away does not keep what another one has left', async () => {
  const { proxy } = node(1)
  await node(0).cluster.ownerPool.query(`
    create schema holdfast_1;
    create table holdfast_1.shard_range (hash_min text, hash_max text);
    insert into holdfast_1.shard_range values ('-2147483648', '-1');
    create table holdfast_1.log_epoch (no bigint)`)
  await proxy.cut()
  await expect(dropFormerSchemas(ownerUrl)).rejects.toThrow(/ECONNREFUSED/)
  await proxy.restore()
  const { rows } = await node(0).cluster.ownerPool.query("select to_regnamespace('holdfast_1') as found")
  expect(rows).toEqual([{ found: null }])
})

test('a former schema is kept while the node that has the shard now is away', async () => {
  // The one that was left is on the coordinator now.
  await node(0).cluster.ownerPool.query(`update pg_dist_placement set groupid = 1 - groupid`)
  await plant(0, 11_000_000_001)
  await plant(1, 11_000_000_002)
  await node(1).proxy.cut()
  await expect(dropFormerSchemas(ownerUrl)).rejects.toThrow(/ECONNREFUSED/)
  expect(await isThere(0)).toBe(true)
  await node(1).proxy.restore()
  await dropFormerSchemas(ownerUrl)
  expect([await isThere(0), await isThere(1)]).toEqual([false, true])
  await node(0).cluster.ownerPool.query(`update pg_dist_placement set groupid = 1 - groupid`)
})

test('what a shard has left on a coordinator that was drained is dropped, too', async () => {
  await node(0).cluster.ownerPool.query(`
    update pg_dist_placement set groupid = 1 where shardid = ${shardId};
    update pg_dist_node set shouldhaveshards = groupid <> 0`)
  await plant(0, 11_000_000_001)
  await plant(1, 11_000_000_002)
  await dropFormerSchemas(ownerUrl)
  expect([await isThere(0), await isThere(1)]).toEqual([false, true])
  await node(0).cluster.ownerPool.query(`
    update pg_dist_placement set groupid = 0 where shardid = ${shardId};
    update pg_dist_node set shouldhaveshards = true`)
})
