import type pg from 'pg'
import sql from 'sql-template-tag'

/** The next number of a clinic. */
export async function nextClinicNo(transaction: pg.PoolClient): Promise<number> {
  const { rows } = await transaction.query<{ no: number }>(sql`select nextval('holdfast.clinic_no_seq')::integer as no`)
  if (rows[0] === undefined) throw new Error('The sequence of clinic numbers returned nothing.')
  return rows[0].no
}
