import type pg from 'pg'
import sql, { type Sql } from 'sql-template-tag'

/** When a clinic came to a database; null: it was created there. Later than all of its arrivals before. */
export async function readArrival(database: pg.Client, clinicNo: number): Promise<Date | null> {
  const { rows } = await database.query<{ arrivedAt: Date }>(
    sql`select arrived_at as "arrivedAt" from holdfast.arrived_clinic where clinic_no = ${clinicNo}`,
  )
  return rows[0]?.arrivedAt ?? null
}

/**
 * Notes that a clinic comes to a database now, and later than `after`: the clocks of databases differ.
 *
 * @param after the last arrival of the clinic anywhere; null: there was none
 * @param xid the transaction of the copy; null: nothing is copied, and the position in the log stays as it is
 */
export async function noteArrival(
  database: pg.Client,
  clinicNo: number,
  { after, xid }: { after: Date | null; xid: Sql | null },
): Promise<void> {
  // Two, as a date has whole milliseconds.
  await database.query(sql`
    insert into holdfast.arrived_clinic (clinic_no, xid, arrived_at)
    values (${clinicNo}, ${xid ?? sql`'0'::xid8`},
            greatest(clock_timestamp(), ${after?.toISOString()}::timestamptz + interval '2 milliseconds'))
    on conflict (clinic_no) do update
       set xid = ${xid === null ? sql`arrived_clinic.xid` : sql`excluded.xid`}, arrived_at = excluded.arrived_at`)
}
