import type pg from 'pg'
import sql from 'sql-template-tag'
import { repeatUntilFewer } from '../database/repeat-until-fewer.ts'

const rowsPerCallMax = 5_000

/**
 * Deletes idempotency keys, stored responses and directory changes that are older than 24 hours. It uses small
 * transactions, and repeats them until no outdated row is left, or the run has taken enough steps. Any number of
 * processes may call it at once. When `signal` is aborted, it returns after the current transaction.
 *
 * @returns how many rows were deleted
 */
export async function purgeOutdated(pool: pg.Pool, signal?: AbortSignal): Promise<number> {
  const step = async () => {
    const { rows } = await pool.query<{ deleted: number }>(
      sql`select holdfast.purge_outdated(${rowsPerCallMax}) as deleted`,
    )
    return rows[0]?.deleted ?? 0
  }
  // The limit applies to each table. If all tables together had fewer rows than the limit, none of them has any left.
  return await repeatUntilFewer(rowsPerCallMax, step, signal)
}
