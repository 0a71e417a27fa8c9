import type pg from 'pg'
import sql from 'sql-template-tag'

/** How many months of partitions are kept made beyond the current one: a worker may be down for a quarter. */
export const partitionMonthsAhead = 3

/**
 * Makes the monthly partitions that are missing, from the previous month to `monthsAhead` from now. Safe to call at
 * any time and from any number of processes; claims go on meanwhile.
 *
 * @returns the names of those made now
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
