import { finishedComment } from '@holdfast/engine/distribution-state'
import { dropForeignKeysToOwnRows } from '@holdfast/engine/drop-foreign-keys'
import { tablesOfKind } from '@holdfast/engine/table-kinds'
import { writeShardSchemas } from '@holdfast/engine/write-shard-schemas'
import type pg from 'pg'
import { type DatabaseProxy, databaseProxy } from './database-proxy.ts'
import { createTestCluster, type TestCluster } from './test-cluster.ts'

/**
 * Two servers without Citus, as a coordinator and a node that has two shards. The coordinator has the tables in which
 * Citus says where shards are, and the node has a table for each shard of a table. For what CI has to test without
 * Citus.
 */
export type PlantedCitus = {
  coordinator: TestCluster
  node: TestCluster
  /** In front of the node. */
  proxy: DatabaseProxy
  end(): Promise<void>
}

/** The schemas of the shards, by the hashes of their clinics' numbers: those below 0, and the others. */
export const plantedShards = { low: 'holdfast_102008', high: 'holdfast_102009' } as const

const ranges = [
  { firstShardId: 102_008, hashMin: '-2147483648', hashMax: '-1' },
  { firstShardId: 102_009, hashMin: '0', hashMax: '2147483647' },
] as const
/** Between the numbers of a shard of two tables. */
const shardIdStep = 100
const firstReferenceShardId = 200_000

/** The tables of Citus that Holdfast reads on a coordinator, as far as it does. They are empty. */
export async function plantCatalogue(coordinator: pg.Pool): Promise<void> {
  await coordinator.query(`
    create table public.pg_dist_node (
      groupid int, nodename text, nodeport int, noderole text, isactive boolean, shouldhaveshards boolean);
    create table public.pg_dist_shard (
      logicalrelid regclass, shardid bigint, shardminvalue text, shardmaxvalue text);
    create table public.pg_dist_placement (shardid bigint, groupid int, shardstate int);
    grant usage on schema public to public;
    grant select on public.pg_dist_node, public.pg_dist_shard, public.pg_dist_placement to public`)
}

/** The schemas of both shards are written, and the distribution is finished. */
export async function plantCitus(): Promise<PlantedCitus> {
  const [coordinator, node] = await Promise.all([createTestCluster(), createTestCluster()])
  const proxy = await databaseProxy(node.ownerUrl)
  const { hostname, port } = new URL(proxy.url)
  await dropForeignKeysToOwnRows(coordinator.ownerPool)
  await plantCatalogue(coordinator.ownerPool)
  await coordinator.ownerPool.query(`
    insert into public.pg_dist_node values (1, '${hostname}', ${port}, 'primary', true, true);
    create table holdfast.shard_trigger (relation text, name text, definition text)`)
  await plantForGuards(node.ownerPool)
  const place = async (table: string, shardId: number, range: string) => {
    await node.ownerPool.query(`create table holdfast.${table}_${shardId} (like holdfast.${table} including all)`)
    await coordinator.ownerPool.query(`
      insert into public.pg_dist_shard values ('holdfast.${table}', ${shardId}, ${range});
      insert into public.pg_dist_placement values (${shardId}, 1, 1)`)
  }
  const tables = ['clinic', ...tablesOfKind('distributed').filter((table) => table !== 'clinic')]
  for (const [index, table] of tables.entries()) {
    for (const { firstShardId, hashMin, hashMax } of ranges) {
      await place(table, firstShardId + index * shardIdStep, `'${hashMin}', '${hashMax}'`)
    }
  }
  for (const [index, table] of tablesOfKind('reference').entries()) {
    await place(table, firstReferenceShardId + index, 'null, null')
  }
  await writeShardSchemas(coordinator.ownerUrl)
  await coordinator.ownerPool.query(`comment on table holdfast.shard_trigger is '${finishedComment}'`)
  return {
    coordinator,
    node,
    proxy,
    async end() {
      await proxy.end()
      await Promise.all([coordinator.end(), node.end()])
    },
  }
}

/** What the guards of shards ask and lock on their node. */
async function plantForGuards(node: pg.Pool): Promise<void> {
  await node.query(`
    set allow_system_table_mods = on;
    create table pg_catalog.pg_dist_shard (shardid bigint);
    create table pg_catalog.pg_dist_placement (shardid bigint, groupid int);
    create table pg_catalog.pg_dist_local_group as select 1 as groupid;
    create function pg_catalog.lock_shard_metadata(int, bigint[]) returns void return null;
    grant select on pg_catalog.pg_dist_shard, pg_catalog.pg_dist_placement, pg_catalog.pg_dist_local_group to public;
    insert into pg_catalog.pg_dist_placement values ${ranges.map((range) => `(${range.firstShardId}, 1)`).join()};
    reset allow_system_table_mods`)
}
