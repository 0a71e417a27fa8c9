import type pg from 'pg'
import sql from 'sql-template-tag'
import { retentionHours } from './purge-outdated.ts'
import { repeatUntilFewer } from './repeat-until-fewer.ts'

const rowsPerCallMax = 5_000

/**
 * Deletes stored responses that are older than 24 hours, of a database whose other outdated rows are in shards
 * ({@link purgeOutdated} deletes them there). Any number of processes may call it at once. When `signal` is aborted, it
 * returns after the current transaction.
 *
 * @returns how many were deleted
 */
export async function purgeResponses(pool: pg.Pool, signal?: AbortSignal): Promise<number> {
  const step = async () => {
    const { rowCount } = await pool.query(sql`
      delete from holdfast.answer where key in (
        select key from holdfast.answer where created_at < clock_timestamp() - make_interval(hours => ${retentionHours})
         limit ${rowsPerCallMax} for update skip locked)`)
    return rowCount ?? 0
  }
  return await repeatUntilFewer(rowsPerCallMax, step, signal)
}
