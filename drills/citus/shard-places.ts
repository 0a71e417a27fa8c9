import type { createPool, Places } from '@holdfast/engine'
import sql from 'sql-template-tag'

type Pool = ReturnType<typeof createPool>

/** The places of a distributed database: a pool for each shard, by its schema. */
export function shardPlaces(coordinator: Pool, pools: ReadonlyMap<string, Pool>): Places {
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
