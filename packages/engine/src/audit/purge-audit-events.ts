import type pg from 'pg'
import sql from 'sql-template-tag'
import { repeatUntilFewer } from '../database/repeat-until-fewer.ts'

const rowsPerCallMax = 5_000

/**
 * Deletes the events of the security log that are older than this many months, in small transactions. Safe to call from
 * any number of processes at once. `signal` ends it between two transactions.
 *
 * @returns how many were deleted
 */
export async function purgeAuditEvents(pool: pg.Pool, months: number, signal?: AbortSignal): Promise<number> {
  const step = async () => {
    const { rows } = await pool.query<{ deleted: number }>(
      sql`select holdfast.purge_audit_events(${months}, ${rowsPerCallMax}) as deleted`,
    )
    return Number(rows[0]?.deleted ?? 0)
  }
  return await repeatUntilFewer(rowsPerCallMax, step, signal)
}
