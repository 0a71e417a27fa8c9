import type pg from 'pg'
import sql from 'sql-template-tag'
import { directoryNo } from '../database/shard-mark.ts'

/**
 * The next number of a clinic that this database gets. In the directory of several, which a server may not know that
 * was started before the others were added, its place is noted.
 */
export async function nextClinicNo(transaction: pg.PoolClient): Promise<number> {
  const { rows } = await transaction.query<{ no: number }>(sql`
    select case when exists (select from holdfast.shard) then holdfast.place_clinic(${directoryNo})
                else nextval('holdfast.clinic_no_seq')::integer end as no`)
  if (rows[0] === undefined) throw new Error('The sequence of clinic numbers returned nothing.')
  return rows[0].no
}
