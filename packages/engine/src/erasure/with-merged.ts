import type pg from 'pg'
import sql from 'sql-template-tag'

/** The ids of records of a clinic, with all that were merged with one of them: with_merged. */
export async function withMerged(
  pool: Pick<pg.Pool, 'query'>,
  clinicNo: number,
  patientIds: readonly string[],
): Promise<string[]> {
  const { rows } = await pool.query<{ ids: string[] }>(sql`
    select holdfast.with_merged(${clinicNo}::integer, ${patientIds}::uuid[]) as ids`)
  return rows[0]?.ids ?? []
}
