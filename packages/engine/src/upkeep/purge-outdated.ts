import type pg from 'pg'
import sql from 'sql-template-tag'

const keptHours = 24
const rowsPerCallMax = 5_000

/**
 * Forgets idempotency keys, remembered answers and changes of the directory that are older than 24 hours, in small
 * transactions, until none is left. Safe from any number of processes at once, and to break off: `signal` ends it
 * between two transactions.
 *
 * @returns how many were forgotten
 */
export async function purgeOutdated(pool: pg.Pool, signal?: AbortSignal): Promise<number> {
  let total = 0
  while (signal?.aborted !== true) {
    const { rows } = await pool.query<{ gone: number }>(
      sql`select holdfast.purge_outdated(make_interval(hours => ${keptHours}), ${rowsPerCallMax}) as gone`,
    )
    const gone = rows[0]?.gone ?? 0
    total += gone
    // Each table gives up to the limit: fewer than that of all together means that all are clean.
    if (gone < rowsPerCallMax) break
  }
  return total
}
