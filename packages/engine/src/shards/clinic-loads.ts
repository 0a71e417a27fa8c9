import type pg from 'pg'
import sql from 'sql-template-tag'
import { longQueryMs } from '../database/pools.ts'
import { withQueryTimeout } from '../database/prepared.ts'
import { idFloor } from '../model/id.ts'
import type { ClinicLoad } from './propose-moves.ts'

/** The clinics of a database with their bookings of this month and the last one: all of them are counted. */
export async function clinicLoads(database: pg.Pool, shardNo: number, now: Date): Promise<ClinicLoad[]> {
  const from = idFloor(new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() - 1, 1)))
  const statement = sql`
    select c.id as "clinicId", c.no as "clinicNo", c.name, coalesce(q.bookings, 0)::float8 as bookings
      from holdfast.clinic c
      left join (select b.clinic_no, count(*) as bookings from holdfast.booking b where b.id >= ${from}
                  group by b.clinic_no) q on q.clinic_no = c.no
     order by c.no`
  const { rows } = await database.query<Omit<ClinicLoad, 'shardNo'>>(withQueryTimeout(statement, longQueryMs))
  return rows.map((row) => ({ ...row, shardNo }))
}
