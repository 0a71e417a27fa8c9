import type { createPool, ShardPools } from '@holdfast/engine'
import sql from 'sql-template-tag'

type Pool = ReturnType<typeof createPool>

/** The shards of a distributed database: a pool for each, by its schema. */
export function shardPools(coordinator: Pool, pools: ReadonlyMap<string, Pool>): ShardPools {
  return {
    all: () => [...pools.values()],
    async of(clinicNo) {
      const { rows } = await coordinator.query<{ shard: string }>(
        sql`select get_shard_id_for_distribution_column('holdfast.clinic', ${clinicNo}::int)::text as shard`,
      )
      const pool = pools.get(`holdfast_${rows[0]?.shard}`)
      if (pool === undefined) throw new Error(`No shard has the clinic ${clinicNo}.`)
      return pool
    },
  }
}
