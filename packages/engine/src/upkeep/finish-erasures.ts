import type pg from 'pg'
import sql from 'sql-template-tag'
import { repeatUntilFewer } from '../database/repeat-until-fewer.ts'

const bookingsPerCallMax = 1_000

/**
 * Deletes the copies of erased patients that were stored by requests under way during the erasure, in small
 * transactions. Safe to call from any number of processes at once. `signal` ends it between two transactions.
 *
 * @returns how many bookings they were about
 */
export async function finishErasures(pool: pg.Pool, signal?: AbortSignal): Promise<number> {
  const step = async () => {
    const { rows } = await pool.query<{ finished: string }>(
      sql`select holdfast.finish_erasures(${bookingsPerCallMax}) as finished`,
    )
    return Number(rows[0]?.finished ?? 0)
  }
  return await repeatUntilFewer(bookingsPerCallMax, step, signal)
}
