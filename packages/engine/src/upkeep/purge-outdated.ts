import type pg from 'pg'
import sql from 'sql-template-tag'

const storedHours = 24
const rowsPerCallMax = 5_000

/**
 * Deletes idempotency keys, stored responses and directory changes older than 24 hours, in small transactions, until
 * none is left. Safe to call from any number of processes at once. `signal` ends it between two transactions.
 *
 * @returns how many rows were deleted
 */
export async function purgeOutdated(pool: pg.Pool, signal?: AbortSignal): Promise<number> {
  let total = 0
  while (signal?.aborted !== true) {
    const { rows } = await pool.query<{ deleted: number }>(
      sql`select holdfast.purge_outdated(make_interval(hours => ${storedHours}), ${rowsPerCallMax}) as deleted`,
    )
    const deleted = rows[0]?.deleted ?? 0
    total += deleted
    // The limit is per table: fewer rows than that from all together means that none is left in any.
    if (deleted < rowsPerCallMax) break
  }
  return total
}
