import type pg from 'pg'
import sql, { type Sql } from 'sql-template-tag'
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

/**
 * The rows of all shards, each read in the shard that has its clinic. Two have a clinic at the end of its move, and
 * after the restore of one of them. Where the clinic was, rows may still say what an account was allowed to see then.
 *
 * @param read leaves out the rows of clinics with these numbers, so that a page has enough others, see {@link isHere}
 */
export async function placedRowsOf<Row extends { id: string }>(
  shards: ShardPools,
  read: (pool: pg.Pool, elsewhereNos: readonly number[]) => Promise<Row[]>,
): Promise<Row[]> {
  const pools = shards.all()
  if (pools.length === 1) return rowsOf(pools, (pool) => read(pool, []))
  const found = new Map<pg.Pool, Row[]>()
  const elsewhere = new Set<pg.Pool>()
  async function readIn(pool: pg.Pool): Promise<void> {
    const elsewhereNos = new Set<number>()
    for (;;) {
      const rows = await read(pool, [...elsewhereNos])
      const clinicNos = new Set(rows.map(({ id }) => clinicNoOf(id)))
      const known = elsewhereNos.size
      for (const clinicNo of clinicNos) {
        const place = await shards.of(clinicNo)
        if (place === pool) continue
        elsewhereNos.add(clinicNo)
        elsewhere.add(place)
      }
      if (elsewhereNos.size > known) continue
      found.set(pool, rows)
      return
    }
  }
  await Promise.all(pools.map(readIn))
  // They may have been read before the clinic had come there.
  await Promise.all([...elsewhere].map(readIn))
  return [...found.values()].flat()
}

/** The condition that a row is of no clinic that is elsewhere. @param clinicNo its column */
export function isHere(clinicNo: Sql, elsewhereNos: readonly number[]): Sql {
  return elsewhereNos.length === 0 ? sql`true` : sql`${clinicNo} <> all (${elsewhereNos}::integer[])`
}
