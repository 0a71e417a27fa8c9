import { createTestCluster, type DatabaseProxy, databaseProxy, type TestCluster } from '@holdfast/testkit'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { changeDatabaseUrl } from '../database/database-url.ts'
import { finishedComment } from './distribute.ts'
import { writeShardSchemas } from './write-shard-schemas.ts'

// What a shard has left on another node, on two servers without Citus, with the tables in which Citus says where the
// shards are. The first one is also the coordinator. A call for no shard does what each call does at its end.

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
  await node(0).cluster.ownerPool.query(`
    create table public.pg_dist_node (
      groupid int, nodename text, nodeport int, noderole text, isactive boolean, shouldhaveshards boolean);
    create table public.pg_dist_shard (
      logicalrelid regclass, shardid bigint, shardminvalue text, shardmaxvalue text);
    create table public.pg_dist_placement (shardid bigint, groupid int, shardstate int);
    insert into public.pg_dist_node values
      (0, '${at(0).host}', ${at(0).port}, 'primary', true, true),
      (1, '${at(1).host}', ${at(1).port}, 'primary', true, true);
    insert into public.pg_dist_shard values
      ('holdfast.clinic', ${shardId}, '-2147483648', '-1'), ('holdfast.clinic', ${otherShardId}, '0', '2147483647');
    insert into public.pg_dist_placement values (${shardId}, 0, 1), (${otherShardId}, 1, 1);
    create table if not exists holdfast.shard_trigger (relation text, name text, definition text);
    comment on table holdfast.shard_trigger is '${finishedComment}'`)
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
  await writeShardSchemas(ownerUrl, [])
  expect([await isThere(0), await isThere(1)]).toEqual([true, false])
})

test('a shard that was moved back, and is not written yet, keeps its own rows where they are', async () => {
  // It had left a schema where it is now: the log of the other one began later.
  await plant(0, 11_000_000_001)
  await plant(1, 11_000_000_002)
  await writeShardSchemas(ownerUrl, [])
  expect([await isThere(0), await isThere(1)]).toEqual([true, true])
})

test('what no shard replaces is kept', async () => {
  await node(0).cluster.ownerPool.query(`update pg_dist_shard set shardmaxvalue = '5' where shardid = ${shardId}`)
  await writeShardSchemas(ownerUrl, [])
  expect(await isThere(1)).toBe(true)
  await node(0).cluster.ownerPool.query(`update pg_dist_shard set shardmaxvalue = '-1' where shardid = ${shardId}`)
})

test('a node that refuses the login, takes no writes, or is away concerns no shard of the others', async () => {
  const { cluster, proxy } = node(1)
  const [owner, database] = [new URL(ownerUrl).username, new URL(ownerUrl).pathname.slice(1)]
  await cluster.ownerPool.query(`alter role ${owner} nologin`)
  await writeShardSchemas(ownerUrl, [])
  await cluster.ownerPool.query(`alter role ${owner} login`)
  await cluster.ownerPool.query(`alter database ${database} set default_transaction_read_only = on`)
  await writeShardSchemas(ownerUrl, [])
  await cluster.ownerPool.query(`alter database ${database} reset default_transaction_read_only`)
  await proxy.cut()
  await writeShardSchemas(ownerUrl, [])
  await proxy.restore()
  expect(await isThere(1)).toBe(true)
  await writeShardSchemas(ownerUrl, [])
  expect(await isThere(1)).toBe(false)
})
