import type pg from 'pg'

/**
 * Where the rows of clinics are. A plain database is one shard; on Citus, each shard has a schema
 * (docs/decisions/0051-on-citus-a-shard-has-a-schema.md), and accounts are on the coordinator, which is none.
 */
export type ShardPools = {
  /** A pool for each shard. */
  all(): readonly pg.Pool[]
  /** The pool of the shard that has the rows of a clinic, or would have them. */
  of(clinicNo: number): pg.Pool | Promise<pg.Pool>
}

/** The only shard of a plain database. */
export function oneShard(pool: pg.Pool): ShardPools {
  const pools = [pool]
  return { all: () => pools, of: () => pool }
}

/** The rows of some shards, read at the same time. @throws the first error of a shard: a part would look like all */
export async function rowsOf<Row>(pools: readonly pg.Pool[], read: (pool: pg.Pool) => Promise<Row[]>): Promise<Row[]> {
  const rows = await Promise.all(pools.map(read))
  return rows.length === 1 ? (rows[0] ?? []) : rows.flat()
}
