import type pg from 'pg'
import sql from 'sql-template-tag'

const entriesPerCallMax = 1_000

/**
 * Ends entries of waitlists whose last day is past, in small transactions. It only tidies: no place is offered to them
 * any more. Safe to call from any number of processes at once.
 *
 * @returns how many entries ended
 */
export async function endWaitlistEntries(pool: pg.Pool, signal?: AbortSignal): Promise<number> {
  let total = 0
  while (signal?.aborted !== true) {
    const { rows } = await pool.query<{ ended: string }>(
      sql`select holdfast.end_waitlist_entries(${entriesPerCallMax}) as ended`,
    )
    const ended = Number(rows[0]?.ended ?? 0)
    total += ended
    if (ended < entriesPerCallMax) break
  }
  return total
}
