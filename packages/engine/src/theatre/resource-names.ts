import type pg from 'pg'
import sql from 'sql-template-tag'
import type { Theatre } from '../model/theatre.ts'

/** What rooms, people and equipment are called. A patient has no name here. */
export function resourceNames(pool: pg.Pool): Pick<Theatre, 'names' | 'roomResourceIds'> {
  return {
    async names(clinicNo, resourceIds) {
      const { rows } = await pool.query<{ id: string; name: string }>(sql`
        select id, name from holdfast.resource
         where clinic_no = ${clinicNo} and id = any(${resourceIds}::uuid[])
           and kind in ('doctor', 'operating_room', 'equipment', 'staff')`)
      return new Map(rows.map(({ id, name }) => [id, name]))
    },

    async roomResourceIds(clinicNo) {
      const { rows } = await pool.query<{ id: string }>(sql`
        select id from holdfast.resource where clinic_no = ${clinicNo} and kind in ('operating_room', 'open_time')`)
      return rows.map(({ id }) => id)
    },
  }
}
