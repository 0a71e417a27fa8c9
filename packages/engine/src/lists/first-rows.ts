import type pg from 'pg'
import sql from 'sql-template-tag'

type Sorted = { name: string; id?: string; next_micros?: string | null }

/**
 * The first rows of several shards by their next time, name and id, in the order that the database gives to texts.
 *
 * @param pool the pool of any shard; it reads no table
 */
export async function firstRows<Row extends Sorted>(
  pool: pg.Pool,
  rows: readonly Row[],
  limit: number,
): Promise<Row[]> {
  if (rows.length === 0) return []
  const { rows: ordered } = await pool.query<{ index: number }>(sql`
    select (o.n - 1)::integer as index
      from unnest(${rows.map((row) => row.next_micros ?? null)}::bigint[], ${rows.map(({ name }) => name)}::text[],
                  ${rows.map((row) => row.id ?? null)}::uuid[]) with ordinality o(micros, name, id, n)
     order by o.micros nulls last, o.name, o.id
     limit ${limit}`)
  return ordered.flatMap(({ index }) => rows[index] ?? [])
}
