import type pg from 'pg'
import { clinicNoOf } from '../model/id.ts'

/** Where the rows of clinics are: docs/decisions/0032-a-shard-is-a-database.md. */
export type ShardPools = {
  /** A pool for each database, that of the directory first. */
  all(): readonly pg.Pool[]
  /** The pool of the database that has the rows of a clinic, or would have them. */
  of(clinicNo: number): pg.Pool | Promise<pg.Pool>
}

/** The only database. */
export function oneShard(pool: pg.Pool): ShardPools {
  const pools = [pool]
  return { all: () => pools, of: () => pool }
}

/** The rows of some shards, read at the same time. @throws the first error of a shard: a part would look like all */
export async function rowsOf<Row>(pools: readonly pg.Pool[], read: (pool: pg.Pool) => Promise<Row[]>): Promise<Row[]> {
  const rows = await Promise.all(pools.map(read))
  return rows.length === 1 ? (rows[0] ?? []) : rows.flat()
}

/** The same, and one of each id: at the end of its move, two databases have a clinic. */
export async function differentRowsOf<Row extends { id: string }>(
  pools: readonly pg.Pool[],
  read: (pool: pg.Pool) => Promise<Row[]>,
): Promise<Row[]> {
  const rows = await rowsOf(pools, read)
  return pools.length === 1 ? rows : [...new Map(rows.map((row) => [row.id, row])).values()]
}

/**
 * The rows of all shards, each read in the shard that has its clinic. Where the clinic was before a move, rows may
 * still say what an account was allowed to see then.
 */
export async function placedRowsOf<Row extends { id: string }>(
  shards: ShardPools,
  read: (pool: pg.Pool) => Promise<Row[]>,
): Promise<Row[]> {
  const pools = shards.all()
  if (pools.length === 1) return rowsOf(pools, read)
  const found = new Map<pg.Pool, Row[]>()
  const elsewhere = new Set<pg.Pool>()
  async function readIn(pool: pg.Pool): Promise<void> {
    const rows = await read(pool)
    const places = await Promise.all(rows.map(({ id }) => shards.of(clinicNoOf(id))))
    for (const place of places) if (place !== pool) elsewhere.add(place)
    const placed = rows.filter((_, index) => places[index] === pool)
    found.set(pool, placed)
  }
  await Promise.all(pools.map(readIn))
  // They may have been read before the clinic had come there.
  await Promise.all([...elsewhere].map(readIn))
  return [...found.values()].flat()
}
