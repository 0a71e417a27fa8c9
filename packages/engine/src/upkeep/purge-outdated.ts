import type pg from 'pg'
import sql from 'sql-template-tag'

/** Of keys and responses. */
export const retentionHours = 24
const rowsPerCallMax = 5_000

/**
 * Deletes idempotency keys, stored responses and directory changes that are older than 24 hours. It uses small
 * transactions, and repeats them until no outdated row is left. Any number of processes may call it at once. When
 * `signal` is aborted, it returns after the current transaction.
 *
 * @returns how many rows were deleted
 */
export async function purgeOutdated(pool: pg.Pool, signal?: AbortSignal): Promise<number> {
  let total = 0
  while (signal?.aborted !== true) {
    const { rows } = await pool.query<{ deleted: number }>(
      sql`select holdfast.purge_outdated(make_interval(hours => ${retentionHours}), ${rowsPerCallMax}) as deleted`,
    )
    const deleted = rows[0]?.deleted ?? 0
    total += deleted
    // The limit applies to each table. If all tables together had fewer rows than the limit, none of them has any left.
    if (deleted < rowsPerCallMax) break
  }
  return total
}
