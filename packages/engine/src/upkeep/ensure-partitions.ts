import type pg from 'pg'
import sql from 'sql-template-tag'

/** For how many months after the current one partitions exist: a worker may be down for a quarter. */
export const partitionMonthsAhead = 3

/**
 * Creates the missing monthly partitions, from the previous month to `monthsAhead` from now. Safe to call at any time
 * and from any number of processes; it does not block claims.
 *
 * @returns the names of the partitions that it created
 */
export async function ensurePartitions(
  connection: pg.Pool | pg.ClientBase,
  monthsAhead: number = partitionMonthsAhead,
): Promise<string[]> {
  const { rows } = await connection.query<{ name: string }>(
    sql`select name from holdfast.ensure_partitions(${monthsAhead}) name`,
  )
  return rows.map((row) => row.name)
}
