import type pg from 'pg'
import sql from 'sql-template-tag'

const rowsPerCallMax = 5_000

/**
 * Deletes the events of the security log that are older than this many months, in small transactions. Safe to call from
 * any number of processes at once. `signal` ends it between two transactions.
 *
 * @returns how many were deleted
 */
export async function purgeAuditEvents(pool: pg.Pool, months: number, signal?: AbortSignal): Promise<number> {
  let total = 0
  while (signal?.aborted !== true) {
    const { rows } = await pool.query<{ deleted: number }>(
      sql`select holdfast.purge_audit_events(make_interval(months => ${months}), ${rowsPerCallMax}) as deleted`,
    )
    const deleted = Number(rows[0]?.deleted ?? 0)
    total += deleted
    if (deleted < rowsPerCallMax) break
  }
  return total
}
