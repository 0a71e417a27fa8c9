import type pg from 'pg'
import sql from 'sql-template-tag'
import type { Node } from './nodes-of.ts'

/** The range of a shard's hashes, of the numbers of its clinics. */
export type HashRange = { hashMin: string | null; hashMax: string | null }

/** A shard of a table, and the node that has it. A reference table has no hash, and a copy on every node. */
export type TableShard = HashRange & { relation: string; shardId: number; groupId: number }

export async function readTableShards(coordinator: pg.Pool | pg.Client): Promise<TableShard[]> {
  const { rows } = await coordinator.query<TableShard>(sql`
    select distinct c.relname as relation, s.shardid::int8::float8 as "shardId", s.shardminvalue as "hashMin",
           s.shardmaxvalue as "hashMax",
           case when s.shardminvalue is null then -1 else p.groupid end as "groupId"
      from pg_dist_shard s
      join pg_dist_placement p using (shardid)
      join pg_class c on c.oid = s.logicalrelid
     where c.relnamespace = 'holdfast'::regnamespace and not c.relispartition
     order by 2, 1`)
  return rows
}

/** A shard of the engine has the clinics of one of the table `clinic`. */
export function shardsOfClinic(tableShards: readonly TableShard[]): TableShard[] {
  return tableShards.filter(({ relation }) => relation === 'clinic')
}

/** @param shard of `clinic` */
export function schemaOf({ shardId }: Pick<TableShard, 'shardId'>): string {
  return `holdfast_${shardId}`
}

/** @throws Error if the node is not active, or has just been removed */
export function nodeOf({ shardId, groupId }: TableShard, nodes: readonly Node[]): Node {
  const node = nodes.find((each) => each.groupId === groupId)
  if (node === undefined) throw new Error(`No node of Citus has the shard ${shardId}.`)
  return node
}

/** The shard of each table that belongs to this one of `clinic`, or the node's copy. */
export function relationsOf(ofClinic: TableShard, tableShards: readonly TableShard[]): (table: string) => string {
  const relations = new Map(
    tableShards
      .filter(({ hashMin }) => hashMin === null || hashMin === ofClinic.hashMin)
      .map(({ relation, shardId }) => [relation, `holdfast.${relation}_${shardId}`]),
  )
  return (table) => {
    const relation = relations.get(table)
    if (relation === undefined) throw new Error(`The table holdfast.${table} is not distributed.`)
    return relation
  }
}
