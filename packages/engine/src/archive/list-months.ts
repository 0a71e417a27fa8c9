import type pg from 'pg'
import sql from 'sql-template-tag'
import { archiveAgeMonths } from './archive-month.ts'
import { type ArchivedMonth, archivedMonths } from './archive-session.ts'

export type MonthInDatabase = {
  /** YYYY-MM, UTC, of the slots' starts */
  month: string
  slots: number
  /** It is old enough to be archived. */
  isOld: boolean
}

/** The past months of doctors' slots (see archive_slots.sql), and the archived ones, each by time. */
export async function listMonths(pool: pg.Pool): Promise<{ months: MonthInDatabase[]; archived: ArchivedMonth[] }> {
  const { rows } = await pool.query<MonthInDatabase>(sql`
    select to_char(m.month, 'YYYY-MM') as month, m.slots,
           m.month <= date_trunc('month', now()) - make_interval(months => ${archiveAgeMonths + 1}) as "isOld"
      from (select date_trunc('month', starts_at) as month, count(*) as slots
              from holdfast.slot s
              join holdfast.resource r on r.clinic_no = s.clinic_no and r.id = s.resource_id and r.kind = 'doctor'
             where starts_at < now() group by 1) m
     order by 1`)
  return { months: rows, archived: await archivedMonths(pool) }
}
