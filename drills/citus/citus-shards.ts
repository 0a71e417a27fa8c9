import { createEngine, createPool, inShard, inTransaction, type VerifyReport, verify } from '@holdfast/engine'
import type { WrittenShard } from '@holdfast/engine/write-shard-schemas'
import type pg from 'pg'
import sql from 'sql-template-tag'

type Pool = ReturnType<typeof createPool>
type OpenShard = WrittenShard & { pool: Pool; engine: ReturnType<typeof createEngine> }

/** An engine for each shard of a database on Citus. */
export class OpenShards {
  readonly #shards = new Map<string, OpenShard>()
  readonly #schemas = new Map<number, string>()

  constructor(shards: readonly WrittenShard[]) {
    this.add(shards)
  }

  add(shards: readonly WrittenShard[]): void {
    for (const shard of shards) this.#shards.set(shard.schema, openShard(shard))
  }

  all(): OpenShard[] {
    return [...this.#shards.values()]
  }

  /** Notes which shard a clinic belongs to. */
  async find(clinicNo: number, coordinator: pg.Client): Promise<void> {
    const { rows } = await coordinator.query<{ shard: string }>(
      sql`select get_shard_id_for_distribution_column('holdfast.clinic', ${clinicNo}::int) as shard`,
    )
    this.#schemas.set(clinicNo, `holdfast_${rows[0]?.shard}`)
  }

  /** The shard of a clinic that was found. */
  open(clinicNo: number): OpenShard {
    const shard = this.#shards.get(this.#schemas.get(clinicNo) ?? '')
    if (shard === undefined) throw new Error(`No shard has the clinic ${clinicNo}.`)
    return shard
  }

  /** Goes on with a shard on the node to which it was moved. */
  async reopen(shard: WrittenShard): Promise<void> {
    const former = this.#shards.get(shard.schema)
    this.add([shard])
    if (former !== undefined) await end(former)
  }

  /** A shard that was split. */
  async close(shard: OpenShard): Promise<void> {
    this.#shards.delete(shard.schema)
    await end(shard)
  }

  async bookings(): Promise<{ id: string; key: string }[]> {
    const found = await Promise.all(
      this.all().map(({ pool }) =>
        pool.query<{ id: string; key: string }>("select id, patient->>'name' as key from holdfast.booking"),
      ),
    )
    return found.flatMap(({ rows }) => rows)
  }

  async verify(): Promise<Omit<VerifyReport, 'details'>> {
    const total = { slots: 0, bookings: 0, events: 0, mismatches: 0, overbooked: 0 }
    for (const { pool } of this.all()) {
      const { details: _, ...found } = await verify(pool, { clinicNo: null, detailsMax: 1 })
      for (const name of Object.keys(total) as (keyof typeof total)[]) total[name] += found[name]
    }
    return total
  }

  /** Columns with what patients wrote, of partitions in shards, of which PostgreSQL would collect statistics. */
  async columnsWithStatistics(): Promise<number> {
    const nodes = new Map(this.all().map((shard) => [shard.ownerUrl, shard.pool]))
    const counts = await Promise.all(
      [...nodes.values()].map((pool) =>
        inTransaction(pool, async (transaction) => {
          await transaction.query('set local citus.override_table_visibility = off')
          const { rows } = await transaction.query<{ count: number }>(sql`
            select count(*)::integer as count from pg_attribute a join pg_class c on c.oid = a.attrelid
             where c.relkind = 'r' and a.attstattarget is distinct from 0
               and c.relname ~ '^booking_(event_)?y[0-9m]+_[0-9]+$'
               and (a.attname in ('patient', 'cancellation_reason', 'booking_digest')
                    or a.attname = 'reason' and c.relname ~ '^booking_y')`)
          return rows[0]?.count ?? 0
        }),
      ),
    )
    return counts.reduce((sum, count) => sum + count, 0)
  }

  /** Negative control: lets former copies of shards be written, and rows of other shards' clinics. */
  async dropGuards(): Promise<void> {
    for (const { pool, schema } of this.all()) {
      await pool.query(`drop function ${schema}.guard_shard(), ${schema}.guard_clinic() cascade`)
    }
  }

  async end(): Promise<void> {
    for (const shard of this.all()) await end(shard)
  }
}

async function end({ engine, pool }: OpenShard): Promise<void> {
  await engine.stop()
  await pool.end()
}

function openShard(shard: WrittenShard): OpenShard {
  const url = inShard(shard.ownerUrl, shard.schema)
  const pool = createPool({ url, max: 4, name: 'holdfast drill', lockTimeoutMs: 1_000 })
  return { ...shard, pool, engine: createEngine({ batchPool: pool, generalPool: pool, unknownMsMax: 1_000 }) }
}
